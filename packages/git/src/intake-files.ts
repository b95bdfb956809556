/**
 * Reads an intake as bytes. It was writable from inside a sandbox, so anything may lie in it: links, pipes,
 * configuration, hooks, lies. No git runs in it and no link is followed; only plain object files with the names
 * git gives them are linked into a folder of ours, or read. Holds only once the attempt's process tree is dead.
 * A look at one file is made in place: a hop to another thread costs ten times the look.
 */
import {
  closeSync,
  constants,
  type Dir,
  fstatSync,
  lstatSync,
  opendirSync,
  openSync,
  readSync,
  type Stats,
} from 'node:fs';
import { link, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as others } from 'node:timers/promises';
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
  if (!isPlain(join(intake, 'objects'), 'folder')) throw new Unfit('the intake has no objects');
  if ((await objectFiles(intake, limits)).length > 0) return intake;
  const own = join(clone, '.git');
  const isThere = [clone, own, join(own, 'objects')].every((folder) => look(folder)?.isDirectory());
  return isThere ? own : intake;
}

/** The pushed commit; undefined when nothing was pushed. */
export function readPushed(intake: string): CommitId | undefined {
  for (const folder of ['', 'refs', 'refs/heads']) {
    if (!isPlain(join(intake, folder), 'folder')) return undefined;
  }
  const path = join(intake, 'refs/heads/work');
  if (!isPlain(path, 'file')) return undefined;
  const text = readStart(path, 80).trimEnd();
  const commit = parseCommitId(text);
  if (!commit) throw new Unfit(`the pushed reference holds ${JSON.stringify(text)}, which is no commit`);
  return commit;
}

/** Only what we lend may be borrowed; a line of any other path could bring in somebody's private objects. */
export function checkAlternates(intake: string, layout: Pick<Layout, 'mayLend'>): void {
  if (!isPlain(join(intake, 'objects'), 'folder')) throw new Unfit('the intake has no objects');
  if (!isPlain(join(intake, 'objects/info'), 'folder')) return;
  const path = join(intake, 'objects/info/alternates');
  if (!isPlain(path, 'file')) return;
  const text = readStart(path, 4_096);
  if (!layout.mayLend(text.trimEnd())) throw new Unfit('the intake borrows objects from somewhere else');
}

/** Files looked at before somebody else has a turn. */
const FILES_A_TURN = 250;

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
    if (!isPlain(from, 'folder')) continue;
    for (const name of await entries(from, budget)) {
      const path = join(from, name);
      if (wanted.test(name) && isWithin(path, budget)) found.push({ folder, name, path });
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

function isWithin(path: string, budget: Budget): boolean {
  const found = plain(path, 'file');
  if (!found) return false;
  budget.bytes -= found.size;
  if (budget.bytes < 0) throw new Unfit('the push is larger than an attempt may push');
  return true;
}

/** Node's own error does not say which folder it was, and so not whose. */
function opened(folder: string): Dir {
  try {
    return opendirSync(folder);
  } catch (error) {
    throw Object.assign(error as Error, { path: folder });
  }
}

async function entries(folder: string, budget: Budget): Promise<string[]> {
  const names: string[] = [];
  using open = opened(folder);
  for (let entry = open.readSync(); entry; entry = open.readSync()) {
    budget.files -= 1;
    if (budget.files < 0) throw new Unfit('the push has more files than an attempt may push');
    names.push(entry.name);
    if (names.length % FILES_A_TURN === 0) await others();
  }
  return names;
}

/** What is there, whatever it is; undefined when nothing is. */
function look(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Undefined when it is not there; a link or any other odd thing in its place is never taken for it. */
function plain(path: string, kind: 'file' | 'folder'): Stats | undefined {
  const found = look(path);
  if (!found || (kind === 'file' ? found.isFile() : found.isDirectory())) return found;
  throw new Unfit(`${path.split('/').slice(-3).join('/')} in the intake is no plain ${kind}`);
}

const isPlain = (path: string, kind: 'file' | 'folder'): boolean => plain(path, kind) !== undefined;

function readStart(path: string, bytes: number): string {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const start = Buffer.alloc(bytes);
    return start.toString('latin1', 0, readSync(file, start, 0, bytes, 0));
  } finally {
    closeSync(file);
  }
}
