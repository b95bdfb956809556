/** When each agent was last heard of, from the end of the log. Weather: where it cannot be read there is none. */
import { stat } from 'node:fs/promises';
import type { LogLine } from '@swarm/core/log-events';
import { type AttemptId, parseAttemptId } from '@swarm/core/model/ids';
import type { Signs } from '@swarm/core/views/waits';
import { logFrom } from '@swarm/telemetry';

/** A minute and more of a busy fleet; what lies further back says nothing about now. */
const TAIL_BYTES = 512 * 1024;
const SIGNS: ReadonlySet<string> = new Set(['agent.activity', 'agent.started']);

export function signsIn(lines: readonly LogLine[]): Signs {
  const signs = new Map<AttemptId, number>();
  for (const line of lines) {
    const [attempt, at] = signIn(line) ?? [];
    if (attempt !== undefined && at !== undefined) signs.set(attempt, at);
  }
  return signs;
}

function signIn({ event, attempt, ts }: LogLine): readonly [AttemptId, number] | undefined {
  const id = attempt === undefined ? undefined : parseAttemptId(attempt);
  const at = Date.parse(ts);
  return SIGNS.has(event) && id && Number.isFinite(at) ? [id, at] : undefined;
}

/** The last lines of a log, as far as it goes now. The first of them may be half of one, and is left out then. */
export async function lastLines(log: string): Promise<readonly LogLine[]> {
  const { size } = await stat(log).catch(() => ({ size: 0 }));
  const { lines } = await logFrom(log, Math.max(0, size - TAIL_BYTES)).catch(() => ({ lines: [] }));
  return lines;
}
