/** States of tasks that others keep here, in memory: as many as are not over, and of those that are the newest. */
import type { TaskStateName } from '@swarm/core/model/task';
import { type Moved, transition } from '@swarm/core/rules/bridge/transitions';

const STATES_MAX = 10_000;

export class States {
  readonly #states = new Map<string, TaskStateName>();

  get(task: string): TaskStateName | undefined {
    return this.#states.get(task);
  }

  move(task: string, said: string): Moved {
    const moved = transition(this.#states.get(task), said);
    if (moved.kind !== 'moved') return moved;
    this.#states.delete(task);
    this.#states.set(task, moved.state);
    const [oldest] = this.#states.keys();
    if (this.#states.size > STATES_MAX) this.#states.delete(oldest!);
    return moved;
  }
}
