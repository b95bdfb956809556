/** When each agent was last heard of, from the end of the log. Weather: where it cannot be read there is none. */
import { open } from 'node:fs/promises';
import { type AttemptId, parseAttemptId } from '@swarm/core/model/ids';
import type { Signs } from '@swarm/core/views/waits';

/** A minute and more of a busy fleet; what lies further back says nothing about now. */
const TAIL_BYTES = 512 * 1024;
const SIGNS: ReadonlySet<unknown> = new Set(['agent.activity', 'agent.started']);

export async function lastSigns(log: string): Promise<Signs> {
  const signs = new Map<AttemptId, number>();
  for (const line of (await tailOf(log)).split('\n')) {
    const [attempt, at] = signIn(line) ?? [];
    if (attempt !== undefined && at !== undefined) signs.set(attempt, at);
  }
  return signs;
}

/** The first line may be half of one: it is no JSON then. */
function signIn(line: string): readonly [AttemptId, number] | undefined {
  try {
    const { event, attempt, ts } = JSON.parse(line) as Record<string, unknown>;
    const id = typeof attempt === 'string' ? parseAttemptId(attempt) : undefined;
    const at = typeof ts === 'string' ? Date.parse(ts) : Number.NaN;
    return SIGNS.has(event) && id && Number.isFinite(at) ? [id, at] : undefined;
  } catch {
    return undefined;
  }
}

async function tailOf(path: string): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return '';
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
