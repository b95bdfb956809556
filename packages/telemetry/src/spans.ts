/**
 * Spans of a run, drawn from the same lines the log is made of: the run, and in it iterations, attempts, landings,
 * checks, sweeps and calls to models. Without an OpenTelemetry SDK in the process there is nothing to draw on, and
 * nothing is kept.
 */
import {
  type Attributes,
  type Context,
  context,
  isSpanContextValid,
  type Span,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { LogEventName, LogFields } from '@swarm/core/log-events';

export interface SpanIds {
  readonly trace_id: string;
  readonly span_id: string;
}

export interface Spans {
  /** Begins and ends what the line says began and ended; the ids of the span it belongs to. */
  follow(name: LogEventName, fields: LogFields, atMs: number): SpanIds;
  /**
   * For a child's TRACEPARENT (W3C Trace Context, level 1): the span of what it works for, or the run's.
   * @param child as the sandbox is told: `t12.2`, `pregate-t12.2`, `gate-l7`.
   */
  traceparent(child: string): string;
  /** Ends what is still open. */
  end(atMs: number): void;
}

/** Undefined without an SDK: asked once, so that a line costs nothing then. */
export function createSpans(
  run: string,
  atMs: number,
  tracer: Tracer = trace.getTracer('swarm'),
): Spans | undefined {
  const root = tracer.startSpan('swarm.run', { startTime: atMs, attributes: { 'swarm.run': run } });
  if (root.isRecording() && isSpanContextValid(root.spanContext())) return new RunSpans(tracer, root);
  root.end();
  return undefined;
}

interface Began {
  readonly kind: string;
  /** What tells it from others of its kind. */
  readonly key: unknown;
}
/** `passing`: it is told when it is over, with its length. */
type Edge =
  | (Began & { readonly edge: 'begins' | 'ends' })
  | { readonly edge: 'passing'; readonly kind: string; readonly ms: unknown };

class RunSpans implements Spans {
  readonly #tracer: Tracer;
  readonly #root: Span;
  readonly #inRun: Context;
  readonly #open = new Map<string, Span>();

  constructor(tracer: Tracer, root: Span) {
    this.#tracer = tracer;
    this.#root = root;
    this.#inRun = trace.setSpan(context.active(), root);
  }

  follow(name: LogEventName, fields: LogFields, atMs: number): SpanIds {
    const edge = edgeOf(name, fields);
    if (edge?.edge === 'begins') return this.#begin(edge, fields, atMs);
    if (edge?.edge === 'ends') return this.#end(edge, name, fields, atMs);
    if (edge?.edge === 'passing') return this.#pass(edge, name, fields, atMs);
    return idsOf(this.#ownerOf(fields));
  }

  traceparent(child: string): string {
    const id = child.replace(/^[a-z]+-/, '');
    const { traceId, spanId, traceFlags } = this.#ownerOf({
      attempt: id,
      data: { landing: id },
    }).spanContext();
    return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  }

  end(atMs: number): void {
    for (const span of this.#open.values()) span.end(atMs);
    this.#open.clear();
    this.#root.end(atMs);
  }

  #begin({ kind, key }: Began, fields: LogFields, atMs: number): SpanIds {
    const options = { startTime: atMs, attributes: attributesOf(fields) };
    const span = this.#tracer.startSpan(`swarm.${kind}`, options, this.#inRun);
    this.#open.get(`${kind} ${key}`)?.end(atMs);
    this.#open.set(`${kind} ${key}`, span);
    return idsOf(span);
  }

  /** An end whose beginning was told to another process has no span to end. */
  #end({ kind, key }: Began, name: LogEventName, fields: LogFields, atMs: number): SpanIds {
    const span = this.#open.get(`${kind} ${key}`);
    if (!span) return idsOf(this.#root);
    this.#open.delete(`${kind} ${key}`);
    close(span, name, fields, atMs);
    return idsOf(span);
  }

  #pass(
    { kind, ms }: { readonly kind: string; readonly ms: unknown },
    name: LogEventName,
    fields: LogFields,
    atMs: number,
  ): SpanIds {
    const owner = trace.setSpan(this.#inRun, this.#ownerOf(fields));
    const startTime = atMs - (typeof ms === 'number' ? ms : 0);
    const span = this.#tracer.startSpan(`swarm.${kind}`, { startTime }, owner);
    close(span, name, fields, atMs);
    return idsOf(span);
  }

  #ownerOf({
    attempt,
    data,
  }: {
    readonly attempt?: string | undefined;
    readonly data?: LogFields['data'];
  }): Span {
    const byAttempt = attempt !== undefined && this.#open.get(`attempt ${attempt}`);
    return byAttempt || this.#open.get(`landing ${data?.landing}`) || this.#root;
  }
}

