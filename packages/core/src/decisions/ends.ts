/** The end of a task, and of whoever waits for it: those that depend on it, and its parts. */
import type { Event, EventOf } from '../events.ts';
import type { TaskId } from '../model/ids.ts';
import type { Task } from '../model/task.ts';
import { vainOf } from '../rules/dependencies.ts';
import { livePartsOf } from '../rules/owners.ts';
import type { OpenedState } from '../state.ts';

/** What a task was split into is given up with it, and first: nobody plans around it any more. */
export function endTogether(s: OpenedState, t: Task, own: readonly Event[], why: string): readonly Event[] {
  const parts = giveUpParts(s, t.id, `it is a part of ${t.id}: ${why}`);
  const gone = new Set(parts.flatMap((event) => ('task' in event && event.task ? [event.task] : [])));
  const failed = failDependents(s, t.id, why).filter(({ task }) => !gone.has(task));
  return [...parts, ...own, ...failed];
}

/** Cancels what is left of a split task's parts, and fails who waits for one of them from outside. */
export function giveUpParts(s: OpenedState, id: TaskId, reason: string): readonly Event[] {
  const parts = livePartsOf(s, id);
  const gone = new Set<TaskId>([id, ...parts]);
  const cancelled = parts.map((task): Event => ({ type: 'task.cancelled', task, reason, by: 'planner' }));
  const failed = parts
    .flatMap((part) => failDependents(s, part, `${part} was cancelled`))
    .filter(({ task }) => !gone.has(task) && gone.add(task));
  return [...cancelled, ...failed];
}

/** When a task fails, every task that waits for its work fails too, directly or through others. */
export function failDependents(
  s: OpenedState,
  id: TaskId,
  why: string,
  isWaiting = ({ state }: Task): boolean => state === 'pending',
): EventOf<'task.failed'>[] {
  const events: EventOf<'task.failed'>[] = [];
  const seen = new Set<TaskId>([id]);
  const stack = [...(s.dependents.get(id) ?? [])].reverse();
  for (let d = stack.pop(); d; d = stack.pop()) {
    if (seen.has(d)) continue;
    seen.add(d);
    const task = s.tasks.get(d)!;
    if (task.spec.anyEnd || !isWaiting(task)) continue;
    events.push({ type: 'task.failed', task: d, failure: 'dependency', detail: why });
    stack.push(...(s.dependents.get(d) ?? []));
  }
  return events;
}

/**
 * A task about to wait again whose dependency is gone would wait for ever: it fails too. Only an undo or a
 * rewritten history takes a dependency away from a task that has started.
 */
export function failOrphan(s: OpenedState, t: Task): readonly Event[] {
  const gone = vainOf(s, t.spec);
  if (!gone) return [];
  const detail = `${gone} is ${s.tasks.get(gone)!.state}`;
  return [
    { type: 'task.failed', task: t.id, failure: 'dependency', detail },
    ...failDependents(s, t.id, `${t.id} failed`),
  ];
}
