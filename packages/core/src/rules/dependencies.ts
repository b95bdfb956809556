/**
 * What a task waits for. Most wait until the work of what they depend on is there; one with `anyEnd` makes something of
 * all ends: what it depends on need only be over, however it ended.
 */
import type { TaskId } from '../model/ids.ts';
import { isDead, isOver, isSatisfied, type TaskSpec, type TaskStateName } from '../model/task.ts';
import type { State } from '../state.ts';

type Needs = Pick<TaskSpec, 'dependsOn' | 'anyEnd'>;

/** A dependency in this state holds the task back no more. */
export const isMet = (spec: Pick<TaskSpec, 'anyEnd'>, state: TaskStateName): boolean =>
  spec.anyEnd ? isOver(state) : isSatisfied(state);

/** A dependency in this state is one that the task would wait for in vain. */
export const isVain = (spec: Pick<TaskSpec, 'anyEnd'>, state: TaskStateName): boolean =>
  !spec.anyEnd && isDead(state);

/** The first of its dependencies that it still waits for. */
export const waitsForOf = (s: State, spec: Needs): TaskId | undefined =>
  spec.dependsOn.find((on) => !isMet(spec, s.tasks.get(on)!.state));

/** The first of its dependencies that it would wait for in vain. */
export const vainOf = (s: State, spec: Needs): TaskId | undefined =>
  spec.dependsOn.find((on) => isVain(spec, s.tasks.get(on)!.state));
