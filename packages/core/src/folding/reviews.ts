/** Votes on what was handed in. */
import type { ReviewEvent } from '../events.ts';
import { approvedTask, endedReview, isHandedIn, reviewedTask, votedTask } from '../model/evolve-task.ts';
import { type AttemptId, taskOf } from '../model/ids.ts';
import type { Task } from '../model/task.ts';
import type { State } from '../state.ts';
import type { FoldsOf } from './folds.ts';
import { damaged, knownTask } from './known.ts';
import { move } from './moves.ts';
import { addSpent, closeSlice, noteCalls } from './spending.ts';

export const REVIEW_FOLDS: FoldsOf<ReviewEvent> = {
  'review.asked'(s, e, at) {
    const task = knownTask(s, taskOf(e.attempt));
    if (!isHandedIn(task) || task.attempt !== e.attempt) throw damaged(`${e.attempt} waits for nothing`);
    const next = reviewedTask(task, e, at);
    if (task.state === 'reviewing') s.tasks.set(task.id, next);
    else move(s, next);
  },
  'review.given'(s, e) {
    const { reviewer, vote, confidence, findings, by } = e;
    const task = underReview(s, e.attempt);
    s.tasks.set(task.id, votedTask(task, { reviewer, vote, confidence, findings, ...(by && { by }) }));
    if (e.slice !== undefined) closeSlice(s, e.slice, false);
    addSpent(s, 'reviewer', e.usage);
    noteCalls(s, e.usage);
  },
  'review.ended'(s, e) {
    const task = endedReview(underReview(s, e.attempt), e.verdict);
    if (e.verdict === 'approved') move(s, approvedTask(task));
    else s.tasks.set(task.id, task);
  },
};

function underReview(s: State, attempt: AttemptId): Task & { readonly state: 'reviewing' } {
  const task = knownTask(s, taskOf(attempt));
  if (task.state === 'reviewing' && task.attempt === attempt) return task;
  throw damaged(`${attempt} is not under review`);
}
