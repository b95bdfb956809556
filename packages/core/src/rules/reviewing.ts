/** Who is to look at what: reviewers that were asked and have not voted, and when one may begin. */
import type { AttemptId, CommitId, TaskId } from '../model/ids.ts';
import type { OpenedState, State } from '../state.ts';
import { isRoleSpent, reservationFor } from './budget.ts';

export interface VoteWanted {
  readonly task: TaskId;
  readonly attempt: AttemptId;
  readonly commit: CommitId;
  readonly reviewer: string;
}

/** The longest asked first. After a crash the same, but for votes that were given. */
export function votesWanted(s: State): readonly VoteWanted[] {
  return [...s.byState.reviewing].flatMap((id) => {
    const task = s.tasks.get(id)!;
    if (task.state !== 'reviewing') return [];
    const { commit, reviewers, votes } = task.review;
    const open = reviewers.filter((one) => !votes.some(({ reviewer }) => reviewer === one));
    return open.map((reviewer) => ({ task: id, attempt: task.attempt, commit, reviewer }));
  });
}

/**
 * What a reviewer may begin with: `wait` while nothing new starts, or while what others have set aside may come back: a
 * run whose budget is reached ends with what waits for votes as it is. `nothing` where the reviewers’ own part of the
 * budget is used up: it has nothing to say.
 */
export function reviewerMay(s: OpenedState): 'begin' | 'wait' | 'nothing' {
  if (s.paused || s.stopped || s.spending.reached) return 'wait';
  if (reservationFor(s, 'reviewer')) return 'begin';
  return isRoleSpent(s, 'reviewer') ? 'nothing' : 'wait';
}

/** The name under which an agent that votes asks its model and keeps its transcript: `t3.1-reviewer-2`. */
export const reviewerName = (attempt: AttemptId, reviewer: string): AttemptId =>
  `${attempt}-${reviewer}` as AttemptId;

/** @param name one that `reviewerName` gave. */
export const attemptVotedOn = (name: string): AttemptId => name.slice(0, name.indexOf('-')) as AttemptId;

const REVIEWER = /^t[1-9]\d{0,8}\.[1-9]\d{0,3}-reviewer-[1-9]$/;
export const isReviewerName = (text: string): boolean => REVIEWER.test(text);
