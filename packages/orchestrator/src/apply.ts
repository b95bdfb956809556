import {
  type Clock,
  type Command,
  type Decision,
  decide,
  type Entry,
  fold,
  type Journal,
  type Refusal,
  type State,
} from '@swarm/core';

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
    if (answer.kind === 'refusal' || answer.events.length === 0) return answer;
    const entry: Entry = {
      seq: this.state.seq + 1,
      at: this.#clock.now(),
      cause: command.type,
      events: answer.events,
    };
    fold(this.state, entry);
    this.#unwritten.push(entry);
    return answer;
  }

  async flush(): Promise<void> {
    if (this.#unwritten.length === 0) return;
    const entries = this.#unwritten;
    this.#unwritten = [];
    await this.#journal.append(entries);
    for (const entry of entries) this.#tell(entry);
  }
}
