/** Whose part a task is: who is split waits for all its parts, and they for nothing of theirs. */
import type { TaskId } from '../model/ids.ts';
import { isOver, type TaskSource } from '../model/task.ts';
import type { State } from '../state.ts';

type PartSource = Extract<TaskSource, { readonly by: 'subplanner' | 'pipeline' | 'candidates' }>;

/** Whether it is a part of another task. */
export const isPartOf = (source: TaskSource): source is PartSource =>
  source.by === 'subplanner' || source.by === 'pipeline' || source.by === 'candidates';

/** The task this one is a part of. Undefined: the run's own planner, a plan or a person filed it. */
export function ownerOf(s: State, id: TaskId): TaskId | undefined {
  const source = s.tasks.get(id)?.source;
  return source !== undefined && isPartOf(source) ? source.parent : undefined;
}

/** The tasks it is a part of, nearest first. */
export function ownersOf(s: State, id: TaskId): readonly TaskId[] {
  const owners: TaskId[] = [];
  for (let owner = ownerOf(s, id); owner !== undefined; owner = ownerOf(s, owner)) owners.push(owner);
  return owners;
}

/** How many levels below what the run's planner files. */
export const depthOf = (s: State, id: TaskId): number => ownersOf(s, id).length;

export const partsOf = (s: State, id: TaskId): readonly TaskId[] => s.plans.get(id)?.parts ?? [];

/** Parts of it that are not over, and parts of those: the innermost first. */
export function livePartsOf(s: State, id: TaskId): readonly TaskId[] {
  return partsOf(s, id).flatMap((part) =>
    isOver(s.tasks.get(part)!.state) ? [] : [...livePartsOf(s, part), part],
  );
}

/** What a task waits for: what it depends on and, split, its parts. */
export function waitsOn(s: State, id: TaskId): readonly TaskId[] {
  const task = s.tasks.get(id);
  if (!task) return [];
  return task.state === 'expanded' ? [...task.spec.dependsOn, ...partsOf(s, id)] : task.spec.dependsOn;
}
