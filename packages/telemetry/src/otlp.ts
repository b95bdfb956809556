/**
 * Sends spans to an OTLP collector over HTTP. Loaded only where the operator's environment asks for it: it costs tens of
 * milliseconds. Where, with which headers and how patiently is said by OpenTelemetry's own variables, which its exporter
 * reads. Nothing that a collector does reaches the run.
 */
import type { Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';

/** Longest wait for a collector at the end of a run. */
export const END_MS = 1_500;

export interface Tracing {
  readonly tracer: Tracer;
  /** Sends what is left. Never rejects, and never takes longer than END_MS. Why something was not sent; else undefined. */
  end(): Promise<string | undefined>;
}

/** @throws what the exporter says of settings that it cannot use. */
export function openTracing(version: string): Tracing {
  const exporter = new OTLPTraceExporter();
  let lost: string | undefined;
  const watched: SpanExporter = {
    export: (spans, done) =>
      exporter.export([...spans], (result) => {
        if (result.code !== 0) lost ??= result.error?.message ?? 'the collector did not take them';
        done(result);
      }),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
  const own = resourceFromAttributes({ 'service.name': 'swarm', 'service.version': version });
  const provider = new TracerProvider({
    // The operator's own OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES come first.
    resource: own.merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor({ exporter: watched })],
  });
  return {
    tracer: provider.getTracer('swarm', version),
    async end() {
      const { promise: late, resolve } = Promise.withResolvers<string>();
      const timer = setTimeout(resolve, END_MS, 'the collector did not answer in time');
      const sent = provider.shutdown().then(
        () => lost,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      return Promise.race([sent, late]).finally(() => clearTimeout(timer));
    },
  };
}
