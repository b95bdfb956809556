/**
 * Spans of a run, drawn from the same lines the log is made of: the run, and in it planners with their iterations,
 * attempts with the tools and models they call, landings with gate and push, checks and sweeps. Without a tracer in the
 * process there is nothing to draw on, and nothing is kept.
 */
import {
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { LogEventName, LogFields } from '@swarm/core/log-events';
import { GENAI, OPERATIONS } from './genai.ts';
import { cleanLine } from './plain.ts';
import { makeRedactor, type Redactor } from './redact.ts';
import { attributesOf, type Clean, contentOf, errorOf, genaiOf, kindOf, nameOf } from './span-attributes.ts';
import { type Edge, edgeOf, liveOf, type Place, placesNamed, placesOf } from './span-edges.ts';
import { parentContext, traceparentOf } from './traceparent.ts';

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

export interface SpanOptions {
  readonly tracer?: Tracer | undefined;
  /** The TRACEPARENT that we were started with: the run is part of that trace. */
  readonly parent?: string | undefined;
  /** What must not leave, as for the log. */
  readonly redactor?: Redactor;
  /** What agents and models wrote is told too. */
  readonly hasContent?: boolean;
}

/** Undefined without a tracer that records: asked once, so that a line costs nothing then. */
export function createSpans(run: string, atMs: number, options: SpanOptions = {}): Spans | undefined {
  const { tracer = trace.getTracer('swarm'), parent } = options;
  const attributes = { 'swarm.run': run, [GENAI.operation]: OPERATIONS.workflow };
  const root = tracer.startSpan('swarm.run', { startTime: atMs, attributes }, parentContext(parent));
  if (root.isRecording() && isSpanContextValid(root.spanContext()))
    return new RunSpans(tracer, root, options);
  root.end();
  return undefined;
}

interface Open {
  readonly span: Span;
  /** The prompt that its calls were made with. */
  prompt?: string | undefined;
}

class RunSpans implements Spans {
  readonly #tracer: Tracer;
  readonly #root: Open;
  readonly #open = new Map<string, Open>();
  /** The tool that an attempt's agent is at. */
  readonly #tools = new Map<string, { readonly span: Span; readonly startMs: number }>();
  readonly #clean: Clean;
  readonly #hasContent: boolean;

  constructor(tracer: Tracer, root: Span, { redactor = makeRedactor([]), hasContent = false }: SpanOptions) {
    this.#tracer = tracer;
    this.#root = { span: root };
    this.#clean = (text, max) => cleanLine(text, max, redactor);
    this.#hasContent = hasContent;
  }

  follow(name: LogEventName, fields: LogFields, atMs: number): SpanIds {
    const edge = edgeOf(name, fields);
    this.#endTool(fields, edge, atMs);
    switch (edge?.edge) {
      case 'begins':
        return idsOf(this.#begin(edge, fields, atMs));
      case 'marks':
        return idsOf(this.#mark(edge, fields));
      case 'ends':
        return idsOf(this.#end(edge, name, fields, atMs));
      case 'passing':
        return idsOf(this.#pass(edge, name, fields, atMs));
      case 'tool':
        return idsOf(this.#beginTool(edge.key, fields, atMs));
      case 'run':
        this.#root.span.setAttributes(attributesOf(fields, this.#clean));
        return idsOf(this.#root.span);
      default:
        return idsOf(this.#first(placesOf('line', fields)).span);
    }
  }

  traceparent(child: string): string {
    return traceparentOf(this.#first(placesNamed(child)).span.spanContext());
  }

  end(atMs: number): void {
    for (const { span } of this.#tools.values()) span.end(atMs);
    // What is open longest holds the rest.
    for (const { span } of new Set([...this.#open.values()].reverse())) span.end(atMs);
    this.#tools.clear();
    this.#open.clear();
    this.#root.span.end(atMs);
  }

  #begin(place: Place, fields: LogFields, atMs: number): Span {
    const { kind } = place;
    if (kind === 'iteration') this.#planner(fields, atMs);
    this.#open.get(nameIn(place))?.span.end(atMs);
    const open = {
      span: this.#start(kind, fields, atMs, this.#first(placesOf(kind, fields))),
      prompt: promptOf(fields),
    };
    this.#open.set(nameIn(place), open);
    if (kind === 'iteration') this.#open.set(nameIn({ kind, key: liveOf(fields.data?.owner) }), open);
    return open.span;
  }

  /** There is one span for each planner: from its first iteration until it says that it is done. */
  #planner(fields: LogFields, atMs: number): void {
    const key = typeof fields.data?.owner === 'string' ? fields.data.owner : '';
    const place: Place = { kind: 'planner', key };
    if (this.#open.has(nameIn(place))) return;
    const { data: _, ...about } = fields;
    this.#open.set(nameIn(place), { span: this.#start('planner', about, atMs, this.#root) });
  }

  #mark(place: Place, fields: LogFields): Span {
    const open = this.#open.get(nameIn(place));
    if (!open) return this.#root.span;
    open.prompt = promptOf(fields) ?? open.prompt;
    open.span.setAttributes(attributesOf(fields, this.#clean));
    open.span.setAttributes(genaiOf(place.kind, fields, this.#clean));
    return open.span;
  }

  /** An end whose beginning was told to another process has no span to end. */
  #end(place: Place, name: LogEventName, fields: LogFields, atMs: number): Span {
    const open = this.#open.get(nameIn(place));
    if (!open) return this.#root.span;
    this.#open.delete(nameIn(place));
    this.#close(open.span, place.kind, name, fields, atMs);
    if (place.kind === 'iteration') this.#endIteration(fields, atMs);
    return open.span;
  }

  #endIteration(fields: LogFields, atMs: number): void {
    this.#open.delete(nameIn({ kind: 'iteration', key: liveOf(fields.data?.owner) }));
    if (fields.data?.isDone !== true) return;
    for (const planner of placesOf('iteration', fields)) {
      this.#open.get(nameIn(planner))?.span.end(atMs);
      this.#open.delete(nameIn(planner));
    }
  }

  #pass({ kind, ms }: Edge & { edge: 'passing' }, name: LogEventName, fields: LogFields, atMs: number): Span {
    const owner = this.#first(placesOf('line', fields));
    const span = this.#start(kind, fields, atMs - ms, owner);
    if (kind === 'model' && owner.prompt !== undefined) span.setAttribute(GENAI.promptVersion, owner.prompt);
    this.#close(span, kind, name, fields, atMs);
    return span;
  }

  #beginTool(attempt: string, fields: LogFields, atMs: number): Span {
    const span = this.#start('tool', fields, atMs, this.#first(placesOf('line', fields)));
    if (this.#hasContent) span.setAttributes(contentOf('tool', fields, this.#clean));
    this.#tools.set(attempt, { span, startMs: atMs });
    return span;
  }

  /** A call to the model that is told now began after the tool. */
  #endTool({ attempt }: LogFields, edge: Edge | undefined, atMs: number): void {
    const tool = attempt === undefined ? undefined : this.#tools.get(attempt);
    if (!tool) return;
    const ms = edge?.edge === 'passing' ? edge.ms : 0;
    tool.span.end(Math.max(tool.startMs, atMs - ms));
    this.#tools.delete(attempt!);
  }

  #start(kind: string, fields: LogFields, startTime: number, within: Open): Span {
    const attributes = {
      ...attributesOf(fields, this.#clean),
      ...genaiOf(kind, fields, this.#clean),
    };
    const options = { startTime, attributes, kind: kindOf(kind) };
    return this.#tracer.startSpan(nameOf(kind, fields, this.#clean), options, inside(within.span));
  }

  #close(span: Span, kind: string, name: LogEventName, fields: LogFields, atMs: number): void {
    span.setAttributes(attributesOf(fields, this.#clean));
    if (this.#hasContent) span.setAttributes(contentOf(kind, fields, this.#clean));
    const error = errorOf(name, fields);
    if (error !== undefined) {
      const word = this.#clean(error, 100);
      span.setAttribute(GENAI.errorType, word);
      const message = this.#hasContent ? this.#clean(fields.msg, 200) : word;
      span.setStatus({ code: SpanStatusCode.ERROR, message });
    }
    span.end(atMs);
  }

  #first(places: readonly Place[]): Open {
    for (const place of places) {
      const open = this.#open.get(nameIn(place));
      if (open) return open;
    }
    return this.#root;
  }
}

const nameIn = ({ kind, key }: Place): string => `${kind} ${key}`;
const inside = (span: Span): Context => trace.setSpan(ROOT_CONTEXT, span);

const promptOf = ({ data }: LogFields): string | undefined =>
  typeof data?.promptHash === 'string' ? data.promptHash.slice(0, 100) : undefined;

function idsOf(span: Span): SpanIds {
  const { traceId, spanId } = span.spanContext();
  return { trace_id: traceId, span_id: spanId };
}
