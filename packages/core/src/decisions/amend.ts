/** The request is changed: in words that the planner reads next, or together with the plan that follows from them. */
import type { Command } from '../commands.ts';
import { type Refusal, refuse } from '../errors.ts';
import type { Event } from '../events.ts';
import { fold } from '../fold.ts';
import { copyState } from '../rules/copy-state.ts';
import type { OpenedState } from '../state.ts';
import { acceptTasks } from './accept.ts';
import { decideTasks } from './tasks.ts';

type Amend = Extract<Command, { type: 'amend' }>;

/**
 * The words and the whole plan are one decision: a crash leaves all of it or nothing. What cannot be taken any more, as
 * the run went on while a person read it, is refused by name, and the rest goes ahead.
 */
export function amend(s: OpenedState, { text, plan }: Amend): readonly Event[] | Refusal {
  // Accepted, it would be on record and read by nobody.
  if (s.run.request.mode !== 'planner')
    return refuse('illegal-move', 'this run has no planner: nobody would read it');
  if (!plan) return [{ type: 'request.amended', text }];
  const tried = copyState(s);
  const events: Event[] = [];
  const take = (more: readonly Event[]): void => {
    if (more.length === 0) return;
    events.push(...more);
    fold(tried, { seq: tried.seq + 1, at: tried.at, cause: 'amend', events: more });
  };
  take([{ type: 'request.amended', text, isPlanned: true, ...(plan.isDone && { isDone: true }) }]);
  const { iteration } = s.planning;
  for (const draft of plan.drafts) {
    const from = { by: 'planner', iteration } as const;
    const answer = acceptTasks(tried, { type: 'acceptTasks', drafts: [draft], from, eachAlone: true });
    take('kind' in answer ? [refusedTask(draft.label, answer.detail)] : answer);
  }
  for (const label of plan.cancel) {
    const answer = decideTasks(tried, { type: 'cancelLabel', label, reason: 'the request was changed' });
    take('kind' in answer ? [refusedTask(`cancel ${label}`, answer.detail)] : answer);
  }
  return events;
}

const refusedTask = (label: string, problem: string): Event => ({ type: 'task.refused', label, problem });
