/** The file of a recording: made once, never written over, and gone on with by its own run alone. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { SwarmError } from '@swarm/core/errors';

/** Nobody else's to read: it holds prompts and code. */
const MODE = 0o600;

export async function makeFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'ax', MODE);
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw new SwarmError(isThere ? cassetteExists(path) : unwritable(path, error as Error));
  }
}

/** A link is not followed, and nothing is made: what run.json names may have come from elsewhere. */
export async function reopenFile(path: string): Promise<FileHandle> {
  try {
    const flags = constants.O_RDWR | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const file = await open(path, flags);
    if ((await file.stat()).isFile()) return file;
    await file.close();
    throw new Error('it is no ordinary file');
  } catch (error) {
    throw gone(path, (error as Error).message);
  }
}

const HEAD_BYTES_MAX = 1024;

/** Of the first line's beginning: its `run` comes before anything long. */
export async function runIn(file: FileHandle): Promise<string | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES_MAX), 0, HEAD_BYTES_MAX, 0);
  const text = buffer.toString('utf8', 0, bytesRead);
  return /^\{"kind":"cassette","v":1,"swarm":"[^"]{1,200}","run":"([^"]{1,200})",/.exec(text)?.[1];
}

/** A kill may leave the beginning of a line: the next one must stand alone. */
export async function cutTorn(file: FileHandle, size: number): Promise<void> {
  const chunk = Buffer.alloc(64 * 1024);
  for (let end = size; end > 0; ) {
    const from = Math.max(0, end - chunk.length);
    const { bytesRead } = await file.read(chunk, 0, end - from, from);
    const newline = chunk.subarray(0, bytesRead).lastIndexOf(0x0a);
    if (newline >= 0) return file.truncate(from + newline + 1);
    end = from;
  }
}

export const cassetteExists = (path: string) =>
  ({
    code: 'SW0101',
    what: `${path} is there already`,
    where: '--record',
    why: 'a cassette is never written over',
    fix: `--record ${path}.2`,
  }) as const;

const unwritable = (path: string, { message }: Error) =>
  ({
    code: 'SW0701',
    what: 'the cassette cannot be made',
    where: path,
    why: message,
    fix: '--record run.cassette',
  }) as const;

export const gone = (path: string, why: string): SwarmError =>
  new SwarmError({
    code: 'SW0207',
    what: 'the cassette that this run records cannot be gone on with',
    where: path,
    why,
    fix: 'swarm resume --no-record   # goes on, and records nothing more',
  });
