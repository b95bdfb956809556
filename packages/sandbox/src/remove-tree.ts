import {
  chmodSync,
  close,
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs';
import { lstat, rm, unlink } from 'node:fs/promises';
import { setImmediate as others } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SwarmError } from '@swarm/core/errors';
import { isPortable } from './platform/here.ts';
import { removeByPath } from './platform/remove-by-path.ts';

const closedAside = promisify(close);

/** Opens a place without any right to it: linux, uapi/asm-generic/fcntl.h. */
const O_PATH = 0o10000000;
const FOLDER = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const OURS = 0o700;
/** Folders open at one time; what lies deeper is moved up first. */
const MAX_DEPTH = 32;
/** Looks at one folder after which it is given up: a living process may put in again what was removed. */
const MAX_ROUNDS = 10;
const AT_ONCE = 64;
const SMALL_BYTES = 64 * 1024;
/** Folders looked at before somebody else has a turn. */
const FOLDERS_A_TURN = 50;

/**
 * Removes whatever is at this place, whatever somebody made of it: locked and read-only folders, names that are no
 * text, any depth. Every step is made from an open folder, so that a link put in its place leads nowhere.
 * @throws SwarmError SW0701 when something is left; all else is gone then.
 */
export async function removeTree(path: string): Promise<void> {
  const found = await lstat(path).catch(unlessGone);
  if (found === undefined) return;
  const removal = new Removal();
  try {
    if (!found.isDirectory()) await rm(path, { force: true, maxRetries: 3 });
    else if (isPortable) await removeByPath(path);
    else await removal.folder(path);
  } catch (error) {
    // Somebody else removed it at the same time.
    if ((await lstat(path).catch(unlessGone)) === undefined) return;
    throw leftBehind(path, removal.trouble ?? error);
  }
}

class Removal {
  /** The first thing that went wrong: more telling than the folder that is not empty for it. */
  trouble: unknown;
  #lifted = 0;
  #looks = 0;

  async folder(path: string): Promise<void> {
    const top = openSync(path, FOLDER);
    try {
      await this.#remove(path, top, top, 0);
    } finally {
      await closed(top);
    }
  }

  async #remove(place: string | Buffer, folder: number, top: number, depth: number): Promise<void> {
    this.#unlock(folder);
    for (let rounds = 1; ; rounds += 1) {
      const lifted = this.#lifted;
      await this.#empty(folder, top, depth);
      if (this.#lifted > lifted) rounds = 0;
      try {
        return rmdirSync(place);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT') return;
        if (code !== 'ENOTEMPTY' || rounds >= MAX_ROUNDS) throw error;
      }
    }
  }

  async #empty(folder: number, top: number, depth: number): Promise<void> {
    this.#looks += 1;
    if (this.#looks % FOLDERS_A_TURN === 0) await others();
    const entries = readdirSync(inside(folder), { withFileTypes: true, encoding: 'buffer' });
    await this.#removeFiles(folder, entries);
    for (const { name } of entries.filter((entry) => entry.isDirectory())) {
      await this.#try(() => this.#removeInner(inside(folder, name), top, depth + 1));
    }
  }

  async #removeFiles(folder: number, entries: readonly Dirent<Buffer>[]): Promise<void> {
    const files = entries.filter((entry) => !entry.isDirectory());
    for (let from = 0; from < files.length; from += AT_ONCE) {
      if (from > 0) await others();
      const some = files.slice(from, from + AT_ONCE);
      await Promise.all(some.map(({ name }) => this.#try(() => removeFile(inside(folder, name)))));
    }
  }

  async #removeInner(place: Buffer, top: number, depth: number): Promise<void> {
    const folder = openSync(place, FOLDER);
    try {
      if (depth > MAX_DEPTH) this.#lift(folder, place, top);
      else await this.#remove(place, folder, top, depth);
    } finally {
      await closed(folder);
    }
  }

  /** To the top, which is looked at again. */
  #lift(folder: number, place: Buffer, top: number): void {
    this.#unlock(folder);
    this.#lifted += 1;
    renameSync(place, inside(top, Buffer.from(`.lifted-${process.pid}-${this.#lifted}`)));
  }

  #unlock(folder: number): void {
    if ((fstatSync(folder).mode & OURS) === OURS) return;
    try {
      chmodSync(inside(folder), OURS);
    } catch (error) {
      this.trouble ??= error;
    }
  }

  async #try(step: () => Promise<unknown>): Promise<void> {
    try {
      await step();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.trouble ??= error;
    }
  }
}

/**
 * The kernel takes a removed folder away when the last who held it lets go, and for one that held much may take
 * milliseconds.
 */
async function closed(folder: number): Promise<void> {
  if (fstatSync(folder).size > SMALL_BYTES) await closedAside(folder);
  else closeSync(folder);
}

/** A large file takes the kernel a while: never in our own thread. For a small one a hop to another costs ten times as much. */
async function removeFile(path: Buffer): Promise<void> {
  if (lstatSync(path).size > SMALL_BYTES) await unlink(path);
  else unlinkSync(path);
}

/** A name in an open folder, or the folder itself. */
const inside = (folder: number, name: Buffer = Buffer.alloc(0)): Buffer =>
  Buffer.concat([Buffer.from(`/proc/self/fd/${folder}/`), name]);

function unlessGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

function leftBehind(path: string, cause: unknown): SwarmError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const fix = `sudo rm -rf -- '${path.replaceAll("'", "'\\''")}'`;
  return new SwarmError(
    { code: 'SW0701', what: `${path} cannot be removed`, where: path, why, fix },
    { cause },
  );
}
