/** Where a run's spans go: to the tracer the operator loaded before us, else to the collector their environment names. */
import type { RunId } from '@swarm/core/model/ids';
import { createSpans, type Redactor, type Spans, tracesWanted, wantsContent } from '@swarm/telemetry';
import type { Environment } from '../finding/paths.ts';
import { systemClock } from './clock.ts';

export interface RunTracing {
  readonly spans?: Spans;
  /** Why there are none though they were asked for. */
  readonly problem?: string;
  /** Ends every span and sends what is left, within two seconds. Why something was not sent; else undefined. */
  end(): Promise<string | undefined>;
}

export interface HostTracing {
  /** Undefined: the host's environment names no collector. */
  readonly tracer?: import('@opentelemetry/api').Tracer;
  readonly problem?: string;
  end(): Promise<string | undefined>;
}

/** The same for a host, whose spans belong to the traces of the runs it works for. */
export async function traceHost(env: Environment, version: string): Promise<HostTracing> {
  const nothing = { end: async () => undefined };
  const wanted = tracesWanted(env);
  if (wanted.kind === 'none') return nothing;
  if (wanted.kind === 'refused') return { ...nothing, problem: wanted.why };
  try {
    const { openTracing } = await import('@swarm/telemetry/otlp');
    return openTracing(version);
  } catch (error) {
    return { ...nothing, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** Nothing that could send spans is loaded unless it is asked for. Never rejects: no trace is worth a run. */
export async function traceRun(ask: {
  readonly run: RunId;
  readonly env: Environment;
  readonly version: string;
  readonly redactor: Redactor;
}): Promise<RunTracing> {
  const { run, env, version, redactor } = ask;
  const options = { redactor, parent: env.TRACEPARENT, hasContent: wantsContent(env) };
  const loaded = createSpans(run, systemClock.now(), options);
  if (loaded) return { spans: loaded, end: async () => void loaded.end(systemClock.now()) };
  const wanted = tracesWanted(env);
  if (wanted.kind === 'none') return { end: async () => undefined };
  if (wanted.kind === 'refused') return { problem: wanted.why, end: async () => undefined };
  try {
    const { openTracing } = await import('@swarm/telemetry/otlp');
    const tracing = openTracing(version);
    const spans = createSpans(run, systemClock.now(), { ...options, tracer: tracing.tracer });
    return {
      ...(spans && { spans }),
      end: () => {
        spans?.end(systemClock.now());
        return tracing.end();
      },
    };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { problem, end: async () => undefined };
  }
}
