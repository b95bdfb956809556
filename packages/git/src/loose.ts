/**
 * Writes objects as git does, one file each: an object is there whole and durable, or not at all. Git has no batch
 * mode for making commits, and a process for each would cost more than the rest of a landing.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fchmodSync,
  fsync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflate, deflateSync } from 'node:zlib';
import type { ObjectFormat } from './identity.ts';

export interface RawObject {
  readonly type: 'blob' | 'tree' | 'commit';
  readonly body: Buffer;
}

const deflateAside = promisify(deflate);
const sync = promisify(fsync);
/** Drawn once: to draw for each object takes as long as to name it. */
const OURS = randomBytes(6).toString('hex');
let made = 0;
/** Git's own choice for loose objects. */
const FASTEST = { level: 1 };
/** Bytes deflated in well under a millisecond. */
const SMALL = 64 * 1024;
/** Bytes that deflating may add. */
const GROWN_MAX = 64;

/** Into a buffer no larger than it needs: to ask the system for the usual 16 KiB takes longer than to fill a few hundred bytes. */
export const deflateSmall = (bytes: Buffer): Buffer =>
  deflateSync(bytes, { ...FASTEST, chunkSize: bytes.length + GROWN_MAX });

const headerOf = ({ type, body }: RawObject): Buffer => Buffer.from(`${type} ${body.length}\0`);

/** The name git gives these bytes: hash of `type SP size NUL body`. */
export function nameOf(object: RawObject, format: ObjectFormat): string {
  return createHash(format).update(headerOf(object)).update(object.body).digest('hex');
}

/**
 * Writes what is not there yet: all files, then an fsync of each, then their names, as git does under
 * `core.fsync=all`. Returns the names in order. A leftover of a `kill -9` is named so that git's cleaning knows it.
 */
export async function writeLoose(
  objectsDir: string,
  format: ObjectFormat,
  objects: readonly RawObject[],
): Promise<string[]> {
  const names = objects.map((object) => nameOf(object, format));
  await Promise.all(names.map((name, i) => writeOne(objectsDir, name, objects[i]!)));
  return names;
}

/**
 * Only the wait for the disk leaves the event loop: a hop to another thread for each small step costs ten times the
 * step, and starting a git process to do it costs the loop more than all of them.
 */
async function writeOne(objectsDir: string, name: string, object: RawObject): Promise<void> {
  const folder = join(objectsDir, name.slice(0, 2));
  const path = join(folder, name.slice(2));
  if (existsSync(path)) return;
  const whole = Buffer.concat([headerOf(object), object.body]);
  const bytes = whole.length < SMALL ? deflateSmall(whole) : await deflateAside(whole, FASTEST);
  if (!existsSync(folder)) makeReadable(folder);
  made += 1;
  const making = join(folder, `tmp_obj_${OURS}_${made}`);
  try {
    await writeDurably(making, bytes);
    renameSync(making, path);
  } catch (error) {
    rmSync(making, { force: true });
    throw error;
  }
}

/**
 * Gives another repository an object that one has as a file, by giving that file a second name, as `git clone --local`
 * does: what is durable there is durable here, and nothing is written twice. False when it is no file of its own (but
 * in a pack), or the two do not lie on one disk.
 */
export function linkLoose(from: string, to: string, name: string): boolean {
  const [folder, file] = [name.slice(0, 2), name.slice(2)];
  const link = () => linkSync(join(from, folder, file), join(to, folder, file));
  const failure = codeOf(link);
  if (failure !== 'ENOENT') return failure === undefined || failure === 'EEXIST';
  if (!isLoose(from, name)) return false;
  mkdirSync(join(to, folder), { recursive: true });
  return codeOf(link) === undefined;
}

/** Whether an object has a file of its own. */
export const isLoose = (objectsDir: string, name: string): boolean =>
  existsSync(join(objectsDir, name.slice(0, 2), name.slice(2)));

/** What the system said no with; undefined when it did not. */
function codeOf(work: () => void): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}

/** Commands in a sandbox are another user's: they read objects also where the operator's umask closes new files. */
export function makeReadable(folder: string): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
}

async function writeDurably(path: string, bytes: Buffer): Promise<void> {
  const file = openSync(path, 'wx', 0o444);
  try {
    fchmodSync(file, 0o444);
    writeFileSync(file, bytes);
    await sync(file);
  } finally {
    closeSync(file);
  }
}
