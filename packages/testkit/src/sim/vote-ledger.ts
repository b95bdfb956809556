/** Votes, counted once more by code of its own. */
import type { Event, EventOf } from '@swarm/core/events';
import type { AttemptId, CommitId } from '@swarm/core/model/ids';

export interface Ballot {
  readonly commit: CommitId;
  readonly reviewers: readonly string[];
  readonly votes: Map<string, EventOf<'review.given'>>;
}

export class VoteLedger {
  readonly open = new Map<AttemptId, Ballot>();
  /** What was approved, by attempt. */
  readonly approved = new Map<AttemptId, CommitId>();
  readonly everApproved = new Set<AttemptId>();
  /** What each attempt's own commit is held against. */
  readonly bases = new Map<CommitId, CommitId>();

  take(e: Event): void {
    if (e.type === 'attempt.ended' && e.handoff?.change)
      this.bases.set(e.handoff.change.commit, e.handoff.change.base);
    if (e.type === 'review.asked') {
      const { attempt, commit, reviewers } = e;
      this.open.set(attempt, { commit, reviewers, votes: new Map() });
      this.approved.delete(attempt);
    }
    if (e.type === 'review.given') this.open.get(e.attempt)?.votes.set(e.reviewer, e);
    if (e.type !== 'review.ended') return;
    this.open.delete(e.attempt);
    if (e.verdict !== 'approved') return;
    this.approved.set(e.attempt, e.commit);
    this.everApproved.add(e.attempt);
  }
}

/** What these votes come to, by the words of the rule: weighed by confidence, a tie rejects, a block ends it. */
export function countVotes(
  { reviewers, votes }: Ballot,
  { threshold, quorum }: { readonly threshold: number; readonly quorum: number },
): EventOf<'review.ended'>['verdict'] | 'open' {
  const heard = [...votes.values()].filter(({ vote, confidence }) => vote !== 'abstain' && confidence > 0);
  if (heard.some(({ vote }) => vote === 'block')) return 'rejected';
  if (votes.size < reviewers.length) return 'open';
  if (heard.length < quorum) return 'no-quorum';
  let [good, bad] = [0, 0];
  for (const { vote, confidence } of heard) {
    if (vote === 'approve') good += confidence;
    else bad += confidence;
  }
  const part = good / (good + bad);
  return part > 0.5 + TINY && part >= threshold - TINY ? 'approved' : 'rejected';
}

/** Confidences are thousandths: sums that differ by less are the same. */
const TINY = 1e-9;
