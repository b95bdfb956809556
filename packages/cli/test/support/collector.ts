/** An OTLP collector made by others, in this process: the spans it was given, as a tree. */
import { createRequire } from 'node:module';
import type { Owner } from './world.ts';

interface Span {
  readonly name: string;
  /** In hex, as OTLP has it in JSON. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes: readonly { readonly key: string; readonly value: Value }[];
}
interface Trace {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Span[] }[] }[];
}
/** It says nothing of its types. */
interface Server {
  readonly httpUrl: URL | string;
  start(): Promise<void>;
  close(): Promise<void>;
}
const { MockOtlpServer } = createRequire(import.meta.url)('@elastic/mockotlpserver') as {
  readonly MockOtlpServer: new (options: object) => Server;
};

export interface Received {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface Collector {
  readonly url: string;
  readonly spans: readonly Received[];
}

interface Value {
  readonly stringValue?: string;
  readonly intValue?: unknown;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
}

export async function startCollector(t: Owner): Promise<Collector> {
  const spans: Received[] = [];
  const server = new MockOtlpServer({
    logLevel: 'fatal',
    services: ['http'],
    httpHostname: '127.0.0.1',
    httpPort: 0,
    onTrace: (trace: Trace) => {
      for (const resource of trace.resourceSpans)
        for (const scope of resource.scopeSpans) spans.push(...scope.spans.map(received));
    },
  });
  await server.start();
  t.after(() => server.close());
  return { url: new URL(server.httpUrl).origin, spans };
}

function received(span: Span): Received {
  return {
    name: span.name,
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId || undefined,
    attributes: Object.fromEntries(
      span.attributes.map(({ key, value: v }) => [
        key,
        v.stringValue ?? v.doubleValue ?? v.boolValue ?? v.intValue,
      ]),
    ),
  };
}
