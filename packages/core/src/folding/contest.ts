/** Several that tried one task, and which of them was taken. */
import type { ContestEvent } from '../contest-events.ts';
import { lostTask, pendingTask, pickedTask } from '../model/evolve-task.ts';
import { type AttemptId, attemptId, type TaskId } from '../model/ids.ts';
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
    plan.contest = { ...plan.contest, over: lastAttempts(s, plan), picked: { winner, why, lost } };
    for (const loser of lost) put(s, lostTask(knownTask(s, loser.task), winner, loser.why, at));
    put(s, pickedTask(knownTask(s, winner)));
  },
  'contest.failed'(s, e) {
    const plan = knownContest(s, e.task);
    plan.contest = { ...plan.contest, rounds: e.round, over: lastAttempts(s, plan) };
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

/** Those that try it come with the same entry. Others that tried it before are not among them, and are told of. */
export function contestPlan(s: State, task: TaskId): Subplan {
  const before = s.plans.get(task);
  const over = before?.contest ? lastAttempts(s, before) : [];
  return {
    ...emptySubplan(),
    iteration: before?.iteration ?? 0,
    saidDone: true,
    contest: { rounds: 0, ...(over.length > 0 && { over }) },
  };
}

const lastAttempts = (s: State, { parts }: Subplan): readonly AttemptId[] =>
  parts.flatMap((part) => {
    const { attempts } = knownTask(s, part);
    return attempts > 0 ? [attemptId(part, attempts)] : [];
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
