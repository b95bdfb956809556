/** Tasks as such: accepted, changed, given up, tried again. */
import type { EventOf, TaskEvent } from '../events.ts';
import { acceptedTask, cancelledTask, failedTask, pendingTask, retriedTask } from '../model/evolve-task.ts';
import type { TaskId } from '../model/ids.ts';
import type { Task } from '../model/task.ts';
import type { State } from '../state.ts';
import { withWordsOfWhole } from './contest.ts';
import type { FoldsOf } from './folds.ts';
import { damaged, knownTask } from './known.ts';
import { move } from './moves.ts';
import { tellFailed, tellOwner, untellFailed } from './news.ts';
import { forgetPlan, nameTask, SPLIT_FOLDS } from './splits.ts';

export const TASK_FOLDS: FoldsOf<TaskEvent> = {
  ...SPLIT_FOLDS,
  'task.accepted': acceptTask,
  'task.rescoped'(s, e) {
    const t = knownTask(s, e.task);
    for (const d of t.spec.dependsOn) removeDependent(s, d, t.id);
    for (const d of e.spec.dependsOn) addDependent(s, d, t.id);
    if (t.state === 'expanded') move(s, pendingTask(t));
    forgetPlan(s, t.id);
    const { verifiesBase: _ofAnother, isUnsplit: _asItWas, ...rest } = knownTask(s, t.id);
    const { verifiesBase } = t;
    const isKept = e.spec.verify === t.spec.verify && verifiesBase !== undefined;
    s.tasks.set(t.id, { ...rest, ...(isKept && { verifiesBase }), spec: e.spec } as Task);
  },
  'task.requeued'(s, e) {
    untellFailed(s, e.task);
    move(s, pendingTask(knownTask(s, e.task)));
  },
  'task.failed'(s, e, at) {
    tellFailed(s, e.task);
    move(s, failedTask(knownTask(s, e.task), e, at));
  },
  'task.cancelled'(s, e, at) {
    tellOwner(s, e.task, { kind: 'cancelled', task: e.task });
    move(s, cancelledTask(knownTask(s, e.task), e.reason, at));
  },
  'task.retried'(s, e) {
    const task = retriedTask(knownTask(s, e.task), e.hint);
    const { taskTokens, taskUsd } = s.run?.request.limits ?? {};
    const isBounded = taskTokens !== undefined || taskUsd !== undefined;
    move(s, isBounded ? { ...task, triedAfresh: task.attempts } : task);
  },
  'task.prioritised'(s, e) {
    s.tasks.set(e.task, { ...knownTask(s, e.task), priority: e.priority });
  },
  'task.told'(s, e) {
    const t = knownTask(s, e.task);
    s.tasks.set(t.id, { ...t, notes: [...(t.notes ?? []), e.text] });
  },
};

function acceptTask(s: State, e: EventOf<'task.accepted'>, at: number): void {
  if (s.tasks.has(e.task)) throw damaged(`${e.task} is accepted twice`);
  s.tasks.set(e.task, withWordsOfWhole(s, acceptedTask(e, at)));
  s.byState.pending.add(e.task);
  for (const d of e.spec.dependsOn) addDependent(s, d, e.task);
  nameTask(s, e);
  if (e.source.by === 'planner') s.planning.acceptedNow += 1;
  if (e.source.by === 'reconciler') {
    for (const signature of e.source.signatures) {
      s.health.fixTasks.set(signature, e.task);
      const before = s.health.fixHistory.get(signature) ?? [];
      s.health.fixHistory.set(signature, [...before, e.task]);
    }
  }
}

function addDependent(s: State, on: TaskId, id: TaskId): void {
  const list = s.dependents.get(on);
  if (list) list.push(id);
  else s.dependents.set(on, [id]);
}

function removeDependent(s: State, on: TaskId, id: TaskId): void {
  const list = s.dependents.get(on);
  if (list)
    s.dependents.set(
      on,
      list.filter((x) => x !== id),
    );
}
