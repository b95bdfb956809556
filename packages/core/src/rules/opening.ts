/**
 * What may still open when a budget lands softly. At the share of a limit that the request names nothing new opens: no
 * attempt at a task of the plan, no iteration, no split. What runs may finish with what was set aside for it, what is
 * done lands, gates, checks and votes go on, and what remains is for the target: its failures are mended by fix tasks, or
 * their culprit is taken back. A run that names no share knows none of this.
 */
import type { Limits } from '../model/request.ts';
import type { Task } from '../model/task.ts';
import type { OpenedState, State } from '../state.ts';

/** Whether the run has a share of its limits at which it stops to open anything. */
export const isSoft = ({ soft }: Limits): boolean => soft !== undefined && soft < 1;

/** It mends the target, and goes on when nothing else opens any more. */
export const isHealing = ({ source }: Pick<Task, 'source'>): boolean => source.by === 'reconciler';

/** Whether this task may begin now, as far as a soft limit goes. */
export const mayOpen = (s: State, task: Pick<Task, 'source'>): boolean =>
  s.spending.neared === undefined || isHealing(task);

/** Nothing opens any more, and nothing is in flight or waits to land. */
export const isAtRest = (s: State): boolean =>
  s.spending.neared !== undefined &&
  s.liveAttempts.size === 0 &&
  s.queue.size === 0 &&
  s.openLandings.size === 0;

/** The budget is used up in a run that lands softly: no fix task can be worked on, and what is to blame is taken back. */
export const isPastHealing = (s: OpenedState): boolean =>
  isSoft(s.run.request.limits) && s.spending.reached !== undefined;
