import type { Command } from '@swarm/core/commands';
import { type Decision, decide } from '@swarm/core/decide';
import type { Refusal } from '@swarm/core/errors';
import type { Entry, Event } from '@swarm/core/events';
import { fold } from '@swarm/core/fold';
import type { Journal } from '@swarm/core/ports/journal';
import type { Clock } from '@swarm/core/ports/world';
import { emptyState, type State } from '@swarm/core/state';

/**
 * The only writer: decide, fold, then one write and one fsync for everything decided since the last flush.
 * Nothing decided here may be acted upon before `flush` has resolved; if it rejects, the process must end,
 * because the state in memory is ahead of the journal.
 */
export class Applier {
  readonly state: State;
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #tell: (entry: Entry) => void;
  #unwritten: Entry[] = [];

  constructor(ask: { state: State; journal: Journal; clock: Clock; tell: (entry: Entry) => void }) {
    this.state = ask.state;
    this.#journal = ask.journal;
    this.#clock = ask.clock;
    this.#tell = ask.tell;
  }

  get isDirty(): boolean {
    return this.#unwritten.length > 0;
  }

  decide(command: Command): Decision | Refusal {
    const answer = decide(this.state, command);
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
      const entry: Entry = { seq: this.state.seq + 1, at: this.#clock.now(), cause, events };
      fold(this.state, entry);
      this.#unwritten.push(entry);
    }
    return { kind: 'decision', events };
  }

  async flush(): Promise<void> {
    if (this.#unwritten.length === 0) return;
    const entries = this.#unwritten;
    this.#unwritten = [];
    await this.#journal.append(entries);
    for (const entry of entries) this.#tell(entry);
  }
}
