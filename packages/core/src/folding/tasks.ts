/** Tasks as such: accepted, changed, given up, tried again. */
import type { EventOf, TaskEvent } from '../events.ts';
import { acceptedTask, cancelledTask, failedTask, pendingTask, retriedTask } from '../model/evolve-task.ts';
import type { TaskId } from '../model/ids.ts';
import type { Task } from '../model/task.ts';
import type { State } from '../state.ts';
import type { FoldsOf } from './folds.ts';
import { damaged, knownTask } from './known.ts';
import { move } from './moves.ts';
import { tellFailed, tellPlanner, untellFailed } from './news.ts';

export const TASK_FOLDS: FoldsOf<TaskEvent> = {
  'task.accepted': acceptTask,
  'task.rescoped'(s, e) {
    const t = knownTask(s, e.task);
    for (const d of t.spec.dependsOn) removeDependent(s, d, t.id);
    for (const d of e.spec.dependsOn) addDependent(s, d, t.id);
    const { verifiesBase: _ofAnother, ...rest } = t;
    s.tasks.set(t.id, { ...(e.spec.verify === t.spec.verify ? t : rest), spec: e.spec } as Task);
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
    tellPlanner(s, { kind: 'cancelled', task: e.task });
    move(s, cancelledTask(knownTask(s, e.task), e.reason, at));
  },
  'task.retried'(s, e) {
    move(s, retriedTask(knownTask(s, e.task), e.hint));
  },
  'task.told'(s, e) {
    const t = knownTask(s, e.task);
    s.tasks.set(t.id, { ...t, notes: [...(t.notes ?? []), e.text] });
  },
};

function acceptTask(s: State, e: EventOf<'task.accepted'>, at: number): void {
  if (s.tasks.has(e.task)) throw damaged(`${e.task} is accepted twice`);
  s.tasks.set(e.task, acceptedTask(e, at));
  s.byState.pending.add(e.task);
  for (const d of e.spec.dependsOn) addDependent(s, d, e.task);
  if ('label' in e.source) {
    s.labels.set(e.source.label, e.task);
    s.planning.refusals.delete(e.source.label);
  }
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
