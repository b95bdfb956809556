/** Several that tried one task, and which of them was taken. */
import type { ContestEvent } from '../contest-events.ts';
import { lostTask, pendingTask, pickedTask } from '../model/evolve-task.ts';
import type { TaskId } from '../model/ids.ts';
import { type Contest, emptySubplan, type Subplan } from '../model/plan.ts';
import type { Task } from '../model/task.ts';
import type { State } from '../state.ts';
import type { FoldsOf } from './folds.ts';
import { damaged, knownTask } from './known.ts';
import { move } from './moves.ts';
import { tellOwner } from './news.ts';

export const CONTEST_FOLDS: FoldsOf<ContestEvent> = {
  'contest.decided'(s, e, at) {
    const { winner, why, lost } = e;
    const plan = knownContest(s, e.task);
    plan.contest = { ...plan.contest, picked: { winner, why, lost } };
    for (const loser of lost) put(s, lostTask(knownTask(s, loser.task), winner, loser.why, at));
    put(s, pickedTask(knownTask(s, winner)));
  },
  'contest.failed'(s, e) {
    const plan = knownContest(s, e.task);
    plan.contest = { ...plan.contest, rounds: e.round };
    const whole = knownTask(s, e.task);
    const { setback } = knownTask(s, e.closest);
    s.tasks.set(e.task, { ...whole, counted: whole.counted + 1, ...(setback && { setback }) });
    for (const id of e.again) {
      const task = pendingTask(knownTask(s, id));
      move(s, { ...task, forgiven: task.counted });
    }
  },
  'contest.clipped'(s, e) {
    const { task, asked, allowed } = e;
    tellOwner(s, task, { kind: 'clipped', task, asked, allowed });
  },
};

/** Those that try it come with the same entry. */
export const contestPlan = (s: State, task: TaskId): Subplan => ({
  ...emptySubplan(),
  iteration: s.plans.get(task)?.iteration ?? 0,
  saidDone: true,
  contest: { rounds: 0 },
});

/** What was said of the task before they were is for each of them. */
export function withWordsOfWhole(s: State, task: Task): Task {
  if (task.source.by !== 'candidates') return task;
  const { hint, notes, priority } = knownTask(s, task.source.parent);
  return {
    ...task,
    ...(hint !== undefined && { hint }),
    ...(notes && { notes }),
    ...(priority !== undefined && { priority }),
  };
}

function knownContest(s: State, id: TaskId): Subplan & { contest: Contest } {
  const plan = s.plans.get(id);
  if (plan?.contest) return plan as Subplan & { contest: Contest };
  throw damaged(`${id} is tried by one`);
}

/** One that ended for good before keeps its state. */
function put(s: State, next: Task): void {
  if (knownTask(s, next.id).state === next.state) s.tasks.set(next.id, next);
  else move(s, next);
}
