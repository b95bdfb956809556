/** Votes in words. What reviewers wrote is data: made plain first. */
import type { EventOf } from '../events.ts';
import type { VoteKind } from '../model/review.ts';
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

/** `reviewer-1 approves, 80 % sure`. */
export function voteText({ reviewer, vote, confidence }: EventOf<'review.given'>): string {
  const sure = vote === 'abstain' ? '' : `, ${Math.round(confidence * 100)} % sure`;
  return `${plain(reviewer, 100)} ${SAYS[vote]}${sure}`;
}
