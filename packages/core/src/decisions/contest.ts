/** Laws of several that try one task: who tries it, and which of them is taken once all have ended. */
import { type Refusal, refuse } from '../errors.ts';
import type { Event } from '../events.ts';
import { attemptId } from '../model/ids.ts';
import type { Task, TaskFailure } from '../model/task.ts';
import { taskSpent } from '../rules/budget.ts';
import { type ContestEnd, contendersFor, contenderTasks } from '../rules/contest.ts';
import type { OpenedState } from '../state.ts';
import { failDependents } from './ends.ts';
import { reviewOf } from './reviews.ts';

/** Nobody plans it, and nobody works on it beside those that try it. */
export function openContest(s: OpenedState, t: Task): readonly Event[] | Refusal {
  const count = contendersFor(s, t);
  if (count === undefined) return refuse('illegal-move', `${t.id} is tried by one`);
  const contenders = contenderTasks(s, t, count).map(({ task, spec, nth }): Event => {
    return { type: 'task.accepted', task, spec, source: { by: 'candidates', parent: t.id, nth } };
  });
  return [{ type: 'task.expanded', task: t.id, by: 'candidates' }, ...contenders];
}

/** What is taken goes the way of every handoff: reviewers are asked about it, and about no other. */
export function endContest(s: OpenedState, t: Task, end: ContestEnd): readonly Event[] {
  if (end.kind === 'decided') {
    const { winner, why, lost } = end;
    const decided: Event = { type: 'contest.decided', task: t.id, winner, why, lost };
    return [decided, ...votesOn(s, s.tasks.get(winner)!)];
  }
  const { closest, again, waiting, detail } = end;
  const round = (s.plans.get(t.id)?.contest?.rounds ?? 0) + 1;
  const failed: Event = { type: 'contest.failed', task: t.id, round, closest, again, detail };
  if (again.length > 0) return [failed];
  const spent = taskSpent(s, t) ?? '';
  return [
    failed,
    ...waiting.map((task): Event => ({ type: 'task.failed', task, failure: 'attempts', detail: spent })),
    { type: 'task.failed', task: t.id, failure: failureOf(s, t), detail },
    ...failDependents(s, t.id, `${t.id} failed`),
  ];
}

function votesOn(s: OpenedState, winner: Task): readonly Event[] {
  if (winner.state !== 'contending') return [];
  const attempt = s.attempts.get(attemptId(winner.id, winner.attempts));
  const change = attempt?.state === 'ended' ? attempt.handoff?.change : undefined;
  return change ? reviewOf(s, winner.attempt, change) : [];
}

/** Where every one of them says that it cannot be done, somebody has to say what is meant. */
function failureOf(s: OpenedState, t: Task): TaskFailure {
  const all = s.plans.get(t.id)!.parts.map((id) => s.tasks.get(id)!);
  const failures = all.flatMap((one) => (one.state === 'failed' ? [one.failure] : []));
  if (failures.length === 0) return 'parts';
  const [first] = failures;
  return first !== undefined && failures.every((one) => one === first) ? first : 'attempts';
}
