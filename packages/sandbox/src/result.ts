import type { SandboxResult } from '@swarm/core/ports/running';
import type { Ran } from './process.ts';
import type { SandboxSpec } from './provider.ts';

/** What a process did, as the port tells it: an exit code exists only where the command itself gave one. */
export function resultOf(ran: Ran): SandboxResult {
  return {
    end: ran.end,
    ...(ran.limit && { limit: ran.limit }),
    exitCode: ran.end === 'exited' ? ran.code : undefined,
    output: ran.output,
    durationMs: ran.durationMs,
  };
}

/** Nothing was started, and the output says why. */
export function cannotRun(spec: SandboxSpec, why: string): SandboxResult {
  const line = `cannot run ${spec.argv[0] ?? '(nothing)'}: ${why}`;
  spec.onLine?.('stderr', line);
  return { end: 'cannot-run', exitCode: undefined, output: `${line}\n`, durationMs: 0 };
}
