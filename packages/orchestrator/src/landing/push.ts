/** A target at a remote: a push that takes its time is told, and so is a remote that does not answer, or is gone. */
import { SwarmError } from '@swarm/core/errors';
import type { CommitId, LandingId, TaskId } from '@swarm/core/model/ids';
import type { Candidate } from '@swarm/core/model/landing';
import type { PauseReason, Request } from '@swarm/core/model/request';
import type { Hub, PublishOutcome } from '@swarm/core/ports/git';
import type { Context } from '../context.ts';

/** When a push is first called slow, ms; told again after twice as long, and so on. */
const SLOW_MS = 5_000;

type What = { readonly landings: readonly LandingId[] } | { readonly undoOf: readonly TaskId[] };

function nameOf(what: What): string {
  if ('undoOf' in what) return `the undo of ${what.undoOf.join(', ')}`;
  const { landings } = what;
  return landings.length === 1 ? landings[0]! : `${landings[0]} to ${landings.at(-1)}`;
}

/** Publishes to wherever the run lands. Until a remote has answered nothing is called landed, however long it takes. */
export async function publish(
  { ports, state }: Context<'clock' | 'hub' | 'log'>,
  what: What,
  candidate: Candidate,
): Promise<PublishOutcome> {
  const { remote } = state.run.request;
  if (remote === undefined) return ports.hub.publish(candidate);
  const { clock, log } = ports;
  const startedAt = clock.monotonic();
  const name = nameOf(what);
  const told = 'landings' in what ? { landing: what.landings.at(-1), landings: what.landings.length } : what;
  const data = { ...told, remote, commit: candidate.commit };
  let cancel: () => void = () => undefined;
  const wait = (ms: number): void => {
    cancel = clock.after(ms, () => {
      const waited = Math.round((clock.monotonic() - startedAt) / 1000);
      const behind = `${remote} has not answered the push of ${name} for ${waited} s`;
      log.write('push.waiting', { msg: `${behind}; ${state.queue.size} wait to land`, data });
      wait(2 * ms);
    });
  };
  wait(SLOW_MS);
  try {
    const outcome = await ports.hub.publish(candidate);
    const durationMs = Math.round(clock.monotonic() - startedAt);
    const msg = `${remote} answered the push of ${name} in ${durationMs} ms: ${outcome.kind}`;
    log.write('push.ended', { msg, data: { ...data, outcome: outcome.kind, durationMs } });
    return outcome;
  } finally {
    cancel();
  }
}

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
