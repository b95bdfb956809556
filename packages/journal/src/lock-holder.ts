/** What the holder of a lock says of itself. Hostile input: any local process may stand in its place. */
import { open } from 'node:fs/promises';
import { parseRunId, type RunId } from '@swarm/core/model/ids';
import { processStart } from './process-start.ts';

export interface HolderInfo {
  readonly pid: number;
  /** When it took the lock, ms since the epoch. */
  readonly since: number;
  readonly run: RunId;
  /** What `processStart` said of it; absent in what older versions wrote. */
  readonly started?: string;
}

/** Undefined unless it is exactly that. */
export function parseHolder(text: string): HolderInfo | undefined {
  try {
    const { pid, since, run, started } = JSON.parse(text) as Record<string, unknown>;
    const id = typeof run === 'string' ? parseRunId(run) : undefined;
    if (!isCount(pid) || !isCount(since) || id === undefined) return undefined;
    if (started === undefined) return { pid, since, run: id };
    return typeof started === 'string' && started.length <= 100
      ? { pid, since, run: id, started }
      : undefined;
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

/**
 * Whether that very process is there. Without its start the number alone is asked, and may have been given to another
 * process since.
 */
export async function isThere({ pid, started }: Pick<HolderInfo, 'pid' | 'started'>): Promise<boolean> {
  const now = await processStart(pid);
  return now !== undefined && (started === undefined || now === started);
}

/** This process, as others can ask whether it is still there. */
export async function thisProcess(): Promise<Pick<HolderInfo, 'pid' | 'started'>> {
  const started = await processStart(process.pid);
  return { pid: process.pid, ...(started !== undefined && { started }) };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
