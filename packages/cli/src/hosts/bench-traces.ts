/** Traces of what a host does: programs it starts go on with the run's own trace, whether or not the host has a collector. */
import type { Sandbox } from '@swarm/core/ports/running';
import { mapSandbox } from '@swarm/sandbox';
import { beginHostSpan } from '@swarm/telemetry';
import { systemClock } from '../running/clock.ts';
import type { HostTracing } from '../running/tracing.ts';

export class BenchTraces {
  readonly tracer: HostTracing['tracer'];
  readonly #host: string;
  readonly #now = new Map<string, string>();

  constructor(host: string, tracer: HostTracing['tracer']) {
    this.#host = host;
    this.tracer = tracer;
  }

  /** @returns what is called when it is over. */
  begin(bench: string, op: string, traceparent: string): () => void {
    const atMs = systemClock.now();
    const span =
      this.tracer && beginHostSpan(this.tracer, { host: this.#host, bench, op, traceparent, atMs });
    const own = span?.traceparent ?? traceparent;
    this.#now.set(bench, own);
    return () => {
      span?.end(systemClock.now());
      if (this.#now.get(bench) === own) this.#now.delete(bench);
    };
  }

  /** @param sandbox whose commands are named by what they work for: `t12.2`, `pregate-t12.2`. */
  over(sandbox: Sandbox): Sandbox {
    return mapSandbox(sandbox, {
      command: (command) => {
        const traceparent = this.#now.get(benchOf(command.name));
        return traceparent === undefined
          ? command
          : { ...command, env: { TRACEPARENT: traceparent, ...command.env } };
      },
    });
  }
}

const benchOf = (name: string): string => /t\d+\.\d+$/.exec(name)?.[0] ?? name;
