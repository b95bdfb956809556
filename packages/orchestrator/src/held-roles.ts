/** Tasks that are ready, of roles that have no room: put aside, so that none of them is looked at for every other one. */
import type { TaskId } from '@swarm/core/model/ids';
import { type ReadyQueue, type ReadyTask, rankOf } from '@swarm/core/rules/ready-queue';
import { roleOf, roleRoom } from '@swarm/core/rules/role-ceilings';
import type { OpenedState } from '@swarm/core/state';

export class HeldRoles {
  readonly #state: OpenedState;
  readonly #byRole = new Map<string, Map<TaskId, ReadyTask>>();

  constructor(state: OpenedState) {
    this.#state = state;
  }

  isFull(id: TaskId): boolean {
    return this.#state.ceilings.size > 0 && roleRoom(this.#state, this.#roleOf(id)) <= 0;
  }

  hold(task: ReadyTask): void {
    const role = this.#roleOf(task.id);
    const held = this.#byRole.get(role) ?? new Map<TaskId, ReadyTask>();
    this.#byRole.set(role, held.set(task.id, task));
  }

  /** Its role may be another by now. */
  drop(id: TaskId): void {
    for (const held of this.#byRole.values()) held.delete(id);
  }

  /** Of each role that has room, as many as there is room for, the most urgent first. */
  offer(queue: ReadyQueue): void {
    for (const [role, held] of this.#byRole) {
      const room = Math.min(roleRoom(this.#state, role), held.size);
      for (let n = 0; n < room; n++) this.#release(held, queue);
    }
  }

  /** One more of some role with room: those that were offered wait for something else. False: there is none. */
  offerOne(queue: ReadyQueue): boolean {
    for (const [role, held] of this.#byRole) {
      if (held.size === 0 || roleRoom(this.#state, role) <= 0) continue;
      this.#release(held, queue);
      return true;
    }
    return false;
  }

  #release(held: Map<TaskId, ReadyTask>, queue: ReadyQueue): void {
    const [first] = [...held.values()].sort((a, b) => rankOf(a) - rankOf(b));
    held.delete(first!.id);
    queue.offer(first!);
  }

  #roleOf(id: TaskId): string {
    return roleOf(this.#state.tasks.get(id)!);
  }
}
