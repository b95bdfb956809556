/**
 * What a run did over time: who worked when, which gate ran when, and what had landed and been spent by then. Folded
 * beside the state, entry by entry. It is bounded: the oldest spans go first, and points grow sparse where there are many.
 */
import type { Entry, Event } from '../events.ts';
import { type TaskId, taskOf } from '../model/ids.ts';
import { tokensOf } from '../model/usage.ts';
import type { State } from '../state.ts';
import { plain } from './words.ts';

export type SpanKind = 'attempt' | 'gate' | 'planning' | 'checks';

/** From one time to another, ms since the epoch. `to` null: it goes on. */
export interface Span {
  /** The attempt, the landing, the iteration. Once in a run, but for checks, which have the entry's number. */
  readonly id: string;
  readonly kind: SpanKind;
  /** The worker; for what no worker does, the kind. */
  readonly lane: string;
  readonly tasks: readonly TaskId[];
  readonly from: number;
  readonly to: number | null;
  /** How it ended, as the journal says it; empty while it goes on. */
  readonly outcome: string;
  readonly isBad: boolean;
  /** The entry that last changed it. */
  readonly seq: number;
}

/** What there was after an entry. */
export interface Point {
  readonly seq: number;
  readonly at: number;
  readonly landed: number;
  readonly tokens: number;
  readonly usd: number;
}

export const SPANS_MAX = 20_000;
export const POINTS_MAX = 4_000;

export interface History {
  readonly spans: readonly Span[];
  /** Older ones, which are not told any more. */
  readonly left: number;
  readonly points: readonly Point[];
}

type Begun = Pick<Span, 'id' | 'kind' | 'lane' | 'tasks'>;

export class HistoryFold {
  /** In the order they began. */
  readonly #spans = new Map<string, Span>();
  #left = 0;
  #points: Point[] = [];

  /** @param state after the entry. */
  take(entry: Entry, state: State): void {
    for (const event of entry.events) this.#see(event, entry);
    const { used, lost } = state.spending;
    const [tokens, usd] = [tokensOf(used) + lost.tokens, used.costUsd + lost.usd];
    const last = this.#points.at(-1);
    const isSame = last?.landed === state.landedCount && last.tokens === tokens && last.usd === usd;
    if (isSame) return;
    this.#points.push({ seq: entry.seq, at: entry.at, landed: state.landedCount, tokens, usd });
    // Every second one goes, and the last one stays.
    if (this.#points.length > POINTS_MAX)
      this.#points = this.#points.filter((_, i, all) => (all.length - 1 - i) % 2 === 0);
  }

  /** What an entry after this one has changed. */
  since(seq: number): History {
    return {
      spans: [...this.#spans.values()].filter((span) => span.seq > seq),
      left: this.#left,
      points: this.#points.filter((point) => point.seq > seq),
    };
  }

  #see(event: Event, entry: Entry): void {
    switch (event.type) {
      case 'attempt.started': {
        const { attempt, worker } = event;
        const lane = plain(worker, 60);
        return this.#begin({ id: attempt, kind: 'attempt', lane, tasks: [taskOf(attempt)] }, entry);
      }
      case 'attempt.ended':
        return this.#end(event.attempt, event.reason, !GOOD_ENDS.has(event.reason), entry);
      case 'landing.started': {
        const tasks = event.members.map(({ task }) => task);
        return this.#begin({ id: event.landing, kind: 'gate', lane: 'gate', tasks }, entry);
      }
      case 'gate.ended': {
        const { outcome } = event.result;
        return this.#end(event.landing, outcome, !GOOD_GATES.has(outcome), entry);
      }
      case 'landing.dropped':
        return this.#end(event.landing, event.reason, true, entry);
      case 'iteration.started': {
        const tasks = event.owner === undefined ? [] : [event.owner];
        const id = `iteration ${event.iteration}`;
        return this.#begin({ id, kind: 'planning', lane: 'planner', tasks }, entry);
      }
      case 'iteration.ended':
        return this.#end(`iteration ${event.iteration}`, event.outcome, event.outcome !== 'planned', entry);
      case 'checks.ended': {
        const { durationMs, outcome } = event.result;
        const id = `checks ${entry.seq}`;
        const from = { ...entry, at: Math.max(0, entry.at - durationMs) };
        this.#begin({ id, kind: 'checks', lane: 'checks', tasks: [] }, from);
        return this.#end(id, outcome, outcome !== 'passed', entry);
      }
      // Of what a crash ended nobody says more: it is over at the latest with the run.
      case 'run.closed':
        for (const { id, to } of this.#spans.values()) if (to === null) this.#end(id, 'lost', true, entry);
        return;
    }
  }

  #begin(begun: Begun, { seq, at }: Entry): void {
    this.#spans.set(begun.id, { ...begun, from: at, to: null, outcome: '', isBad: false, seq });
    if (this.#spans.size <= SPANS_MAX) return;
    this.#spans.delete(this.#spans.keys().next().value!);
    this.#left += 1;
  }

  /** The first end counts: what is said of a landing after its gate is no part of its time under test. */
  #end(id: string, outcome: string, isBad: boolean, { seq, at }: Entry): void {
    const span = this.#spans.get(id);
    if (span?.to === null) this.#spans.set(id, { ...span, to: at, outcome, isBad, seq });
  }
}

const GOOD_ENDS: ReadonlySet<string> = new Set(['handed-in', 'answered', 'unneeded']);
const GOOD_GATES: ReadonlySet<string> = new Set(['passed', 'no-worse', 'none']);
