/** Which tasks are other than they were: a task is a value, and a changed one is another. */
import type { TaskId } from '@swarm/core/model/ids';
import type { Task } from '@swarm/core/model/task';
import type { State } from '@swarm/core/state';

export class Changed {
  /** Each as it was last seen, and the entry by which it was so at the latest. */
  readonly #seen = new Map<TaskId, { readonly task: Task; readonly seq: number }>();

  /** In the order they were accepted in. One that changed before may be among them, and none is left out. */
  since(seq: number, state: State): readonly Task[] {
    const found: Task[] = [];
    for (const [id, task] of state.tasks) {
      let seen = this.#seen.get(id);
      if (seen?.task !== task) {
        seen = { task, seq: state.seq };
        this.#seen.set(id, seen);
      }
      if (seen.seq > seq) found.push(task);
    }
    return found;
  }
}
