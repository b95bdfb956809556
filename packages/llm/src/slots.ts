/** How many calls an endpoint is asked at the same time, and how often. */
import PQueue from 'p-queue';

export interface CallLimits {
  readonly maxConcurrent?: number;
  /** Calls a minute, evenly: a burst at its beginning would be refused by servers that count seconds. */
  readonly ratePerMinute?: number;
}

/** Of callers that wait, those with more go first; those with the same in order of asking. */
export const PRIORITY = { planner: 2, reconciler: 1, reviewer: 1, worker: 0 } as const;

export class Slots {
  readonly #queue: PQueue | undefined;
  readonly #most: number;

  constructor({ maxConcurrent, ratePerMinute }: CallLimits) {
    this.#most = maxConcurrent ?? Number.POSITIVE_INFINITY;
    if (maxConcurrent === undefined && ratePerMinute === undefined) return;
    const rate = ratePerMinute && { interval: 60_000 / ratePerMinute, intervalCap: 1 };
    this.#queue = new PQueue({ concurrency: this.#most, ...rate });
  }

  /** A call that came now would wait. */
  get isFull(): boolean {
    return this.#queue !== undefined && (this.#queue.size > 0 || this.#queue.pending >= this.#most);
  }

  /**
   * Resolves when a call may begin, with what says that it is over, to be called once; undefined when the signal fired
   * first.
   */
  async enter(priority: number, signal: AbortSignal): Promise<(() => void) | undefined> {
    const queue = this.#queue;
    if (queue === undefined) return () => {};
    const entered = Promise.withResolvers<(() => void) | undefined>();
    const hold = (): Promise<void> => new Promise((leave) => entered.resolve(leave));
    // The signal takes back only what waits: what has begun ends by itself.
    const waiting = new AbortController();
    const giveUp = (): void => waiting.abort();
    signal.addEventListener('abort', giveUp);
    if (signal.aborted) giveUp();
    queue.add(hold, { priority, signal: waiting.signal }).catch(() => entered.resolve(undefined));
    return entered.promise.finally(() => signal.removeEventListener('abort', giveUp));
  }
}
