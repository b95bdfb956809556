import type { AttemptId } from '@swarm/core/model/ids';
import type { Clock, Log } from '@swarm/core/ports/world';
import type { State } from '@swarm/core/state';
import { type Waiting, waits } from '@swarm/core/views/waits';

/** Shorter waits are how things go. */
const NAMED_AFTER_MS = 60_000;
const LOOK_MS = 60_000;
/** Most waits named at one look, the longest first. */
const NAMED_AT_ONCE = 20;

/**
 * Says in the log what has waited for over a minute, and for what: nothing stalls in silence. Each wait is named
 * again when it has become twice as long, so that an hour's is six lines. Looks once a minute, decides nothing.
 */
export class Monitor {
  readonly #state: State;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #signs = new Map<AttemptId, number>();
  /** How long each wait was when it was last named, by what it is. */
  readonly #named = new Map<string, number>();
  #cancel: () => void = () => {};

  constructor(state: State, ports: { readonly clock: Clock; readonly log: Log }) {
    this.#state = state;
    this.#clock = ports.clock;
    this.#log = ports.log;
  }

  /** The log everybody writes to: what an agent is heard doing is its sign of life. */
  get log(): Log {
    return {
      write: (name, fields) => {
        const isSign = name === 'agent.activity' || name === 'agent.started';
        if (isSign && fields.attempt) this.#signs.set(fields.attempt, this.#clock.now());
        this.#log.write(name, fields);
      },
    };
  }

  start(): void {
    this.#cancel = this.#clock.after(LOOK_MS, () => {
      this.look();
      this.start();
    });
  }

  stop(): void {
    this.#cancel();
  }

  look(): void {
    for (const id of this.#signs.keys()) if (!this.#state.liveAttempts.has(id)) this.#signs.delete(id);
    const long = waits(this.#state, this.#clock.now(), this.#signs).filter((w) => w.forMs >= NAMED_AFTER_MS);
    const present = new Set(long.map(keyOf));
    for (const key of this.#named.keys()) if (!present.has(key)) this.#named.delete(key);
    for (const wait of long.filter((w) => this.#isDue(w)).slice(0, NAMED_AT_ONCE)) this.#name(wait);
  }

  #isDue(wait: Waiting): boolean {
    const last = this.#named.get(keyOf(wait));
    return last === undefined || wait.forMs <= last || wait.forMs >= 2 * last;
  }

  #name(wait: Waiting): void {
    this.#named.set(keyOf(wait), wait.forMs);
    const { reason, on, count, tasks, forMs, text } = wait;
    const [task] = tasks;
    this.#log.write('wait.named', {
      msg: text,
      ...(count === 1 && task && { task }),
      data: { reason, ...(on !== undefined && { on }), count, tasks, forMs },
    });
  }
}

const keyOf = ({ reason, on }: Waiting): string => `${reason} ${on ?? ''}`;
