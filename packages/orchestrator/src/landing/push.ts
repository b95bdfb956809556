/** A target at a remote: what it means when it does not answer, or is gone. */
import { type CommitId, type Hub, type PauseReason, type Request, SwarmError } from '@swarm/core';

export type Look =
  | { readonly kind: 'there'; readonly head: CommitId }
  | { readonly kind: 'gone' }
  | { readonly kind: 'silent'; readonly why: string };

/** A remote that does not answer is an outcome: what waits to land waits, and the operator is told. */
export async function lookAt(hub: Hub): Promise<Look> {
  try {
    const head = await hub.targetHead();
    return head ? { kind: 'there', head } : { kind: 'gone' };
  } catch (error) {
    const problem = error instanceof SwarmError ? error.problems[0] : undefined;
    if (problem?.code !== 'SW0703') throw error;
    return { kind: 'silent', why: [problem.what, problem.why, problem.fix].filter(Boolean).join('; ') };
  }
}

/** The pause for a target nothing can be landed on now, by its name as the operator knows it. */
export function pauseFor(
  request: Request,
  look: Exclude<Look, { kind: 'there' }>,
): { readonly reason: PauseReason; readonly detail: string } {
  if (look.kind === 'silent') return { reason: 'target-refuses', detail: look.why };
  return { reason: 'target-gone', detail: `${request.remote ?? request.landOn} is gone` };
}
