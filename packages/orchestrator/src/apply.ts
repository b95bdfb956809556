import type { Command } from '@swarm/core/commands';
import { type Decision, decide } from '@swarm/core/decide';
import { type Refusal, SwarmError } from '@swarm/core/errors';
import type { Entry, Event } from '@swarm/core/events';
import { fold } from '@swarm/core/fold';
import type { OpenedJournal } from '@swarm/core/ports/journal';
import type { Clock } from '@swarm/core/ports/world';
import { emptyState, isOpened, type State } from '@swarm/core/state';
import type { OnDisk } from './context.ts';

/**
 * The only writer: decide, fold, then one write and one fsync for everything decided since the last flush.
 *
 * It keeps two states. Decisions are made on `deciding`, which is ahead of the journal. `state` is folded once the
 * disk has the entries: effects, views and whoever watches get that one, so that nothing acts on a decision a crash
 * could take back. If `flush` rejects, the process must end.
 */
export class Applier {
  /** Read by whoever works out the next decision, and by nobody else. */
  readonly deciding: State = emptyState();
  readonly #state: State = emptyState();
  readonly #ask: { readonly journal: OpenedJournal; readonly clock: Clock; readonly tell: Tell };
  #unwritten: Entry[] = [];
  #lastFlush: Promise<void> = Promise.resolve();

  /** @param ask `tell` is called with each entry once it is on disk and folded. */
  constructor(ask: { readonly journal: OpenedJournal; readonly clock: Clock; readonly tell: Tell }) {
    this.#ask = ask;
    for (const entry of ask.journal.entries) {
      fold(this.deciding, entry);
      fold(this.#state, entry);
    }
  }

  /** Exactly what is on disk; the same object for ever. */
  get state(): OnDisk<State> {
    return this.#state as OnDisk<State>;
  }

  /** The same object, for whoever needs an open run. Throws when the disk has none. */
  get opened(): OnDisk {
    if (isOpened(this.#state)) return this.#state as OnDisk;
    throw new SwarmError({ code: 'SW0801', what: 'an effect is started before a run was opened' });
  }

  decide(command: Command): Decision | Refusal {
    const answer = decide(this.deciding, command);
    return answer.kind === 'refusal' ? answer : this.#record(command.type, answer.events);
  }

  /**
   * Begins a new journal with one entry for all of these: a crash leaves the whole beginning or none of it, so
   * that a run never opens without its plan.
   */
  open(commands: readonly Command[]): Decision | Refusal {
    const scratch = emptyState();
    const events: Event[] = [];
    for (const command of commands) {
      const answer = decide(scratch, command);
      if (answer.kind === 'refusal') return answer;
      events.push(...answer.events);
      fold(scratch, { seq: scratch.seq + 1, at: 0, cause: command.type, events: answer.events });
    }
    return this.#record(commands[0]!.type, events);
  }

  #record(cause: string, events: readonly Event[]): Decision {
    if (events.length > 0) {
      const entry: Entry = { seq: this.deciding.seq + 1, at: this.#ask.clock.now(), cause, events };
      fold(this.deciding, entry);
      this.#unwritten.push(entry);
    }
    return { kind: 'decision', events };
  }

  /** Resolves once all that was decided before this call is on disk and in `state`. One writes at a time. */
  flush(): Promise<void> {
    this.#lastFlush = this.#lastFlush.then(() => this.#write());
    return this.#lastFlush;
  }

  async #write(): Promise<void> {
    if (this.#unwritten.length === 0) return;
    const entries = this.#unwritten;
    this.#unwritten = [];
    await this.#ask.journal.journal.append(entries);
    for (const entry of entries) {
      fold(this.#state, entry);
      this.#ask.tell(entry, this.state);
    }
  }
}

type Tell = (entry: Entry, state: OnDisk<State>) => void;
