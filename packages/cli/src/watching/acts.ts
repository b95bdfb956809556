/** What each agent did last: from the end of the log, and then as it is written there. */
import type { LogLine } from '@swarm/core/log-events';
import { parseAttemptId } from '@swarm/core/model/ids';
import type { Act } from '@swarm/dashboard/board';
import { followLog } from '@swarm/telemetry';
import { lastLines } from '../telling/last-signs.ts';

const ACTS: ReadonlySet<string> = new Set(['agent.activity', 'agent.started']);

/** Where the system tells of a change, it is read at once all the same. */
const POLL_MS = 5_000;

/** Until the signal fires. A log that cannot be read tells nothing. */
export async function* actsIn(log: string, signal: AbortSignal): AsyncGenerator<Act> {
  for (const line of await lastLines(log)) {
    const act = actIn(line);
    if (act) yield act;
  }
  // What came between the two looks comes with the next sign of life.
  for await (const line of followLog(log, { signal, from: 'end', pollMs: POLL_MS })) {
    const act = actIn(line);
    if (act) yield act;
  }
}

function actIn({ event, attempt, ts, msg }: LogLine): Act | undefined {
  const id = ACTS.has(event) && attempt !== undefined ? parseAttemptId(attempt) : undefined;
  return id && { attempt: id, at: Date.parse(ts), text: event === 'agent.started' ? 'begins' : msg };
}
