/** Work that several ask for at one time is done once. It belongs to none of them. */

interface Underway<T> {
  readonly controller: AbortController;
  readonly ended: Promise<T>;
  waiting: number;
}

/** Each piece of work runs under a signal of its own, which fires only when nobody waits for it any more. */
export class SharedWork<T> {
  readonly #underWay = new Map<string, Underway<T>>();

  /**
   * Joins the work under way for this key, or begins it.
   * @returns undefined when the asker's own signal fired first.
   */
  async join(
    key: string,
    signal: AbortSignal,
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | undefined> {
    for (;;) {
      if (signal.aborted) return undefined;
      const now = this.#underWay.get(key) ?? this.#begin(key, run);
      if (!now.controller.signal.aborted) return this.#wait(now, signal);
      // Called off, and still dying: what it holds must be free before it is begun again.
      await now.ended.catch(() => undefined);
    }
  }

  #begin(key: string, run: (signal: AbortSignal) => Promise<T>): Underway<T> {
    const controller = new AbortController();
    const ended = run(controller.signal).finally(() => this.#underWay.delete(key));
    const begun: Underway<T> = { controller, ended, waiting: 0 };
    this.#underWay.set(key, begun);
    return begun;
  }

  async #wait(work: Underway<T>, signal: AbortSignal): Promise<T | undefined> {
    work.waiting += 1;
    const { promise: left, resolve: leave } = Promise.withResolvers<'left'>();
    const onAbort = (): void => leave('left');
    signal.addEventListener('abort', onAbort, { once: true });
    const first = await Promise.race([work.ended, left]).finally(() => {
      signal.removeEventListener('abort', onAbort);
      work.waiting -= 1;
    });
    if (first !== 'left') return first;
    if (work.waiting > 0) return undefined;
    // The last one to leave sees to it that nothing of it is left running.
    work.controller.abort();
    await work.ended.catch(() => undefined);
    return undefined;
  }
}
