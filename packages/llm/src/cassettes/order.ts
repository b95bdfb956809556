/**
 * Has answers end in the order of the recording: one may end when every call that was asked before its end has been
 * asked, and every answer that ended before it has ended. So what meets in the recorded run, a plan and the news
 * it is made of, meets again. It is no condition: nothing is held for longer than it took in the recording.
 */
import type { Clock } from '@swarm/core/ports/world';

export interface Ticks {
  readonly from: number;
  readonly to: number;
}

export class Order {
  readonly #asked: Ahead;
  readonly #ended: Ahead;
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();

  constructor(calls: readonly Ticks[], clock: Clock) {
    this.#asked = new Ahead(calls.map(({ from }) => from));
    this.#ended = new Ahead(calls.map(({ to }) => to));
    this.#clock = clock;
  }

  asked({ from }: Ticks): void {
    this.#asked.pass(from);
    this.#look();
  }

  ended({ to }: Ticks): void {
    this.#ended.pass(to);
    this.#look();
  }

  /** Resolves when it is the call's turn to end, after `mostMs`, or when the signal fires. */
  turn({ to }: Ticks, mostMs: number, signal: AbortSignal): Promise<void> {
    const isTurn = (): boolean => this.#asked.first() > to && this.#ended.first() >= to;
    return new Promise((resolve) => {
      if (isTurn() || mostMs <= 0 || signal.aborted) return resolve();
      const go = (): void => {
        cancel();
        this.#waiting.delete(look);
        signal.removeEventListener('abort', go);
        resolve();
      };
      const look = (): void => {
        if (isTurn()) go();
      };
      const cancel = this.#clock.after(mostMs, go);
      this.#waiting.add(look);
      signal.addEventListener('abort', go);
    });
  }

  #look(): void {
    for (const look of [...this.#waiting]) look();
  }
}

/** Ticks that have not come yet. */
class Ahead {
  readonly #ticks: readonly number[];
  readonly #passed = new Set<number>();
  #at = 0;

  constructor(ticks: readonly number[]) {
    this.#ticks = ticks.toSorted((a, b) => a - b);
  }

  pass(tick: number): void {
    this.#passed.add(tick);
    while (this.#at < this.#ticks.length && this.#passed.has(this.#ticks[this.#at]!)) this.#at += 1;
  }

  first(): number {
    return this.#ticks[this.#at] ?? Number.POSITIVE_INFINITY;
  }
}
