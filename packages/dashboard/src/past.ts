/** A run as it was after one of its entries. Going forward only what lies between is read; going back, all from the beginning. */
import { fold } from '@swarm/core/fold';
import { emptyState, type State } from '@swarm/core/state';
import type { RunSource } from './ports.ts';

export class Past {
  readonly #source: RunSource;
  #state: State = emptyState();

  constructor(source: RunSource) {
    this.#source = source;
  }

  /** One after another: the caller sees to that. The state is good until the next one is asked for. */
  async at(seq: number): Promise<State> {
    if (seq < this.#state.seq) this.#state = emptyState();
    const state = this.#state;
    if (state.seq === seq) return state;
    try {
      for await (const entry of this.#source.present(state.seq + 1)) {
        fold(state, entry);
        if (entry.seq === seq) break;
      }
    } catch (error) {
      // What was half folded is no state.
      this.#state = emptyState();
      throw error;
    }
    return state;
  }
}
