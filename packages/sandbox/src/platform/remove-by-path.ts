/**
 * Removal where a folder cannot be worked in through its descriptor: by path, once nobody writes there any more. Every
 * folder is opened to us before it is read, and what lies too deep for a path is moved up first. No link is followed.
 */
import type { Dirent } from 'node:fs';
import { chmod, readdir, rename, rmdir, unlink } from 'node:fs/promises';

/** Systems take paths of 1,024 bytes and more; names have up to 255. */
const PATH_MAX_BYTES = 700;
const OURS = 0o700;
const SEPARATOR = Buffer.from('/');

/** @param folder absolute. @throws the first that went wrong, when all else is gone. */
export const removeByPath = (folder: string): Promise<void> => new Removal(Buffer.from(folder)).run();

class Removal {
  readonly #top: Buffer;
  #lifted = 0;
  #trouble: unknown;

  constructor(top: Buffer) {
    this.#top = top;
  }

  async run(): Promise<void> {
    for (let lifted = -1; lifted < this.#lifted; ) {
      lifted = this.#lifted;
      this.#trouble = undefined;
      await this.#empty(this.#top);
    }
    await this.#try(() => rmdir(this.#top));
    if (this.#trouble !== undefined) throw this.#trouble;
  }

  async #empty(folder: Buffer): Promise<void> {
    await this.#try(() => chmod(folder, OURS));
    let entries: readonly Dirent<Buffer>[] = [];
    await this.#try(async () => {
      entries = await readdir(folder, { withFileTypes: true, encoding: 'buffer' });
    });
    for (const entry of entries) {
      const place = Buffer.concat([folder, SEPARATOR, entry.name]);
      if (!entry.isDirectory()) await this.#try(() => unlink(place));
      else if (place.length > PATH_MAX_BYTES) await this.#try(() => this.#lift(place));
      else {
        await this.#empty(place);
        await this.#try(() => rmdir(place));
      }
    }
  }

  /** To the top, which is looked at again. A folder that is closed to us cannot be moved: its entry `..` would change. */
  async #lift(place: Buffer): Promise<void> {
    await chmod(place, OURS);
    this.#lifted += 1;
    await rename(place, Buffer.concat([this.#top, Buffer.from(`/.lifted-${process.pid}-${this.#lifted}`)]));
  }

  async #try(step: () => Promise<unknown>): Promise<void> {
    try {
      await step();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') this.#trouble ??= error;
    }
  }
}
