/** Reads a file that a command left. The file is the command's: any kind, any size, any bytes. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Collected } from '@swarm/core/ports/running';

export async function collectFile(path: string, maxBytes: number): Promise<Collected> {
  let file: FileHandle;
  try {
    // No link is followed, and a pipe nobody writes to keeps nobody waiting.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? { kind: 'nothing' } : unfit(`it cannot be opened (${code})`);
  }
  try {
    return await read(file, maxBytes);
  } catch (error) {
    return unfit(`it cannot be read (${(error as NodeJS.ErrnoException).code})`);
  } finally {
    await file.close();
  }
}

async function read(file: FileHandle, maxBytes: number): Promise<Collected> {
  const stat = await file.stat();
  if (!stat.isFile()) return unfit('it is not a regular file');
  if (stat.size > maxBytes) return unfit(`it has ${stat.size} bytes, more than ${maxBytes}`);
  // As large as it is: a hundred agents that end together would take a hundred times the bound.
  const bytes = Buffer.alloc(stat.size);
  const { bytesRead } = await file.read(bytes, 0, stat.size, 0);
  return { kind: 'text', text: bytes.toString('utf8', 0, bytesRead) };
}

const unfit = (why: string): Collected => ({ kind: 'unfit', why });
