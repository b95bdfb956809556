/**
 * What votes come to. Each is weighed by how sure its reviewer is, in thousandths, so that nothing hangs on how fractions
 * are rounded. See the table in reviews.test.ts.
 *
 * - `block` is a veto, at once; whoever is not sure at all says nothing, also with a `block`.
 * - Whoever abstains counts as nobody: not for the quorum either. Silence is an abstention.
 * - Nothing but a block is decided before everybody has answered, or a veto could come too late.
 * - A tie rejects: what as many doubt as want is not wanted enough, whatever the threshold.
 */
import type { LandingMember } from '../model/landing.ts';
import type { ReviewRule, ReviewVerdict, Subject, Vote } from '../model/review.ts';
import type { Task } from '../model/task.ts';
import type { OpenedState } from '../state.ts';

export function reviewVerdict(
  { threshold, quorum }: Pick<ReviewRule, 'threshold' | 'quorum'>,
  reviewers: readonly string[],
  votes: readonly Vote[],
): ReviewVerdict {
  const said = votes.filter((vote) => vote.vote !== 'abstain' && weight(vote) > 0);
  if (said.some(({ vote }) => vote === 'block')) return 'rejected';
  if (reviewers.some((one) => !votes.some(({ reviewer }) => reviewer === one))) return 'open';
  if (said.length < Math.max(1, quorum)) return 'no-quorum';
  const yes = sum(said.filter(({ vote }) => vote === 'approve'));
  const all = sum(said);
  const isEnough = yes * 1_000 >= Math.round(threshold * 1_000) * all;
  return isEnough && 2 * yes > all ? 'approved' : 'rejected';
}

const weight = ({ confidence }: Vote): number => Math.round(confidence * 1_000);
const sum = (votes: readonly Vote[]): number => votes.reduce((total, vote) => total + weight(vote), 0);

/** What reviewers found, for whoever goes on from the change. */
export function findingsText(votes: readonly Vote[]): string {
  const against = votes.filter(({ vote }) => vote === 'reject' || vote === 'block');
  const told = against.flatMap(({ reviewer, vote, findings }) =>
    findings.length === 0
      ? [`${reviewer}: ${vote}, with no word why`]
      : findings.map((finding) => `${reviewer}: ${finding}`),
  );
  return told.join('\n');
}

/** Why nobody could decide, for the person who has to: how many said anything, and why the others did not. */
export function noQuorumText(
  { quorum }: Pick<ReviewRule, 'quorum'>,
  reviewers: readonly string[],
  votes: readonly Vote[],
): string {
  const silent = votes.filter((vote) => vote.vote === 'abstain' || weight(vote) === 0);
  const said = votes.length - silent.length;
  const why = silent.map(({ reviewer, vote, findings }) =>
    [`${reviewer} ${vote === 'abstain' ? 'abstains' : 'is not sure at all'}`, ...findings].join(': '),
  );
  return [
    `it needs you: ${said} of ${reviewers.length} reviewers said anything, and ${quorum} must`,
    ...why,
  ].join('\n');
}

/** Whether what would land is what was voted on: that commit, or another that makes the very same change. */
export const isSameChange = (
  voted: Subject,
  { commit, patch }: Pick<LandingMember, 'commit' | 'patch'>,
): boolean => voted.commit === commit || (patch !== undefined && voted.patch === patch);

/** The first member of a landing that reviewers did not see as it would land. */
export const unreviewed = (s: OpenedState, members: readonly LandingMember[]): LandingMember | undefined =>
  reviewersAreAsked(s) ? members.find((m) => !isApproved(s.tasks.get(m.task), m)) : undefined;

export const reviewersAreAsked = (s: OpenedState): boolean => (s.run.request.review?.reviewers ?? 0) > 0;

const isApproved = (t: Task | undefined, member: LandingMember): boolean =>
  t?.state === 'complete' && t.approved !== undefined && isSameChange(t.approved, member);
