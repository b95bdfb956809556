import type { Clock } from '@swarm/core/ports/world';
import type { Random } from './random.ts';

interface Pending {
  readonly at: number;
  /** Seeded: what is due at the same time happens in an order that differs from seed to seed. */
  readonly tie: number;
  readonly seq: number;
  readonly run: () => void;
  isCancelled: boolean;
}

/** Wall time at virtual time 0. */
export const EPOCH = Date.UTC(2026, 0, 1);

/**
 * Virtual time: one queue of what is still to happen, ordered by (time, seeded tie-break). One thing happens, all
 * that follows from it without waiting is let run out, then the next. Nothing real is ever waited for, so that the
 * same seed gives the same run.
 */
export class Scheduler {
  /** Virtual milliseconds. */
  now = 0;
  steps = 0;
  readonly #random: Random;
  readonly #heap: Pending[] = [];
  #seq = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Calls `run` after `delayMs`; the returned function takes it back. */
  after(delayMs: number, run: () => void): () => void {
    const tie = this.#random.next();
    const item: Pending = {
      at: this.now + Math.max(0, delayMs),
      tie,
      seq: this.#seq++,
      run,
      isCancelled: false,
    };
    push(this.#heap, item);
    return () => {
      item.isCancelled = true;
    };
  }

  /** Lets the next thing happen. False: there is nothing left to happen. */
  async step(): Promise<boolean> {
    let item = pop(this.#heap);
    while (item?.isCancelled) item = pop(this.#heap);
    if (!item) return false;
    this.now = item.at;
    this.steps += 1;
    item.run();
    await settled();
    return true;
  }
}

/**
 * Every promise that can go on without time passing has gone on: a tick asked for by one of them runs only after all.
 * The event loop itself does not turn, which would cost as much as the step: nothing simulated waits for it.
 */
export const settled = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/** The longest a process tree takes to die once it is told to. */
const DYING_MS = 5_000;

/** One process: what it started does nothing any more once it is dead. */
export class Incarnation {
  isAlive = true;
  readonly bornAt: number;
  readonly #scheduler: Scheduler;
  readonly #random: Random;

  constructor(scheduler: Scheduler, random: Random) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.bornAt = scheduler.now;
  }

  /** For `await`: never resolves when the process dies first. */
  wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#scheduler.after(delayMs, () => this.isAlive && resolve());
    });
  }

  /** As `wait`, but settles within DYING_MS once the signal has fired. True: it had not. */
  waitUnless(signal: AbortSignal | undefined, delayMs: number): Promise<boolean> {
    if (!signal) return this.wait(delayMs).then(() => true);
    return new Promise((resolve) => {
      const onAbort = () => void this.wait(this.#random.between(1, DYING_MS)).then(() => resolve(false));
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      this.#scheduler.after(delayMs, () => {
        signal.removeEventListener('abort', onAbort);
        if (this.isAlive && !signal.aborted) resolve(true);
      });
    });
  }

  get clock(): Clock {
    const scheduler = this.#scheduler;
    return {
      now: () => EPOCH + Math.floor(scheduler.now),
      monotonic: () => scheduler.now,
      after: (delayMs, run) => scheduler.after(delayMs, () => this.isAlive && run()),
    };
  }
}

// ───────────────────────── a binary heap ─────────────────────────

const isBefore = (a: Pending, b: Pending): boolean =>
  a.at !== b.at ? a.at < b.at : a.tie !== b.tie ? a.tie < b.tie : a.seq < b.seq;

function push(heap: Pending[], item: Pending): void {
  let i = heap.push(item) - 1;
  for (let up = (i - 1) >> 1; i > 0 && isBefore(item, heap[up]!); up = (i - 1) >> 1) {
    heap[i] = heap[up]!;
    heap[up] = item;
    i = up;
  }
}

function pop(heap: Pending[]): Pending | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (!top || !last || heap.length === 0) return top;
  heap[0] = last;
  for (let i = 0; ; ) {
    const left = 2 * i + 1;
    const right = left + 1;
    let least = i;
    if (left < heap.length && isBefore(heap[left]!, heap[least]!)) least = left;
    if (right < heap.length && isBefore(heap[right]!, heap[least]!)) least = right;
    if (least === i) return top;
    heap[i] = heap[least]!;
    heap[least] = last;
    i = least;
  }
}
