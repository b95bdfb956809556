/** Why an effect is stopped from outside; first cause wins. */
export type StopCause = 'cancelled' | 'drained' | 'lost';

interface Running {
  readonly controller: AbortController;
  readonly ended: Promise<void>;
}

/**
 * What runs beside the loop, by name: attempts, the planner, the merge queue, the checks. Every promise has an
 * owner here; one that throws ends the run through `onFault`.
 */
export class Effects {
  readonly #running = new Map<string, Running>();
  readonly #onEnd: () => void;
  readonly #onFault: (error: unknown) => void;

  constructor(ask: { onEnd: () => void; onFault: (error: unknown) => void }) {
    this.#onEnd = ask.onEnd;
    this.#onFault = ask.onFault;
  }

  has(name: string): boolean {
    return this.#running.has(name);
  }

  get names(): readonly string[] {
    return [...this.#running.keys()];
  }

  start(name: string, run: (signal: AbortSignal) => Promise<void>): void {
    if (this.#running.has(name)) return;
    const controller = new AbortController();
    const ended = run(controller.signal)
      .catch((error: unknown) => this.#onFault(error))
      .finally(() => {
        this.#running.delete(name);
        this.#onEnd();
      });
    this.#running.set(name, { controller, ended });
  }

  stop(name: string, cause: StopCause): void {
    this.#running.get(name)?.controller.abort(cause);
  }

  async stopAll(cause: StopCause): Promise<void> {
    const all = [...this.#running.values()];
    for (const { controller } of all) controller.abort(cause);
    await Promise.all(all.map((r) => r.ended));
  }
}
