/**
 * Virtual time over real work: git and files are real and take no time; what is said to take time takes virtual
 * time. Nothing that is due later happens before all real work begun so far has ended.
 */
import type { Clock } from '../../packages/core/src/ports/world.ts';

interface Due {
  readonly at: number;
  readonly seq: number;
  readonly run: () => void;
  isCancelled: boolean;
}

const EPOCH = Date.UTC(2026, 1, 15);

export class VirtualTime {
  /** Virtual ms. */
  now = 0;
  #due: Due[] = [];
  #seq = 0;
  #underWay = 0;
  #whenIdle: (() => void) | undefined;

  after(delayMs: number, run: () => void): () => void {
    const due: Due = { at: this.now + Math.max(0, delayMs), seq: this.#seq++, run, isCancelled: false };
    this.#due.push(due);
    return () => {
      due.isCancelled = true;
    };
  }

  /** Settles early, with false, when the signal fires. */
  wait(delayMs: number, signal?: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve(false);
      const cancel = this.after(delayMs, () => resolve(true));
      signal?.addEventListener(
        'abort',
        () => {
          cancel();
          resolve(false);
        },
        { once: true },
      );
    });
  }

  /** Real work: time stands still until it has ended. */
  async real<T>(work: () => Promise<T>): Promise<T> {
    this.#underWay += 1;
    try {
      return await work();
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#whenIdle?.();
    }
  }

  /** An adapter whose every asynchronous call is real work. */
  timeless<T extends object>(adapter: T): T {
    return new Proxy(adapter, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...args: readonly unknown[]) => {
          const result: unknown = Reflect.apply(value, target, args);
          return result instanceof Promise ? this.real(() => result) : result;
        };
      },
    });
  }

  get clock(): Clock {
    return {
      now: () => EPOCH + Math.floor(this.now),
      monotonic: () => this.now,
      after: (delayMs, run) => this.after(delayMs, run),
    };
  }

  /** Lets time pass until `work` has ended. */
  async run<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    work.then(over, over);
    for (;;) {
      await this.#idle();
      if (isOver) return work;
      const next = this.#takeNext();
      if (!next) throw new Error(`nothing is left to happen at ${this.now} ms`);
      this.now = next.at;
      next.run();
    }
  }

  /** A macrotask runs after every promise that can go on has gone on. */
  async #idle(): Promise<void> {
    await new Promise(setImmediate);
    while (this.#underWay > 0) {
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve;
      });
      this.#whenIdle = undefined;
      await new Promise(setImmediate);
    }
  }

  #takeNext(): Due | undefined {
    this.#due = this.#due.filter((due) => !due.isCancelled);
    const first = this.#due.reduce<Due | undefined>(
      (best, due) => (best && (best.at < due.at || (best.at === due.at && best.seq < due.seq)) ? best : due),
      undefined,
    );
    this.#due = this.#due.filter((due) => due !== first);
    return first;
  }
}
