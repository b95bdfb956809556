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
