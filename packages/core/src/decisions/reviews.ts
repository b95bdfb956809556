/** Laws of votes: on one change, by those who were asked, each once; what they come to follows in the same decision. */
import type { Command } from '../commands.ts';
import { assertNever, type Refusal, refuse } from '../errors.ts';
import type { Event, EventOf } from '../events.ts';
import { type AttemptId, taskOf } from '../model/ids.ts';
import {
  FINDING_TEXT_MAX,
  FINDINGS_MAX,
  REVIEWERS_MAX,
  REVIEWS_MAX,
  type Subject,
  type Vote,
} from '../model/review.ts';
import type { Task } from '../model/task.ts';
import {
  findingsText,
  isSameChange,
  noQuorumText,
  reviewersAreAsked,
  reviewVerdict,
} from '../rules/reviews.ts';
import type { OpenedState } from '../state.ts';
import { rejection } from './rejection.ts';

type ReviewCommand = Extract<Command, { type: 'askReview' | 'giveReview' }>;

export function decideReviews(s: OpenedState, c: ReviewCommand): readonly Event[] | Refusal {
  return c.type === 'askReview' ? askAnew(s, c) : giveReview(s, c);
}

/** What is asked of reviewers when a change is handed in; nothing where nobody votes. */
export function reviewOf(s: OpenedState, attempt: AttemptId, { commit, patch }: Subject): readonly Event[] {
  const most = Math.min(s.run.request.review?.reviewers ?? 0, REVIEWERS_MAX);
  if (most < 1) return [];
  const reviewers = Array.from({ length: most }, (_, i) => `reviewer-${i + 1}`);
  return [{ type: 'review.asked', attempt, commit, ...(patch && { patch }), reviewers }];
}

/**
 * The target has moved under it, and what would land is another change than was voted on. After so many votes it is made
 * anew on the target as it is: a race that nobody is to blame for.
 */
function askAnew(
  s: OpenedState,
  { attempt, ...subject }: Extract<ReviewCommand, { type: 'askReview' }>,
): readonly Event[] | Refusal {
  const t = s.tasks.get(taskOf(attempt));
  if (!reviewersAreAsked(s)) return refuse('illegal-move', 'this run asks no reviewers');
  if (t?.state !== 'complete' || t.attempt !== attempt)
    return refuse('late', `${attempt} does not wait to land`);
  if (t.approved && isSameChange(t.approved, subject))
    return refuse('illegal-move', 'that is what was voted on');
  if ((t.reviews ?? 0) < REVIEWS_MAX) return reviewOf(s, attempt, subject);
  const detail = `the target changed what it would land after each of ${REVIEWS_MAX} votes`;
  const rejected = { type: 'landing.rejected', attempt, reason: 'review-rejected', detail } as const;
  return rejection(s, t, { ...rejected, files: [], isRace: true });
}

function giveReview(
  s: OpenedState,
  c: Extract<ReviewCommand, { type: 'giveReview' }>,
): readonly Event[] | Refusal {
  const t = s.tasks.get(taskOf(c.attempt));
  if (t?.state !== 'reviewing' || t.attempt !== c.attempt)
    return refuse('late', `${c.attempt} is not under review`);
  const problem = voteProblem(s, t, c);
  if (problem) return problem;
  const { type: _, ...given } = c;
  const findings = c.findings.slice(0, FINDINGS_MAX).map((text) => text.slice(0, FINDING_TEXT_MAX));
  const vote: EventOf<'review.given'> = { type: 'review.given', ...given, findings };
  return [vote, ...afterVote(s, t, [...t.review.votes, vote])];
}

type UnderReview = Task & { readonly state: 'reviewing' };

function voteProblem(
  s: OpenedState,
  { review }: UnderReview,
  c: Extract<ReviewCommand, { type: 'giveReview' }>,
): Refusal | undefined {
  if (c.commit !== review.commit)
    return refuse('late', `the vote is on ${review.commit}, not on ${c.commit}`);
  if (!review.reviewers.includes(c.reviewer)) return refuse('illegal-move', `${c.reviewer} was not asked`);
  if (review.votes.some(({ reviewer }) => reviewer === c.reviewer))
    return refuse('late', `${c.reviewer} has voted before`);
  if (!(c.confidence >= 0 && c.confidence <= 1))
    return refuse('out-of-range', `a vote is 0 to 1 sure, not ${c.confidence}`);
  if (c.slice !== undefined && s.spending.slices.get(c.slice)?.role !== 'reviewer')
    return refuse('late', `slice ${c.slice} is settled`);
  return undefined;
}

function afterVote(s: OpenedState, t: UnderReview, votes: readonly Vote[]): readonly Event[] {
  const { attempt, review } = t;
  const verdict = reviewVerdict(s.run.request.review!, review.reviewers, votes);
  const ended = (as: EventOf<'review.ended'>['verdict']): Event => ({
    type: 'review.ended',
    attempt,
    commit: review.commit,
    verdict: as,
  });
  const rejected = { type: 'landing.rejected', attempt, files: [] } as const;
  switch (verdict) {
    case 'open':
      return [];
    case 'approved':
      return [ended(verdict)];
    case 'rejected': {
      const detail = findingsText(votes);
      return [ended(verdict), ...rejection(s, t, { ...rejected, reason: 'review-rejected', detail })];
    }
    case 'no-quorum': {
      const detail = noQuorumText(s.run.request.review!, review.reviewers, votes);
      return [ended(verdict), ...rejection(s, t, { ...rejected, reason: 'no-quorum', detail })];
    }
    default:
      return assertNever(verdict);
  }
}
