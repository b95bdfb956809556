/** What was to hold of a task, or of the whole run, as it was judged last. */
import type { TaskId } from '../model/ids.ts';
import { isSatisfied } from '../model/task.ts';
import type { AcceptanceFact, State } from '../state.ts';

/** A criterion of a task and one of the run may say the same. */
export const criterionKey = (task: TaskId | undefined, criterion: string): string =>
  `${task ?? 'run'}\n${criterion}`;

/** What was seen not to hold, of the run and of tasks whose work is there: of others nobody says that it holds. */
export const failedCriteria = (s: State): readonly AcceptanceFact[] =>
  [...s.acceptance.values()].filter(
    ({ verdict, task }) =>
      verdict === 'failed' && (task === undefined || isSatisfied(s.tasks.get(task)!.state)),
  );
