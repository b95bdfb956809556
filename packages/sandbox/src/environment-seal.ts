/** What says of a kept environment that nobody changed it since. */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as others } from 'node:timers/promises';

/** Entries looked at before somebody else has a turn. Each here: a hop to another thread costs five times the look. */
const ENTRIES_A_TURN = 250;

/**
 * SHA-256 over path, kind, mode, size, times and number of every entry below these folders. The time of the last
 * change cannot be set by hand, so that contents need not be read again; a file with a second name is left out of
 * that, since the other name may go.
 */
export async function sealOf(folders: readonly string[]): Promise<string> {
  const seal = new Seal();
  for (const folder of folders) await seal.add(folder, '');
  return seal.digest();
}

class Seal {
  readonly #hash = createHash('sha256');
  #looks = 0;

  async add(root: string, folder: string): Promise<void> {
    for (const name of namesIn(join(root, folder))) {
      const path = join(folder, name);
      if (this.#entry(root, path)) await this.add(root, path);
      this.#looks += 1;
      if (this.#looks % ENTRIES_A_TURN === 0) await others();
    }
  }

  /** True for a folder. */
  #entry(root: string, path: string): boolean {
    const entry = lstatSync(join(root, path), { bigint: true });
    const isFolder = entry.isDirectory();
    const facts = [entry.mode, entry.ino, entry.mtimeNs, ...(isFolder ? [] : [entry.size])];
    const changed = !isFolder && entry.nlink === 1n ? entry.ctimeNs : '';
    this.#hash.update(`${path}\0${facts.join(' ')} ${changed}\0`);
    return isFolder;
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}

/** None of a folder that is not there. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
