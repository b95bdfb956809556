/** What a full disk looks like: a host's own trouble, never the fault of what was tried. */
import { SwarmError } from '@swarm/core/errors';
import type { AttemptHost } from '@swarm/core/ports/bench';
import type { SandboxResult } from '@swarm/core/ports/running';
import type { Context } from '../context.ts';

/** Error numbers and sentences of the kernel, as C, Node, Python, Go, Rust and git print them; EDQUOT is a full quota. */
const FULL = /\b(ENOSPC|EDQUOT)\b|no space left on device|disk quota exceeded|os error 28\b/i;

export const isDiskFull = (text: string): boolean => FULL.test(text);

/** Everything that is said of a failure, with what caused it. */
export function detailOf(error: unknown): string {
  if (!(error instanceof SwarmError)) return error instanceof Error ? error.message : String(error);
  return error.problems.map((p) => [p.what, p.why, p.fix].filter(Boolean).join(': ')).join('\n');
}

/**
 * A command that failed and spoke of a full disk, on a disk that is full: its failure says nothing of the work. What
 * it prints alone is not believed, for it may be a test of just that.
 */
export async function isFullAfter(host: AttemptHost, ran: SandboxResult): Promise<boolean> {
  return isDiskFull(ran.output) && (await host.isFull());
}

/** Nothing new starts; once nothing is in flight any more the run is left, and goes on when it is resumed. */
export async function pauseForDisk({ ask }: Pick<Context, 'ask'>, detail: string): Promise<void> {
  await ask({ type: 'pause', reason: 'disk-full', detail });
}

/** As `pauseForDisk`, where no attempt holds the trouble: what was under way is begun again at the next start. */
export async function leaveForDisk(
  { ask, halt }: Pick<Context, 'ask' | 'halt'>,
  detail: string,
): Promise<void> {
  await pauseForDisk({ ask }, detail);
  halt({ why: 'paused', detail });
}
