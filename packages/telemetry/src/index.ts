export { renderLogDocs } from './docs.ts';
export { type KnownSecret, makeFinder } from './find.ts';
export { LOG_LINE_BYTES_MAX } from './line.ts';
export { createLog, type LogOptions, type RunLog } from './log.ts';
export { singleLine } from './plain.ts';
export { type FollowOptions, followLog, type LogFilter, type ReadOptions, readLog } from './read-log.ts';
export { makeRedactor, REDACTED, type Redactor } from './redact.ts';
export { LOG_FIELDS, type LogField, logSchema } from './schema.ts';
export { createSpans, type SpanIds, type Spans } from './spans.ts';
