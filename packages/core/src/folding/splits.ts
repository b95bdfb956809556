/** Tasks that are split: into what, and what became of it. */
import type { EventOf, TaskEvent } from '../events.ts';
import { expandedTask, gatheredTask, unsplitTask } from '../model/evolve-task.ts';
import type { TaskId } from '../model/ids.ts';
import { emptySubplan, type Subplan } from '../model/plan.ts';
import { ownerOf, ownersOf } from '../rules/owners.ts';
import type { State } from '../state.ts';
import { contestPlan } from './contest.ts';
import type { FoldsOf } from './folds.ts';
import { knownTask } from './known.ts';
import { move } from './moves.ts';
import { tellOwner } from './news.ts';

type SplitEvent = Extract<TaskEvent, { readonly type: 'task.expanded' | 'task.unsplit' | 'task.gathered' }>;

export const SPLIT_FOLDS: FoldsOf<SplitEvent> = {
  'task.expanded'(s, e, at) {
    move(s, expandedTask(knownTask(s, e.task), at));
    s.plans.set(e.task, planFor(s, e));
  },
  'task.unsplit'(s, e) {
    move(s, unsplitTask(knownTask(s, e.task)));
  },
  'task.gathered'(s, e, at) {
    move(s, gatheredTask(knownTask(s, e.task), e.handoff, at));
    if (e.handoff.status === 'partial') s.saidPartial.add(e.task);
    tellOwner(s, e.task, { kind: 'gathered', task: e.task });
  },
};

function planFor(s: State, { task, by }: EventOf<'task.expanded'>): Subplan {
  if (by === 'candidates') return contestPlan(s, task);
  return by === 'pipeline' ? pipelinePlan(s, task) : anew(s.plans.get(task));
}

function anew(before: Subplan | undefined): Subplan {
  const plan = before ?? emptySubplan();
  return Object.assign(plan, { answers: 0, failuresInRow: 0, isDone: false, saidDone: false });
}

/** Its steps come with the same entry, and are all there is. Steps of a time before are not among them. */
const pipelinePlan = (s: State, task: TaskId): Subplan => ({
  ...emptySubplan(),
  iteration: s.plans.get(task)?.iteration ?? 0,
  saidDone: true,
  isPipeline: true,
});

/** What a split task is made of is not what it was split for: its planner begins anew. Its live iteration still ends. */
export function forgetPlan(s: State, task: TaskId): void {
  const plan = s.plans.get(task);
  if (plan?.live) s.plans.set(task, { ...emptySubplan(), iteration: plan.iteration, live: plan.live });
  else s.plans.delete(task);
}

/** A label is its planner's own. Journals of before have parts of tasks that were not split: the run's planner filed them. */
export function nameTask(s: State, { task, source }: EventOf<'task.accepted'>): void {
  if (source.by === 'pipeline' || source.by === 'candidates') s.plans.get(source.parent)?.parts.push(task);
  if (!('label' in source)) return;
  const plan = source.by === 'subplanner' ? s.plans.get(source.parent) : undefined;
  (plan?.labels ?? s.labels).set(source.label, task);
  (plan ?? s.planning).refusals.delete(source.label);
  plan?.parts.push(task);
  if (plan) plan.acceptedNow += 1;
}

/** What was handed in for a task is taken back: so is what the task came to. */
export function reopenContest(s: State, part: TaskId, at: number): void {
  const owner = knownTask(s, part).source.by === 'candidates' ? ownerOf(s, part) : undefined;
  const whole = owner === undefined ? undefined : knownTask(s, owner);
  if (whole?.state === 'gathered') move(s, expandedTask(whole, at));
}

/** A part is to be landed again: whatever it was gathered into waits for it again. */
export function reopenOwners(s: State, part: TaskId, at: number): void {
  for (const owner of ownersOf(s, part)) {
    const task = knownTask(s, owner);
    if (task.state === 'gathered') move(s, expandedTask(task, at));
  }
}
