/** Which tasks are other than they were: a task is a value, and a changed one is another. */
import type { Task } from '@swarm/core/model/task';
import type { State } from '@swarm/core/state';

export class Changed {
  /** Each as it was last seen, in the order they were accepted in: none is ever removed. */
  readonly #tasks: Task[] = [];
  /** The entry by which each was so at the latest. */
  readonly #seqs: number[] = [];
  #looked = 0;

  /** In the order they were accepted in. One that changed before may be among them, and none is left out. */
  since(seq: number, state: State): readonly Task[] {
    if (state.seq !== this.#looked) this.#look(state);
    return this.#tasks.filter((_, i) => this.#seqs[i]! > seq);
  }

  #look(state: State): void {
    let i = 0;
    for (const task of state.tasks.values()) {
      if (this.#tasks[i] !== task) {
        this.#tasks[i] = task;
        this.#seqs[i] = state.seq;
      }
      i += 1;
    }
    this.#looked = state.seq;
  }
}
