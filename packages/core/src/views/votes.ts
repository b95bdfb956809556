/** Votes in words. What reviewers wrote is data: made plain first. */
import type { EventOf } from '../events.ts';
import type { AttemptId } from '../model/ids.ts';
import type { Vote, Voted, VoteKind } from '../model/review.ts';
import { plain } from './words.ts';

export const VERDICT_WORDS: Readonly<Record<EventOf<'review.ended'>['verdict'], string>> = {
  approved: 'approved, it may land',
  rejected: 'rejected',
  'no-quorum': 'too few said anything; it needs you',
};

const SAYS: Readonly<Record<VoteKind, string>> = {
  approve: 'approves',
  reject: 'rejects it',
  block: 'blocks it',
  abstain: 'abstains',
};

/** `reviewer-1 approves, 80 % sure (gpt-5)`. */
export function voteText({ reviewer, vote, confidence, by }: Vote): string {
  const sure = vote === 'abstain' ? '' : `, ${Math.round(confidence * 100)} % sure`;
  return `${plain(reviewer, 100)} ${SAYS[vote]}${sure}${by === undefined ? '' : ` (${plain(by, 100)})`}`;
}

/** What reviewers came to on a task, last. */
export interface VotesView {
  readonly attempt: AttemptId;
  readonly verdict: Voted['verdict'];
  readonly votes: readonly Vote[];
}

export const votesView = ({ attempt, verdict, votes }: Voted): VotesView => ({
  attempt,
  verdict,
  votes: votes.map(({ reviewer, vote, confidence, findings, by }) => ({
    reviewer: plain(reviewer, 100),
    vote,
    confidence,
    findings: findings.map((finding) => plain(finding)),
    ...(by !== undefined && { by: plain(by, 100) }),
  })),
});

/** `t1.1 approved, it may land: reviewer-1 approves, 80 % sure; …`. */
export const votesText = ({ attempt, verdict, votes }: VotesView): string =>
  `${attempt} ${VERDICT_WORDS[verdict]}: ${votes.map(voteText).join('; ')}`;
