/**
 * A run's landings as a stack: one pull request for each, in the order in which they landed. Each is based on the one it
 * stands on: every landing has the one before it in its history, so that what a page shows is its own change alone.
 */
import type { CommitId, TaskId } from '../model/ids.ts';
import type { State } from '../state.ts';

export interface StackedPull {
  readonly task: TaskId;
  readonly commit: CommitId;
  /** Absent: on the base itself. */
  readonly below?: TaskId;
}

/** The lowest first. */
export function stackOf(state: Pick<State, 'tasks' | 'byState' | 'head'>): readonly StackedPull[] {
  const landed = [...state.byState.landed].flatMap((id) => {
    const task = state.tasks.get(id);
    return task?.state === 'landed' ? [{ task: id, commit: task.commit }] : [];
  });
  return landed.map((one, i) => ({
    ...one,
    // What came after the last landing, such as an undo, belongs to what the whole stack comes to.
    commit: (i === landed.length - 1 ? state.head : undefined) ?? one.commit,
    ...(i > 0 && { below: landed[i - 1]!.task }),
  }));
}
