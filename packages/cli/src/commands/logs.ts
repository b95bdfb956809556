/** `swarm logs`: what happened, line by line, and as it happens. */
import { SwarmError } from '@swarm/core/errors';
import { LOG_EVENTS, type LogLine } from '@swarm/core/log-events';
import { parseTaskId, type TaskId } from '@swarm/core/model/ids';
import { countText } from '@swarm/core/views/words';
import { followLog, type LogFilter, readLog } from '@swarm/telemetry';
import { parseDurationMs } from '../config/units.ts';
import { unknownTask } from '../control/refused.ts';
import { enterRun, type KnownRun } from '../finding/door.ts';
import { readKnown } from '../finding/opened-run.ts';
import type { Context } from '../program/context.ts';
import type { LogsOptions } from '../program/options.ts';
import { localTime, zoneOf } from '../telling/local-clock.ts';
import { jsonText, sanitizeLine } from '../telling/output.ts';

export async function logs(options: LogsOptions, context: Context): Promise<number> {
  const filter = filterOf(options, Date.now());
  const known = await enterRun(options, context);
  const { log } = known.paths;
  if (options.task !== undefined) await requireTask(options.task, known);
  const onUnreadable = (lines: number) =>
    context.output.narrate(`${countText(lines, 'line')} of ${log} cannot be read`);
  const lines = options.follow
    ? followLog(log, {
        signal: context.output.closed,
        from: 'start',
        filter,
        onUnreadable,
        isLast: runIsOver(),
      })
    : readLog(log, filter, { onUnreadable });
  for await (const line of lines) {
    if (context.output.closed.aborted) break;
    context.output.result(options.json ? jsonText(line) : logText(line, context.output.ink));
  }
  return 0;
}

/** Its lines would never come. Errors: SW0106. */
async function requireTask(task: string, known: KnownRun): Promise<void> {
  const { state } = await readKnown(known);
  if (!state.tasks.has(task as TaskId)) throw new SwarmError(unknownTask(task, state));
}

/**
 * Says whether a run's log ends with this line: closed, and its report written. A run that was stopped is not over:
 * resumed, it goes on in the same file.
 */
export function runIsOver(): (line: LogLine) => boolean {
  let isClosed = false;
  let isReported = false;
  return ({ event }) => {
    if (event === 'run.closed') isClosed = true;
    if (event === 'run.resumed') [isClosed, isReported] = [false, false];
    if (event === 'report.written' && isClosed) isReported = true;
    return isReported;
  };
}

const INK = { debug: 'dim', info: 'reset', warn: 'yellow', error: 'red' } as const;

function logText(line: LogLine, ink: Context['output']['ink']): string {
  const at = Date.parse(line.ts);
  const time = `${localTime(at)}${line.ts.slice(19, 23)} ${zoneOf(at)}`;
  const text = `${line.event.padEnd(17)} ${sanitizeLine(line.msg, 2_000)}`;
  return `${ink.dim(time)} ${ink[INK[line.level] ?? 'reset'](text)}`;
}

// ───────────── what is asked for ─────────────

/** Every mistake at once. @param now ms since the epoch. */
function filterOf({ task, event, level, since }: LogsOptions, now: number): LogFilter {
  const from = since === undefined ? undefined : timeOf(since, now);
  const wrong = [
    ...(task !== undefined && !parseTaskId(task)
      ? [badFlag('--task', task, 'a task is called t and a number', '--task t12')]
      : []),
    ...(event !== undefined && !isSomeEvent(event)
      ? [badFlag('--event', event, 'no event has such a name; docs/log.md lists them', "--event 'landing.*'")]
      : []),
    ...(since !== undefined && from === undefined
      ? [badFlag('--since', since, 'it is neither a duration nor an RFC 3339 time', '--since 10m')]
      : []),
  ];
  if (wrong.length > 0) throw new SwarmError(wrong);
  return {
    ...(task !== undefined && { task }),
    ...(event !== undefined && { event }),
    ...(level !== undefined && { level }),
    ...(from !== undefined && { since: from }),
  };
}

const badFlag = (flag: string, value: string, why: string, fix: string) =>
  ({
    code: 'SW0101',
    what: `${flag} ${JSON.stringify(value)} cannot be used`,
    where: flag,
    why,
    fix,
  }) as const;

/** A pattern that no event can ever match would wait for ever in silence. */
function isSomeEvent(pattern: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/\W/g, '\\$&'));
  const matcher = new RegExp(`^${parts.join('.*')}$`);
  return Object.keys(LOG_EVENTS).some((name) => matcher.test(name));
}

/** With its offset, or it would mean another time on another machine. */
const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)$/;

/** As `ts` is written; undefined for what is no time. */
function timeOf(since: string, now: number): string | undefined {
  const ago = parseDurationMs(since);
  const at = ago !== undefined ? now - ago : RFC_3339.test(since) ? Date.parse(since) : Number.NaN;
  return Number.isFinite(at) && Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : undefined;
}
