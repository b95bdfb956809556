/** How much is done at a time for those who ask. */

export const FULL = Symbol('full');

const COMMANDS_MAX = 16;
/** What reads a whole journal: one after the other. */
const READERS_MAX = 16;

export class Busy {
  #commands = 0;
  #readers = 0;
  #lastReader: Promise<unknown> = Promise.resolve();

  async command<T>(work: () => Promise<T>): Promise<T | typeof FULL> {
    if (this.#commands >= COMMANDS_MAX) return FULL;
    this.#commands += 1;
    return work().finally(() => {
      this.#commands -= 1;
    });
  }

  /** A story, a state of before, a diff, a transcript. */
  async reading<T>(work: () => Promise<T>): Promise<T | typeof FULL> {
    if (this.#readers >= READERS_MAX) return FULL;
    this.#readers += 1;
    const told = this.#lastReader.then(work).finally(() => {
      this.#readers -= 1;
    });
    this.#lastReader = told.catch(() => undefined);
    return told;
  }
}
