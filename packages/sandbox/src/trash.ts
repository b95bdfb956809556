import { randomUUID } from 'node:crypto';
import { chmod, lstat, mkdir, readdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import { removeTree } from './remove-tree.ts';

/** What could not be removed, and where it is now. */
export interface Kept {
  readonly path: string;
  readonly at: string;
  readonly why: string;
}

/** Clean-up that is never a fault: a name is free at once, and what stays is told and tried again. */
export interface Trash {
  /** Never throws. Undefined: gone. */
  discard(path: string): Promise<Kept | undefined>;
  /** Tries again what is still there from before; what stays is told. */
  empty(): Promise<readonly Kept[]>;
}

/** @param folder on the file system of what is discarded; made when first needed. */
export function createTrash(folder: string): Trash {
  /** Being removed now: a second hand in the same tree would report what the first one did. */
  const busy = new Set<string>();
  const remove = async (path: string, at: string): Promise<Kept | undefined> => {
    if (busy.has(at)) return undefined;
    busy.add(at);
    return removed(path, at).finally(() => busy.delete(at));
  };
  return {
    async discard(path) {
      if ((await lstat(path).catch(() => undefined)) === undefined) return undefined;
      const at = await setAside(path, folder);
      return remove(path, at);
    },
    async empty() {
      const names = await readdir(folder).catch(() => []);
      const places = names.map((name) => join(folder, name));
      const kept = await Promise.all(places.map((place) => remove(place, place)));
      return kept.filter((one) => one !== undefined);
    },
  };
}

async function removed(path: string, at: string): Promise<Kept | undefined> {
  try {
    await removeTree(at);
    return undefined;
  } catch (error) {
    return { path, at, why: whyOf(error) };
  }
}

/** Its new place, or its old one where it cannot be moved. A folder can only be moved by who may write to it. */
async function setAside(path: string, folder: string): Promise<string> {
  const at = join(folder, `${basename(path)}.${randomUUID().slice(0, 8)}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await rename(path, at).catch(async (error: unknown) => {
      if (!(await lstat(path)).isDirectory()) throw error;
      await chmod(path, 0o700);
      await rename(path, at);
    });
    return at;
  } catch {
    return path;
  }
}

const whyOf = (error: unknown): string => {
  if (error instanceof SwarmError) return error.problems.map(({ what, why }) => why ?? what).join('; ');
  return error instanceof Error ? error.message : String(error);
};
