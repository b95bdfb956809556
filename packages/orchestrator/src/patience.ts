import type { Clock, Log, State } from '@swarm/core';

/** Between two lines that say why nothing moves, ms. */
const SAYS_EVERY_MS = 60_000;

/** Idle is never silent: while a person's pause lasts and nothing moves, the log says so, again and again. */
export class Patience {
  readonly #log: Log;
  readonly #clock: Clock;
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** To be called whenever the loop has looked at the world, which it does at least once in each sweep. */
  look({ paused }: State, isAnythingRunning: boolean): void {
    if (paused?.reason !== 'operator') {
      this.#saidAt = Number.NEGATIVE_INFINITY;
      return;
    }
    const now = this.#clock.monotonic();
    if (isAnythingRunning || now - this.#saidAt < SAYS_EVERY_MS) return;
    this.#saidAt = now;
    const since = new Date(paused.at).toISOString().slice(0, 19);
    this.#log.write('wait.named', {
      msg: `paused by the operator since ${since}Z, and nothing is in flight: swarm continue`,
      data: { reason: paused.reason, since: paused.at },
    });
  }
}
