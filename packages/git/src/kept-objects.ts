/**
 * Small objects that were read, kept for those who look next: work that lands is looked at by several, one after the
 * other, and each question to another process costs more than the answer.
 */
import type { RawObject } from './loose.ts';

/** Bytes of all that are kept, and of one. */
const BYTES_MAX = 4 * 1024 * 1024;
const ONE_MAX = 32 * 1024;

export class KeptObjects {
  /** Oldest first. */
  readonly #objects = new Map<string, RawObject>();
  #bytes = 0;

  /** Those of these that are kept: the caller's own, whatever is forgotten later. */
  among(names: readonly string[]): Map<string, RawObject> {
    const found = new Map<string, RawObject>();
    for (const name of names) {
      const object = this.#objects.get(name);
      if (object) found.set(name, object);
    }
    return found;
  }

  add(name: string, object: RawObject): void {
    if (object.body.length > ONE_MAX || this.#objects.has(name)) return;
    this.#objects.set(name, object);
    this.#bytes += object.body.length;
    for (const [oldest, { body }] of this.#objects) {
      if (this.#bytes <= BYTES_MAX) return;
      this.#objects.delete(oldest);
      this.#bytes -= body.length;
    }
  }
}
