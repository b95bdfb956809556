/** Whose landing is to blame for failures that are open, kept by code of its own. */
import type { Event } from '@swarm/core/events';
import type { TaskId } from '@swarm/core/model/ids';

export class Blame {
  readonly #open = new Map<string, TaskId | undefined>();
  /** Their landing could not be taken back. */
  readonly #refused = new Set<TaskId>();

  take(e: Event): void {
    if (e.type === 'finding.opened') this.#open.set(e.finding.signature, undefined);
    if (e.type === 'finding.closed') this.#open.delete(e.signature);
    if (e.type === 'culprit.found' && this.#open.has(e.signature)) this.#open.set(e.signature, e.task);
    if (e.type === 'undo.refused') for (const task of e.tasks) this.#refused.add(task);
  }

  /** Tasks whose landing should be taken back, where a fix did not come first. */
  guilty(): ReadonlySet<TaskId> {
    const tasks = [...this.#open.values()].flatMap((task) => task ?? []);
    return new Set(tasks.filter((task) => !this.#refused.has(task)));
  }
}
