import type { Event, EventOf } from '../events.ts';
import { REJECTIONS } from '../model/landing.ts';
import type { Task } from '../model/task.ts';
import { taskSpent } from '../rules/budget.ts';
import { mayRetryRejected } from '../rules/policy.ts';
import type { OpenedState } from '../state.ts';
import { failDependents, failOrphan } from './ends.ts';

/** Returns the rejection and what follows: another attempt, or the end of the task and of those that depend on it. */
export function rejection(s: OpenedState, t: Task, rejected: EventOf<'landing.rejected'>): readonly Event[] {
  const { attempt, reason, detail } = rejected;
  if (rejected.isThere) return [rejected];
  const spent = taskSpent(s, t);
  if (mayRetryRejected(t, rejected, s.run.request.limits) && spent === undefined)
    return [rejected, ...failOrphan(s, t)];
  return [
    rejected,
    {
      type: 'task.failed',
      task: t.id,
      failure: 'attempts',
      detail: `${attempt} ${REJECTIONS[reason].means}${detail ? `: ${detail}` : ''}${spent === undefined ? '' : `; ${spent}`}`,
    },
    ...failDependents(s, t.id, `${t.id} failed`),
  ];
}