function edgeOf(name: LogEventName, { attempt, data }: LogFields): Edge | undefined {
  switch (name) {
    case 'iteration.started':
      return { edge: 'begins', kind: 'iteration', key: data?.iteration };
    case 'iteration.ended':
      return { edge: 'ends', kind: 'iteration', key: data?.iteration };
    case 'attempt.started':
      return { edge: 'begins', kind: 'attempt', key: attempt };
    case 'attempt.ended':
      return { edge: 'ends', kind: 'attempt', key: attempt };
    case 'landing.started':
      return { edge: 'begins', kind: 'landing', key: data?.landing };
    case 'landing.landed':
    case 'landing.dropped':
      return { edge: 'ends', kind: 'landing', key: data?.landing };
    case 'landing.rejected':
      return data?.landing === undefined ? undefined : { edge: 'ends', kind: 'landing', key: data.landing };
    case 'checks.started':
      return { edge: 'begins', kind: 'checks', key: '' };
    case 'checks.ended':
      return { edge: 'ends', kind: 'checks', key: '' };
    case 'rechecks.started':
      return { edge: 'begins', kind: 'checks', key: 'rechecks' };
    case 'rechecks.ended':
      return { edge: 'ends', kind: 'checks', key: 'rechecks' };
    case 'model.called':
    case 'model.failed':
      return { edge: 'passing', kind: 'model', ms: data?.ms };
    case 'sweep.ended':
      return { edge: 'passing', kind: 'sweep', ms: data?.durationMs };
    default:
      return undefined;
  }
}

function close(span: Span, name: LogEventName, fields: LogFields, atMs: number): void {
  span.setAttributes(attributesOf(fields));
  if (FAILURES.has(name) || fields.level === 'error')
    span.setStatus({ code: SpanStatusCode.ERROR, message: fields.msg.slice(0, 200) });
  span.end(atMs);
}
const FAILURES: ReadonlySet<LogEventName> = new Set(['landing.rejected', 'model.failed']);

/** Ids, words and numbers; texts that agents and models wrote stay in the log. */
const TOLD = [
  'iteration',
  'reason',
  'outcome',
  'landing',
  'worker',
  'role',
  'model',
  'endpoint',
  'base',
] as const;
const USED = ['calls', 'inputTokens', 'outputTokens', 'costUsd'] as const;

function attributesOf({ task, attempt, worker, data = {} }: LogFields): Attributes {
  const told = TOLD.flatMap((key) => attribute(key, data[key]));
  const usage = (data.usage ?? {}) as Readonly<Record<string, unknown>>;
  const used = USED.flatMap((key) => attribute(key, usage[key]));
  return Object.fromEntries([
    ...attribute('task', task),
    ...attribute('attempt', attempt),
    ...attribute('worker', worker),
    ...told,
    ...used,
  ]);
}

const attribute = (key: string, value: unknown): [string, string | number][] =>
  typeof value === 'string' || typeof value === 'number' ? [[`swarm.${key}`, value]] : [];

function idsOf(span: Span): SpanIds {
  const { traceId, spanId } = span.spanContext();
  return { trace_id: traceId, span_id: spanId };
}
