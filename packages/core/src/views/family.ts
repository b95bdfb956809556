/** Tasks and what they are parts of, as every list shows them: `t1 › t3` is a part of t1. */
import { type TaskId, taskNumber } from '../model/ids.ts';
import { ownerOf, ownersOf } from '../rules/owners.ts';
import type { State } from '../state.ts';

/** The task behind what it is a part of, the outermost first. */
export const lineage = (s: State, id: TaskId): string => [...ownersOf(s, id).toReversed(), id].join(' › ');

/** Every task in order of entry, and directly behind each its parts. */
export function families(s: State): readonly TaskId[] {
  const parts = new Map<TaskId | undefined, TaskId[]>();
  for (const id of s.tasks.keys()) {
    const owner = ownerOf(s, id);
    // In journals of before a part may name a parent that is no task.
    const whole = owner !== undefined && s.tasks.has(owner) ? owner : undefined;
    const beside = parts.get(whole);
    if (beside) beside.push(id);
    else parts.set(whole, [id]);
  }
  const below = (whole: TaskId | undefined): readonly TaskId[] =>
    (parts.get(whole) ?? [])
      .sort((a, b) => taskNumber(a) - taskNumber(b))
      .flatMap((id) => [id, ...below(id)]);
  return below(undefined);
}
