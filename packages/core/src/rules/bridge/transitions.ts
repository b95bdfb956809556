/** The states of tasks that others keep on the bridge: the moves are those of our own. */
import { canMove, isTaskState, type TaskStateName } from '../../model/task.ts';

export type Moved =
  | { readonly kind: 'moved'; readonly state: TaskStateName }
  | { readonly kind: 'illegal'; readonly from: TaskStateName; readonly to: TaskStateName }
  | { readonly kind: 'unknown'; readonly said: string };

/** @param from undefined: nobody has spoken of the task; it begins as `pending`. */
export function transition(from: TaskStateName | undefined, said: string): Moved {
  if (!isTaskState(said)) return { kind: 'unknown', said };
  if (from === undefined && said === 'pending') return { kind: 'moved', state: said };
  const now = from ?? 'pending';
  return canMove(now, said) ? { kind: 'moved', state: said } : { kind: 'illegal', from: now, to: said };
}
