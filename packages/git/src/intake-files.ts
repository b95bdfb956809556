/**
 * Reads an intake as bytes. It was writable from inside a sandbox, so anything may lie in it: links, pipes,
 * configuration, hooks, lies. No git runs in it and no link is followed; only plain object files with the names
 * git gives them are linked into a folder of ours, or read. Holds only once the attempt's process tree is dead.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { link, lstat, mkdir, open, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { type CommitId, parseCommitId } from '@swarm/core/model/ids';
import type { Layout } from './layout.ts';

/** Thrown inside the intake when the worker's bytes are at fault; `Intake.ingest` makes it an outcome. */
export class Unfit extends Error {}

/** What closed folders, chains of links and too long names in an intake are told as. */
const CLOSED = new Set(['EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG', 'ENOTDIR', 'EISDIR', 'ENXIO']);

/** Why the pushed bytes are at fault; undefined when they are not. @param places where they may lie. */
export function whyUnfit(error: unknown, places: readonly string[]): string | undefined {
  if (error instanceof Unfit) return error.message;
  const { code, path } = error as NodeJS.ErrnoException;
  const isTheirs = path !== undefined && places.some((place) => `${path}/`.startsWith(`${place}/`));
  return isTheirs && CLOSED.has(code ?? '') ? `the intake cannot be read: ${code}` : undefined;
}

export interface FileLimits {
  /** Most bytes of object files as they lie on disk. */
  readonly packedBytes: number;
  /** Most entries under `objects/`. */
  readonly files: number;
}

/**
 * Where the objects of the pushed work lie: in the intake, or, where the save left them, in the clone. Neither is to be
 * believed in anything. A clone that is no folder of its own leads nowhere.
 */
export async function sourceOf(intake: string, clone: string, limits: FileLimits): Promise<string> {
  if (!(await isPlain(join(intake, 'objects'), 'folder'))) throw new Unfit('the intake has no objects');
  if ((await objectFiles(intake, limits)).length > 0) return intake;
  const own = join(clone, '.git');
  for (const folder of [clone, own, join(own, 'objects')]) {
    const found = await lstat(folder).catch(() => undefined);
    if (!found?.isDirectory()) return intake;
  }
  return own;
}

/** The pushed commit; undefined when nothing was pushed. */
export async function readPushed(intake: string): Promise<CommitId | undefined> {
  for (const folder of ['', 'refs', 'refs/heads']) {
    if (!(await isPlain(join(intake, folder), 'folder'))) return undefined;
  }
  const path = join(intake, 'refs/heads/work');
  if (!(await isPlain(path, 'file'))) return undefined;
  const text = (await readStart(path, 80)).trimEnd();
  const commit = parseCommitId(text);
  if (!commit) throw new Unfit(`the pushed reference holds ${JSON.stringify(text)}, which is no commit`);
  return commit;
}

/** Only what we lend may be borrowed; a line of any other path could bring in somebody's private objects. */
export async function checkAlternates(intake: string, layout: Pick<Layout, 'mayLend'>): Promise<void> {
  if (!(await isPlain(join(intake, 'objects'), 'folder'))) throw new Unfit('the intake has no objects');
  if (!(await isPlain(join(intake, 'objects/info'), 'folder'))) return;
  const path = join(intake, 'objects/info/alternates');
  if (!(await isPlain(path, 'file'))) return;
  const text = await readStart(path, 4_096);
  if (!layout.mayLend(text.trimEnd())) throw new Unfit('the intake borrows objects from somewhere else');
}

const LOOSE = /^[0-9a-f]{38}(?:[0-9a-f]{24})?$/;
const PACK = /^pack-[0-9a-f]{40}(?:[0-9a-f]{24})?\.(?:pack|idx)$/;

export interface ObjectFile {
  /** Two letters of its name, or `pack`. */
  readonly folder: string;
  readonly name: string;
  readonly path: string;
}

/** Loose objects and packs of a repository; everything else under `objects/` is no object. */
export async function objectFiles(repository: string, limits: FileLimits): Promise<readonly ObjectFile[]> {
  const budget = { bytes: limits.packedBytes, files: limits.files };
  const found: ObjectFile[] = [];
  for (const folder of await entries(join(repository, 'objects'), budget)) {
    const wanted = folder === 'pack' ? PACK : /^[0-9a-f]{2}$/.test(folder) ? LOOSE : undefined;
    if (!wanted) continue;
    const from = join(repository, 'objects', folder);
    if (!(await isPlain(from, 'folder'))) continue;
    for (const name of await entries(from, budget)) {
      const path = join(from, name);
      if (wanted.test(name) && (await isWithin(path, budget))) found.push({ folder, name, path });
    }
  }
  return found;
}

/** Hard-links them into the folder `to`. */
export async function linkObjects(files: readonly ObjectFile[], to: string): Promise<void> {
  for (const folder of new Set(files.map((file) => file.folder))) {
    await mkdir(join(to, folder), { recursive: true });
  }
  for (const { folder, name, path } of files) await link(path, join(to, folder, name));
}

/** The bytes of one of them; undefined when it is larger than `maxBytes`. In place: a hop to another thread costs more. */
export function readLoose({ path }: ObjectFile, maxBytes: number): Buffer | undefined {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { size } = fstatSync(file);
    if (size > maxBytes) return undefined;
    const bytes = Buffer.alloc(size);
    return bytes.subarray(0, readSync(file, bytes, 0, size, 0));
  } finally {
    closeSync(file);
  }
}

interface Budget {
  bytes: number;
  files: number;
}

async function isWithin(path: string, budget: Budget): Promise<boolean> {
  if (!(await isPlain(path, 'file'))) return false;
  budget.bytes -= (await lstat(path)).size;
  if (budget.bytes < 0) throw new Unfit('the push is larger than an attempt may push');
  return true;
}

async function entries(folder: string, budget: Budget): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of await opendir(folder)) {
    budget.files -= 1;
    if (budget.files < 0) throw new Unfit('the push has more files than an attempt may push');
    names.push(entry.name);
  }
  return names;
}

/** False when it is not there; a link or any other odd thing in its place is never taken for it. */
async function isPlain(path: string, kind: 'file' | 'folder'): Promise<boolean> {
  const stat = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (!stat) return false;
  if (kind === 'file' ? stat.isFile() : stat.isDirectory()) return true;
  throw new Unfit(`${path.split('/').slice(-3).join('/')} in the intake is no plain ${kind}`);
}

async function readStart(path: string, bytes: number): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.subarray(0, bytesRead).toString('latin1');
  } finally {
    await file.close();
  }
}
