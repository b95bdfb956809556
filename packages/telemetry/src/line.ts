/** One line of log.ndjson, made from what a caller says. */
import { LOG_EVENTS, type LogEventName, type LogFields, type LogLine } from '@swarm/core/log-events';
import { type Bounds, cleanLine, plainData } from './plain.ts';
import type { Redactor } from './redact.ts';

/** Longest line, newline included, in bytes. */
export const LOG_LINE_BYTES_MAX = 64 * 1024;

/** Tried in this order until the line fits. The last one always does: 200 characters and no data to speak of. */
const BOUNDS: readonly Bounds[] = [
  { chars: 16_384, items: 200, depth: 8 },
  { chars: 2_048, items: 50, depth: 6 },
  { chars: 200, items: 20, depth: 3 },
  { chars: 200, items: 4, depth: 1 },
];

export interface Stamps {
  readonly seq: number;
  /** ms since the epoch. */
  readonly at: number;
  readonly run: string;
  readonly trace_id?: string;
  readonly span_id?: string;
}

/** The line as a value, and as the bytes it is on disk; both redacted, sanitised and bounded. */
export function makeLine(
  name: LogEventName,
  fields: LogFields,
  stamps: Stamps,
  redactor: Redactor,
): { readonly line: LogLine; readonly bytes: Buffer } {
  for (const bounds of BOUNDS) {
    const line = lineWithin(bounds, name, fields, stamps, redactor);
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    if (bytes.length <= LOG_LINE_BYTES_MAX || bounds === BOUNDS.at(-1)) return { line, bytes };
  }
  throw new Error('unreachable: the last bounds end the loop');
}

function lineWithin(
  bounds: Bounds,
  name: LogEventName,
  fields: LogFields,
  { seq, at, run, trace_id, span_id }: Stamps,
  redactor: Redactor,
): LogLine {
  const { msg, level, task, attempt, worker, data } = fields;
  return {
    v: 1,
    ts: new Date(at).toISOString(),
    seq,
    level: level ?? LOG_EVENTS[name].level,
    event: name,
    run,
    ...(task !== undefined && { task: cleanLine(task, 200, redactor) }),
    ...(attempt !== undefined && { attempt: cleanLine(attempt, 200, redactor) }),
    ...(worker !== undefined && { worker: cleanLine(worker, 200, redactor) }),
    ...(trace_id !== undefined && span_id !== undefined && { trace_id, span_id }),
    msg: cleanLine(msg, bounds.chars, redactor),
    data: plainData(data ?? {}, bounds, redactor),
  };
}
