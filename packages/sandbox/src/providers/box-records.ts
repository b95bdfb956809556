/** What is noted of a box before it is made: how it is taken away, and who made it. */
import { randomUUID } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { hostname } from 'node:os';

interface Maker {
  /** Numbers of processes mean something on one machine, and in one container, only. */
  readonly host: string;
  readonly pid: number;
  /** A number may be given again, to ourselves too. */
  readonly id: string;
}

export interface BoxRecord {
  /** Absent where the note was cut off while it was written: nothing was made yet. */
  readonly destroy?: readonly string[];
  readonly by?: Maker;
  readonly ageMs: number;
}

const US: Maker = { host: hostname(), pid: process.pid, id: randomUUID() };
/** No look takes so long. */
const OLD_MS = 24 * 3_600_000;

export const recordText = (destroy: readonly string[]): string => JSON.stringify({ by: US, destroy });

/** Undefined when it was taken away meanwhile. */
export async function recordIn(file: string): Promise<BoxRecord | undefined> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
    return { ...parsed(text), ageMs: Date.now() - mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parsed(text: string): Partial<BoxRecord> {
  try {
    const read = JSON.parse(text) as BoxRecord | readonly string[];
    // As it was noted at first: nothing but how it is taken away.
    return Array.isArray(read) ? { destroy: read } : (read as BoxRecord);
  } catch {
    return {};
  }
}

/** Whoever made it is gone. One on another machine is thought to be there for a day. */
export function isAbandoned({ by, ageMs }: BoxRecord): boolean {
  if (ageMs > OLD_MS) return true;
  if (by === undefined || by.host !== US.host) return false;
  return by.pid === US.pid ? by.id !== US.id : !isThere(by.pid);
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
