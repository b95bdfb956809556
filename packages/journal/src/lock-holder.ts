/** What the holder of a lock says of itself. Hostile input: any local process may stand in its place. */
import { open } from 'node:fs/promises';
import { parseRunId, type RunId } from '@swarm/core/model/ids';

export interface HolderInfo {
  readonly pid: number;
  /** When it took the lock, ms since the epoch. */
  readonly since: number;
  readonly run: RunId;
}

/** Undefined unless it is exactly that. */
export function parseHolder(text: string): HolderInfo | undefined {
  try {
    const { pid, since, run } = JSON.parse(text) as Record<string, unknown>;
    const id = typeof run === 'string' ? parseRunId(run) : undefined;
    if (!isCount(pid) || !isCount(since) || id === undefined) return undefined;
    return { pid, since, run: id };
  } catch {
    return undefined;
  }
}

/** The info file's first 4 KiB, parsed; undefined when it is not there or not readable as such. */
export async function readHolderFile(path: string): Promise<HolderInfo | undefined> {
  const handle = await open(path, 'r').catch(() => undefined);
  if (!handle) return undefined;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4_096), 0, 4_096, 0);
    return parseHolder(buffer.toString('utf8', 0, bytesRead));
  } finally {
    await handle.close();
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
