/** Laws of what waits for what. */
import type { TaskId } from '@swarm/core/model/ids';
import { taskOf } from '@swarm/core/model/ids';
import type { Law, Look } from './law.ts';

/** What it depends on is there, or, where any end will do, over. */
const startsInOrder: Law = (e, { before }) => {
  if (e.type === 'task.expanded') return early(e.task, e.task, before);
  return e.type === 'attempt.started' ? early(e.attempt, taskOf(e.attempt), before) : [];
};

function early(who: string, task: TaskId, before: Look['before']): readonly string[] {
  const { dependsOn, anyEnd } = before.task(task).spec;
  const missing = dependsOn.filter((id) => (anyEnd ? !before.task(id).isOver : !before.task(id).isSettled));
  return missing.map((id) => `order: ${who} starts, and ${id} is not ${anyEnd ? 'over' : 'there'} yet`);
}

/** What makes something of all ends is not given up because of one. */
const outlivesWhatItWaitsFor: Law = (e, { before }) =>
  e.type === 'task.failed' && e.failure === 'dependency' && before.task(e.task).spec.anyEnd
    ? [`order: ${e.task} fails for a dependency, and any end of it would do`]
    : [];

export const ORDER_LAWS: readonly Law[] = [startsInOrder, outlivesWhatItWaitsFor];
