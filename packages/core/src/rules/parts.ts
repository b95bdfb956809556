/** What a task may be split into. */
import type { TaskId } from '../model/ids.ts';
import { PARTS_MAX } from '../model/plan.ts';
import { priorityOf } from '../model/task.ts';
import type { OpenedState } from '../state.ts';
import { ownersOf } from './owners.ts';
import { sameTask } from './same-task.ts';
import type { TaskDraft } from './task-format.ts';
import { outsideOf } from './within.ts';

/** @param acceptedNow how many parts the same answer has given before this one. */
export function partProblem(
  s: OpenedState,
  parent: TaskId,
  draft: TaskDraft,
  isNew: boolean,
  acceptedNow: number,
): string | undefined {
  const { parts } = s.plans.get(parent)!;
  if (isNew && parts.length + acceptedNow >= PARTS_MAX)
    return `${parent} has ${PARTS_MAX} parts already, the most there may be`;
  const around = [...parts, parent, ...ownersOf(s, parent)].map((id) => s.tasks.get(id)!);
  const same = isNew ? sameTask(around, draft) : undefined;
  if (same) return `it is ${same.id} “${same.spec.title}” again, which is ${same.state}: leave it out`;
  return scopeProblem(s, parent, draft);
}

/** A part that may touch anything would touch what its parent was not given. An answer touches nothing. */
function scopeProblem(s: OpenedState, parent: TaskId, { scope, kind }: TaskDraft): string | undefined {
  if (scope.length === 0)
    return kind === 'answer'
      ? undefined
      : `it names no files: a part names those of ${parent} that it touches`;
  const outside = outsideOf(s.tasks.get(parent)!.spec.scope, scope);
  return outside.length === 0
    ? undefined
    : `${outside.slice(0, 5).join(', ')} ${outside.length === 1 ? 'is' : 'are'} outside the scope of ${parent}`;
}

/** Who waits for the whole waits for each part: none is less urgent than the whole. */
export const partPriority = (s: OpenedState, parent: TaskId, { priority }: TaskDraft): number =>
  Math.min(priority, priorityOf(s.tasks.get(parent)!));
