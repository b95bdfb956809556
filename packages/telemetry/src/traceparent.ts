/** W3C Trace Context, level 1: the header by which one program goes on with the trace of another. */
import {
  type Context,
  context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type SpanContext,
  TraceFlags,
  trace,
} from '@opentelemetry/api';

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/;

/** What is no such header is as if there were none: then it is whatever the operator's own tracer is in. */
export function parentContext(header: string | undefined): Context {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(header?.slice(0, 200) ?? '') ?? [];
  if (traceId === undefined) return context.active();
  const traceFlags = Number.parseInt(flags!, 16) & TraceFlags.SAMPLED;
  const spanContext = { traceId, spanId: spanId!, traceFlags, isRemote: true };
  return isSpanContextValid(spanContext) ? trace.setSpanContext(ROOT_CONTEXT, spanContext) : context.active();
}

export const traceparentOf = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
