export { SecretBook } from './book.ts';
export { renderLogDocs } from './docs.ts';
export { makeFinder } from './find.ts';
export type { KnownSecret } from './forms.ts';
export { beginHostSpan, type HostSpan } from './host-spans.ts';
export { LOG_LINE_BYTES_MAX } from './line.ts';
export { createLog, type LogOptions, type RunLog } from './log.ts';
export type { FollowedRun, Metrics, MetricsOptions } from './metrics/metrics.ts';
export { singleLine } from './plain.ts';
export {
  type FollowOptions,
  followLog,
  type LogFilter,
  logFrom,
  type ReadOptions,
  readLog,
} from './read-log.ts';
export { makeRedactor, type OnTakenOut, REDACTED, type Redactor } from './redact.ts';
export { allowProblem } from './rules/allow.ts';
export { RULE_NAMES } from './rules/names.ts';
export { createSecretRules } from './rules/rules.ts';
export { LOG_FIELDS, type LogField, logSchema } from './schema.ts';
export { createSpans, type SpanIds, type SpanOptions, type Spans } from './spans.ts';
export { headerSecrets, type TracesWanted, tracesWanted, wantsContent } from './tracing.ts';
