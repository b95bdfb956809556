/**
 * Writes objects as git does, one file each: an object is there whole and durable, or not at all. Git has no batch
 * mode for making commits, and a process for each would cost more than the rest of a landing.
 */
import { createHash, randomBytes } from 'node:crypto';
import { access, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import type { ObjectFormat } from './context.ts';

export interface RawObject {
  readonly type: 'blob' | 'tree' | 'commit';
  readonly body: Buffer;
}

const compress = promisify(deflate);

const headerOf = ({ type, body }: RawObject): Buffer => Buffer.from(`${type} ${body.length}\0`);

/** The name git gives these bytes: hash of `type SP size NUL body`. */
export function nameOf(object: RawObject, format: ObjectFormat): string {
  return createHash(format).update(headerOf(object)).update(object.body).digest('hex');
}

/**
 * Writes what is not there yet, all at once: temporary file, fsync, rename, as git does under `core.fsync=all`.
 * Returns the names in order. A leftover of a `kill -9` is named so that git's own cleaning knows it.
 */
export async function writeLoose(
  objectsDir: string,
  format: ObjectFormat,
  objects: readonly RawObject[],
): Promise<string[]> {
  return Promise.all(objects.map((object) => writeOne(objectsDir, nameOf(object, format), object)));
}

async function writeOne(objectsDir: string, name: string, object: RawObject): Promise<string> {
  const folder = join(objectsDir, name.slice(0, 2));
  const path = join(folder, name.slice(2));
  if (await exists(path)) return name;
  const bytes = await compress(Buffer.concat([headerOf(object), object.body]), { level: 1 });
  await mkdir(folder, { recursive: true });
  const making = join(folder, `tmp_obj_${randomBytes(6).toString('hex')}`);
  try {
    await writeDurably(making, bytes);
    await rename(making, path);
  } catch (error) {
    await rm(making, { force: true });
    throw error;
  }
  return name;
}

async function writeDurably(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, 'wx', 0o444);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
