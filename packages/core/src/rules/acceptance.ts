/** What was to hold of a task, or of the whole run, as it was judged last. */
import type { TaskId } from '../model/ids.ts';

/** A criterion of a task and one of the run may say the same. */
export const criterionKey = (task: TaskId | undefined, criterion: string): string =>
  `${task ?? 'run'}\n${criterion}`;
