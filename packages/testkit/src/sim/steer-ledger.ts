/** What the operator steered and what workers noted, read from the journal by code of its own. */
import type { Event } from '@swarm/core/events';
import { type TaskId, taskOf } from '@swarm/core/model/ids';

const CODER = 'coder';

export class SteerLedger {
  readonly versions = new Map<string, number>();
  readonly ceilings = new Map<string, number>();
  readonly #roles = new Map<TaskId, string>();
  /** Attempts at work, by role. */
  readonly #live = new Map<string, Set<string>>();

  take(e: Event): void {
    if (e.type === 'note.set') this.versions.set(e.key, e.version);
    if (e.type === 'role.scaled') this.ceilings.set(e.role, e.workers);
    if (e.type === 'task.accepted' || e.type === 'task.rescoped')
      this.#roles.set(e.task, e.spec.role ?? CODER);
    if (e.type === 'attempt.started') this.#atWork(this.roleOf(taskOf(e.attempt))).add(e.attempt);
    if (e.type === 'attempt.ended') for (const live of this.#live.values()) live.delete(e.attempt);
  }

  roleOf(task: TaskId): string {
    return this.#roles.get(task) ?? CODER;
  }

  atWork(role: string): number {
    return this.#atWork(role).size;
  }

  #atWork(role: string): Set<string> {
    const live = this.#live.get(role) ?? new Set<string>();
    this.#live.set(role, live);
    return live;
  }
}
