/**
 * Whose plan it is: the run's, or that of one task that is split. Both are planned alike; what is different stands here.
 */
import type { DraftSource } from '@swarm/core/commands';
import type { TaskId } from '@swarm/core/model/ids';
import { PARTS_MAX, type Planning } from '@swarm/core/model/plan';
import { type OpenedState, planOf, type State } from '@swarm/core/state';
import type { Settings } from '../settings.ts';

export interface Seat {
  /** The name of its prompt, and whose budget it spends. */
  readonly role: 'planner' | 'subplanner';
  /** The task that is split; absent: the run. */
  readonly owner?: TaskId;
  /** What the log calls it. */
  readonly who: string;
  from(iteration: number): DraftSource;
}

export const RUN_SEAT: Seat = {
  role: 'planner',
  who: 'planner',
  from: (iteration) => ({ by: 'planner', iteration }),
};

export const seatOf = (owner: TaskId): Seat => ({
  role: 'subplanner',
  owner,
  who: `planner of ${owner}`,
  from: (iteration) => ({ by: 'subplanner', parent: owner, iteration }),
});

/** Its plan, as long as its task has one. */
export const planAt = (state: State, { owner }: Seat): Planning | undefined => planOf(state, owner);

/** What its own words for tasks stand for. */
export const labelsAt = (state: State, { owner }: Seat): ReadonlyMap<string, TaskId> =>
  owner === undefined ? state.labels : (state.plans.get(owner)?.labels ?? NO_LABELS);

const NO_LABELS: ReadonlyMap<string, TaskId> = new Map();

/** The most tasks of its next answer. */
export function tasksAt(state: OpenedState, { owner }: Seat, settings: Settings): number {
  if (owner === undefined) return settings.tasksPerIteration;
  return Math.max(0, PARTS_MAX - (state.plans.get(owner)?.parts.length ?? 0));
}
