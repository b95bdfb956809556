/** Laws of votes: on what lands, by those who were asked, and each once. */
import type { CommitId } from '@swarm/core/model/ids';
import type { LandingMember } from '@swarm/core/model/landing';
import { linesChanged } from '../twins/objects.ts';
import type { Law, Look } from './law.ts';
import { countVotes } from './vote-ledger.ts';

/** A vote counts on the very change that is voted on, from somebody who was asked and has not voted. */
const votesOnWhatIsAsked: Law = (e, { before }) => {
  if (e.type !== 'review.given') return [];
  const ballot = before.votes.open.get(e.attempt);
  if (!ballot) return [`votes: ${e.reviewer} votes on ${e.attempt}, and nobody asks`];
  return [
    ...(ballot.commit === e.commit ? [] : [`votes: a vote on ${e.commit} counts for ${ballot.commit}`]),
    ...(ballot.reviewers.includes(e.reviewer) ? [] : [`votes: ${e.reviewer} votes, and was not asked`]),
    ...(ballot.votes.has(e.reviewer) ? [`votes: ${e.reviewer} votes twice on ${e.attempt}`] : []),
  ];
};

const countsThem: Law = (e, { before, story }) => {
  if (e.type !== 'review.ended') return [];
  const ballot = before.votes.open.get(e.attempt);
  const verdict = ballot && countVotes(ballot, story.features.review!);
  return verdict === e.verdict ? [] : [`votes: ${e.attempt} is ${e.verdict}, and the votes say ${verdict}`];
};

/** Nothing becomes the target without votes for the change it makes there. */
const landsWhatWasVotedFor: Law = (e, look) => {
  if (!look.story.features.review) return [];
  if (e.type === 'landing.started' || e.type === 'landing.landed')
    return e.members.flatMap((member) => unseen(member, look));
  if (e.type !== 'landing.found') return [];
  // Published before it was recorded: what it was made of was decided then.
  return look.before.votes.everApproved.has(e.attempt)
    ? []
    : [`votes: ${e.attempt} is on the target, and nobody voted for it`];
};

function unseen({ attempt, commit }: LandingMember, { before, world }: Look): readonly string[] {
  const voted = before.votes.approved.get(attempt);
  if (voted === undefined) return [`votes: ${attempt} is to land, and nobody voted for it`];
  if (voted === commit) return [];
  const { objects } = world;
  const parentOf = (id: CommitId): CommitId => before.votes.bases.get(id) ?? objects.get(id).parents[0]!;
  const changed = (id: CommitId): string => linesChanged(objects.treeOf(parentOf(id)), objects.treeOf(id));
  return changed(voted) === changed(commit)
    ? []
    : [`votes: ${attempt} lands as ${commit.slice(0, 8)}, which makes another change than was voted on`];
}

export const REVIEW_LAWS: readonly Law[] = [votesOnWhatIsAsked, countsThem, landsWhatWasVotedFor];
