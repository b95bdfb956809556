/** The shape of a log line for programs: what `swarm schema log` prints. */
import { LOG_EVENTS } from '@swarm/core/log-events';

/** One field of a line, in the order it stands there. */
export interface LogField {
  readonly name: string;
  readonly isOptional: boolean;
  readonly means: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

const text = { type: 'string' };
export const LOG_FIELDS: readonly LogField[] = [
  { name: 'v', isOptional: false, means: 'version of this shape', schema: { const: 1 } },
  {
    name: 'ts',
    isOptional: false,
    means: 'when, RFC 3339 UTC with milliseconds',
    schema: { type: 'string', format: 'date-time' },
  },
  {
    name: 'seq',
    isOptional: false,
    means: 'number of the line, from 1; a missing number is a line that could not be written',
    schema: { type: 'integer', minimum: 1 },
  },
  {
    name: 'level',
    isOptional: false,
    means: '`debug`, `info`, `warn` or `error`',
    schema: { enum: ['debug', 'info', 'warn', 'error'] },
  },
  {
    name: 'event',
    isOptional: false,
    means: 'what happened, from the list below',
    schema: { enum: Object.keys(LOG_EVENTS) },
  },
  { name: 'run', isOptional: false, means: 'the run, such as `r-20261121-k3f7`', schema: text },
  { name: 'task', isOptional: true, means: 'the task, such as `t12`', schema: text },
  { name: 'attempt', isOptional: true, means: 'the attempt, such as `t12.2`', schema: text },
  { name: 'worker', isOptional: true, means: 'the worker', schema: text },
  {
    name: 'trace_id',
    isOptional: true,
    means: 'OpenTelemetry trace, 32 hex digits',
    schema: { type: 'string', pattern: '^[0-9a-f]{32}$' },
  },
  {
    name: 'span_id',
    isOptional: true,
    means: 'OpenTelemetry span, 16 hex digits',
    schema: { type: 'string', pattern: '^[0-9a-f]{16}$' },
  },
  { name: 'msg', isOptional: false, means: 'one sentence for people, on one line', schema: text },
  {
    name: 'data',
    isOptional: false,
    means: 'the particulars, by the event’s own names',
    schema: { type: 'object' },
  },
];

/** JSON Schema (2020-12) of one line of log.ndjson. */
export const logSchema = () => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'One line of log.ndjson',
  type: 'object',
  properties: Object.fromEntries(
    LOG_FIELDS.map(({ name, means, schema }) => [name, { ...schema, description: means }]),
  ),
  required: LOG_FIELDS.filter((field) => !field.isOptional).map((field) => field.name),
  additionalProperties: false,
});
