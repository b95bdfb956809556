/** What the panes show, gathered once for each look: views of the core, and the little that no journal has. */
import type { AttemptId, TaskId } from '@swarm/core/model/ids';
import type { Task } from '@swarm/core/model/task';
import type { State } from '@swarm/core/state';
import { families } from '@swarm/core/views/family';
import { type Needs, needs } from '@swarm/core/views/needs';
import { type Pulse, pulse } from '@swarm/core/views/pulse';
import { mergeQueue, type QueueView } from '@swarm/core/views/queue';
import type { Holding } from '@swarm/core/views/status';
import { shortfallTexts } from '@swarm/core/views/verdict';
import { type Signs, type Waiting, waitsNow } from '@swarm/core/views/waits';
import type { Trouble } from '../ports.ts';
import type { Act } from './ports.ts';

/** One thing that was decided, as it is told. */
export interface Happened {
  /** The entry's `seq` and which event of it. */
  readonly id: string;
  /** ms since the epoch. */
  readonly at: number;
  readonly event: string;
  readonly task: TaskId | undefined;
  readonly text: string;
}

export interface Seen {
  readonly state: State;
  readonly holder: Holding | undefined;
  readonly acts: ReadonlyMap<AttemptId, Act>;
  /** Newest first. */
  readonly happened: readonly Happened[];
  /** Why nothing more is known. */
  readonly trouble: Trouble | undefined;
}

export interface Facts extends Seen {
  /** ms since the epoch. */
  readonly now: number;
  readonly pulse: Pulse;
  readonly needs: Needs;
  /** Live attempts, longest first. */
  readonly agents: readonly AttemptId[];
  readonly queue: Pick<QueueView, 'landing' | 'gate' | 'waiting'>;
  readonly waits: readonly Waiting[];
  /** What keeps it from being complete, so far. */
  readonly shortfalls: readonly string[];
  /** Those that the filter lets through, parts behind what they are parts of. */
  readonly tasks: readonly TaskId[];
}

/** What is dear is made once for each state of the journal, or for so long. */
const WAITS_KEPT_MS = 5_000;

export class Gatherer {
  #tasks: { readonly seq: number; readonly filter: string; readonly found: readonly TaskId[] } | undefined;
  #all: { readonly seq: number; readonly ids: readonly TaskId[] } | undefined;
  #texts: { readonly seq: number; readonly needs: Needs; readonly shortfalls: readonly string[] } | undefined;
  #waits:
    | { readonly until: number; readonly isLive: boolean; readonly found: readonly Waiting[] }
    | undefined;

  /** @param clock ms since the epoch. */
  gather(seen: Seen, filter: string, clock: number): Facts {
    const { state, holder } = seen;
    // Nothing goes on without a process: everything is as it was at the last decision.
    const now = holder === undefined ? state.at : clock;
    const { needs: needed, shortfalls } = this.#textsOf(state, holder !== undefined);
    return {
      ...seen,
      now,
      pulse: pulse(state, now),
      needs: needed,
      shortfalls,
      agents: [...state.liveAttempts],
      queue: mergeQueue(state),
      waits: this.#waitsOf(seen, clock),
      tasks: this.#tasksOf(state, filter),
    };
  }

  #textsOf(state: State, isLive: boolean) {
    if (this.#texts?.seq !== state.seq)
      this.#texts = { seq: state.seq, needs: needs(state, isLive), shortfalls: shortfallTexts(state) };
    return this.#texts;
  }

  /** Every pending task is looked at for it. */
  #waitsOf({ state, holder, acts }: Seen, now: number): readonly Waiting[] {
    const isLive = holder !== undefined;
    if (this.#waits === undefined || this.#waits.until <= now || this.#waits.isLive !== isLive) {
      const signs: Signs = new Map([...acts].map(([attempt, { at }]) => [attempt, at]));
      const found = waitsNow(state, isLive ? { now, signs } : undefined);
      this.#waits = { until: now + WAITS_KEPT_MS, isLive, found };
    }
    return this.#waits.found;
  }

  #tasksOf(state: State, filter: string): readonly TaskId[] {
    const { seq } = state;
    if (this.#tasks?.seq === seq && this.#tasks.filter === filter) return this.#tasks.found;
    if (this.#all?.seq !== seq) this.#all = { seq, ids: families(state) };
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
    const isShown = (id: TaskId): boolean => hasWords(state.tasks.get(id)!, words);
    const found = words.length === 0 ? this.#all.ids : this.#all.ids.filter(isShown);
    this.#tasks = { seq, filter, found };
    return found;
  }
}

/** A word that is an id means that very task: `t1` is not `t12`. */
function hasWords({ id, state, spec }: Task, words: readonly string[]): boolean {
  const text = `${state} ${spec.title} ${spec.role ?? ''}`.toLowerCase();
  return words.every((word) => (/^t\d+$/.test(word) ? word === id : text.includes(word)));
}
