/** Says in the log when something comes up that a person must decide, and when it is decided. Decides nothing. */
import type { Entry, EventType } from '@swarm/core/events';
import type { Log } from '@swarm/core/ports/world';
import type { State } from '@swarm/core/state';
import { type Need, needs } from '@swarm/core/views/needs';

/** What else happens changes nothing of what a person has to decide. */
const LOOKED_AT: ReadonlySet<string> = new Set([
  'run.paused',
  'run.continued',
  'run.stopped',
  'run.resumed',
  'run.reopened',
  'run.cancelled',
  'run.closed',
  'task.failed',
  'task.cancelled',
  'task.retried',
  'task.accepted',
  'landing.landed',
  'landing.undone',
  'checks.ended',
  'rechecks.ended',
  'finding.closed',
] satisfies EventType[]);

export class NeedsWatch {
  readonly #state: State;
  readonly #log: Log;
  #open: ReadonlyMap<string, Need>;

  /** @param state as it is on disk. What is open now was told before. */
  constructor(state: State, log: Log) {
    this.#state = state;
    this.#log = log;
    this.#open = this.#now();
  }

  /** To be called with every entry that is on disk and folded. */
  look({ events }: Entry): void {
    if (!events.some(({ type }) => LOOKED_AT.has(type))) return;
    const before = this.#open;
    this.#open = this.#now();
    for (const [id, need] of this.#open) if (!before.has(id)) this.#say('need.opened', need);
    for (const [id, need] of before) if (!this.#open.has(id)) this.#say('need.met', need);
  }

  /** Whoever paused the run knows. */
  #now(): ReadonlyMap<string, Need> {
    const { listed } = needs(this.#state, true);
    return new Map(listed.filter(({ id }) => id !== 'paused operator').map((need) => [need.id, need]));
  }

  #say(event: 'need.opened' | 'need.met', { id, kind, task, text, choices }: Need): void {
    this.#log.write(event, {
      msg: event === 'need.opened' ? `needs you: ${text}; swarm status` : `needs you no more: ${text}`,
      ...(task && { task }),
      data: { id, kind, text, choices },
    });
  }
}
