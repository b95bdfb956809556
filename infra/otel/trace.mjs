// Loaded before swarm: NODE_OPTIONS="--import /path/to/trace.mjs". Sends spans to the OTLP/HTTP collector named by
// OTEL_EXPORTER_OTLP_ENDPOINT, http://localhost:4318 when it is not set.
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'swarm' }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
provider.register();
// A run ends by itself: what is not sent yet is sent then.
process.on('beforeExit', () => provider.forceFlush());
