/**
 * Reads an intake as bytes. It was writable from inside a sandbox, so anything may lie in it: links, pipes,
 * configuration, hooks, lies. No git runs in it and no link is followed; only plain object files with the names
 * git gives them are linked into a folder of ours. Holds only once the attempt's process tree is dead.
 */
import { constants } from 'node:fs';
import { link, lstat, mkdir, open, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { type CommitId, parseCommitId } from '@swarm/core/model/ids';

/** Thrown inside the intake when the worker's bytes are at fault; `Intake.ingest` makes it an outcome. */
export class Unfit extends Error {}

/** What closed folders, chains of links and too long names in an intake are told as. */
const CLOSED = new Set(['EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG', 'ENOTDIR', 'EISDIR', 'ENXIO']);

/** Why the pushed bytes are at fault; undefined when they are not. */
export function whyUnfit(error: unknown, intake: string): string | undefined {
  if (error instanceof Unfit) return error.message;
  const { code, path } = error as NodeJS.ErrnoException;
  const isIntakes = path !== undefined && `${path}/`.startsWith(`${intake}/`);
  return isIntakes && CLOSED.has(code ?? '') ? `the intake cannot be read: ${code}` : undefined;
}

export interface FileLimits {
  /** Most bytes of object files as they lie on disk. */
  readonly packedBytes: number;
  /** Most entries under `objects/`. */
  readonly files: number;
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

/** Only our own hub may be borrowed from; a line of any other path could bring in somebody's private objects. */
export async function checkAlternates(intake: string, hubObjects: string): Promise<void> {
  if (!(await isPlain(join(intake, 'objects'), 'folder'))) throw new Unfit('the intake has no objects');
  if (!(await isPlain(join(intake, 'objects/info'), 'folder'))) return;
  const path = join(intake, 'objects/info/alternates');
  if (!(await isPlain(path, 'file'))) return;
  const text = await readStart(path, 4_096);
  if (text.trimEnd() !== hubObjects) throw new Unfit('the intake borrows objects from somewhere else');
}

const LOOSE = /^[0-9a-f]{38}(?:[0-9a-f]{24})?$/;
const PACK = /^pack-[0-9a-f]{40}(?:[0-9a-f]{24})?\.(?:pack|idx)$/;

/** Hard-links loose objects and packs into `to`; everything else under `objects/` is left behind. */
export async function linkObjects(intake: string, to: string, limits: FileLimits): Promise<void> {
  const budget = { bytes: limits.packedBytes, files: limits.files };
  for (const folder of await entries(join(intake, 'objects'), budget)) {
    const wanted = folder === 'pack' ? PACK : /^[0-9a-f]{2}$/.test(folder) ? LOOSE : undefined;
    if (!wanted) continue;
    const from = join(intake, 'objects', folder);
    if (!(await isPlain(from, 'folder'))) continue;
    await mkdir(join(to, folder), { recursive: true });
    for (const name of await entries(from, budget)) {
      if (wanted.test(name)) await linkOne(join(from, name), join(to, folder, name), budget);
    }
  }
}

interface Budget {
  bytes: number;
  files: number;
}

async function linkOne(from: string, to: string, budget: Budget): Promise<void> {
  if (!(await isPlain(from, 'file'))) return;
  budget.bytes -= (await lstat(from)).size;
  if (budget.bytes < 0) throw new Unfit('the push is larger than an attempt may push');
  await link(from, to);
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
