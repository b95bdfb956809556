import type { Log } from '@swarm/core/ports/world';
import type { State } from '@swarm/core/state';

/** Says once that a person's pause has taken hold: nothing is in flight any more. The monitor says how long it lasts. */
export class Patience {
  readonly #log: Log;
  #isSaid = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** To be called whenever the loop has looked at the world. */
  look({ paused }: State, isAnythingRunning: boolean): void {
    if (paused?.reason !== 'operator') {
      this.#isSaid = false;
      return;
    }
    if (isAnythingRunning || this.#isSaid) return;
    this.#isSaid = true;
    const since = new Date(paused.at).toISOString().slice(0, 19);
    this.#log.write('wait.named', {
      msg: `paused by the operator since ${since}Z, and nothing is in flight: swarm continue`,
      data: { reason: paused.reason, since: paused.at },
    });
  }
}
