/** How many agents begin at the same time. */
import { availableParallelism } from 'node:os';

/** Longer than the agent we bring takes to be loaded on a core of its own. */
const BEGINNING_MS = 400;
const A_CORE = 2;

type Leave = () => void;

/**
 * An agent's beginning is a program that is loaded: it takes a core for some hundred milliseconds. A hundred of them at once
 * are no sooner there than a few after another, and meanwhile leave our own process a hundredth of the machine.
 */
export class Beginnings {
  readonly #queue = new Set<(leave: Leave) => void>();
  #free: number;

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Settles when it is one's turn, with what ends the beginning; at once when nobody wants it any more. */
  enter(signal?: AbortSignal): Promise<Leave> {
    if (this.#free === 0) return this.#wait(signal);
    this.#free -= 1;
    return Promise.resolve(this.#place());
  }

  #wait(signal?: AbortSignal): Promise<Leave> {
    const { promise, resolve } = Promise.withResolvers<Leave>();
    const giveUp = (): void => go(() => {});
    const go = (leave: Leave): void => {
      signal?.removeEventListener('abort', giveUp);
      this.#queue.delete(go);
      resolve(leave);
    };
    if (signal?.aborted) return Promise.resolve(() => {});
    signal?.addEventListener('abort', giveUp);
    this.#queue.add(go);
    return promise;
  }

  /** Whoever leaves gives the place to who waits longest, and does so once. */
  #place(): Leave {
    let isLeft = false;
    return () => {
      if (isLeft) return;
      isLeft = true;
      const [next] = this.#queue;
      if (next) next(this.#place());
      else this.#free += 1;
    };
  }
}

const beginnings = new Beginnings(A_CORE * availableParallelism());

/** The turn of an agent to begin. It has begun when it has ended, and after a while. */
export async function beginning(signal?: AbortSignal): Promise<Disposable> {
  const leave = await beginnings.enter(signal);
  const timer = setTimeout(leave, BEGINNING_MS);
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      leave();
    },
  };
}
