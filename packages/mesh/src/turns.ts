/** What is done for one host is done one after the other; other hosts do not wait for it. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  take<T>(host: string, step: () => Promise<T>): Promise<T> {
    const done = (this.#last.get(host) ?? Promise.resolve()).then(step);
    const over = done
      .catch(() => undefined)
      .then(() => {
        if (this.#last.get(host) === over) this.#last.delete(host);
      });
    this.#last.set(host, over);
    return done;
  }
}
