/**
 * What an attempt that came to its own end amounts to: what it says of itself, beside what git and the task's own
 * checks say. Nobody's word alone ends a task. A table over status, change, earlier work and proof.
 */
import type { EndingReason } from '../model/attempt.ts';
import type { HandoffStatus } from '../model/handoff.ts';
import type { TaskKind } from '../model/task.ts';

export interface HandoffFacts {
  readonly kind: TaskKind;
  /** Undefined: it said nothing. */
  readonly status: HandoffStatus | undefined;
  /** Its commit differs from the base. */
  readonly hasChange: boolean;
  /** What became of the earlier commit of the task that it went on from; `none`: it began afresh. */
  readonly earlier: 'none' | 'kept' | 'gone';
}

/**
 * Of the task's `verify`, run in a clean checkout of the commit, or, where nothing was changed, of the base. Without a
 * `verify` the gate stands for it on the base. `none`: neither is there.
 */
export type Proof = 'passed' | 'failed' | 'none';

/** Only then does it matter what the checks say. */
export const needsProof = (facts: HandoffFacts): boolean =>
  facts.kind === 'change' && (facts.hasChange || isClaimedDone(facts));

const isClaimedDone = ({ status, earlier }: HandoffFacts): boolean =>
  status === 'already_done' && earlier !== 'gone';

export function endingOf(facts: HandoffFacts, proof: Proof): EndingReason {
  const { kind, status, hasChange, earlier } = facts;
  if (status === 'blocked') return 'agent-blocked';
  if (status === 'failed') return 'agent-failed';
  if (kind === 'answer') return status === undefined ? 'no-change' : 'answered';
  if (hasChange) return proof === 'failed' ? 'verify-failed' : 'handed-in';
  if (earlier === 'gone') return 'work-dropped';
  return isClaimedDone(facts) && proof === 'passed' ? 'unneeded' : 'no-change';
}

/** For people and for the next attempt. */
export function whyNoChange({ kind, status }: HandoffFacts, proof: Proof): string {
  if (kind === 'answer') return 'an answer was asked for, and none was handed in';
  switch (status) {
    case 'already_done':
      return proof === 'failed'
        ? 'it changed nothing and says that the task is done already, and its check fails on the base'
        : 'it changed nothing and says that the task is done already, and there is no check that could show it';
    case undefined:
      return 'it changed nothing and said nothing; `already_done` is the word for a task that is done already';
    default:
      return `it changed nothing and handed in as ${status}; \`already_done\` is the word for a task that is done already`;
  }
}
