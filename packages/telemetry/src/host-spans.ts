/** Spans of a host: what it does for a run elsewhere, each under the span of that run's which it is done on behalf of. */
import { isSpanContextValid, type Tracer } from '@opentelemetry/api';
import { parentContext, traceparentOf } from './traceparent.ts';

export interface HostSpan {
  /** For what is started meanwhile. */
  readonly traceparent: string;
  end(atMs: number): void;
}

/** @param op what is done: `open`, `shell`, `agent`, `save`, `close`. */
export function beginHostSpan(
  tracer: Tracer,
  { host, bench, op, traceparent, atMs }: HostSpanAsk,
): HostSpan | undefined {
  const attributes = { 'swarm.host': host, 'swarm.attempt': bench };
  const span = tracer.startSpan(
    `swarm.host.${op}`,
    { startTime: atMs, attributes },
    parentContext(traceparent),
  );
  const context = span.spanContext();
  if (!isSpanContextValid(context)) return undefined;
  return { traceparent: traceparentOf(context), end: (endMs) => span.end(endMs) };
}

export interface HostSpanAsk {
  readonly host: string;
  readonly bench: string;
  readonly op: string;
  readonly traceparent: string;
  readonly atMs: number;
}
