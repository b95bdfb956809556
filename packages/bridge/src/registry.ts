/** Who is registered, how each of them stands, and who a call goes to. Sockets are somebody else's: a worker here has a link. */
import { type Breaker, breakerState, CLOSED, retryAfterMs } from '@swarm/core/rules/bridge/breaker';
import {
  type Health,
  type Route,
  type RouteAsk,
  route,
  type Standing,
} from '@swarm/core/rules/bridge/routing';
import {
  type AboutWorker,
  BRIDGE_LIMITS,
  type Registration,
  saysUnwell,
  type ToWorker,
} from '@swarm/core/rules/bridge/wire';

/** The way to a worker that is connected. */
export interface Link {
  send(message: ToWorker): void;
}

/** What its method is called with, and what becomes of it, is the calls' to know. */
export class Worker {
  readonly name: string;
  readonly id: string;
  capabilities: readonly string[];
  version: string | undefined;
  maxTasks: number = BRIDGE_LIMITS.maxTasksUnsaid;
  active = 0;
  turn = 0;
  breaker: Breaker = CLOSED;
  /** Absent: it is known by name alone, and cannot be called. */
  link: Link | undefined;

  constructor(name: string, id: string, { capabilities, version }: Registration) {
    this.name = name;
    this.id = id;
    this.capabilities = capabilities;
    this.version = version;
  }
}

/** What is said of a name on the topics, whether it is registered or not. */
interface Said {
  readonly health?: Health;
  readonly capabilities: readonly string[];
}

/** Names that were registered over HTTP and are not connected, and names of which something was said. */
const NAMES_MAX = 2_000;

export class Registry {
  readonly #workers = new Map<string, Worker>();
  readonly #said = new Map<string, Said>();
  readonly #newId: () => string;
  #turns = 0;

  constructor(newId: () => string) {
    this.#newId = newId;
  }

  get(name: string): Worker | undefined {
    return this.#workers.get(name);
  }

  /** Everybody, by name. */
  all(): readonly Worker[] {
    return [...this.#workers.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** By name alone. Who is connected under the name is left as it is. */
  register(about: Registration): Worker {
    const known = this.#workers.get(about.name);
    if (known?.link) return known;
    return this.#put(about);
  }

  /** Nobody else is connected under the name. What was wrong with who had it before stays known: the name may only have come back. */
  connect(about: Registration & { readonly maxTasks?: number | undefined }, link: Link): Worker {
    const worker = this.#put(about);
    worker.link = link;
    worker.maxTasks = about.maxTasks ?? BRIDGE_LIMITS.maxTasksUnsaid;
    this.#said.delete(about.name);
    return worker;
  }

  leave(worker: Worker): void {
    worker.link = undefined;
    if (this.#workers.get(worker.name) !== worker) return;
    // A name whose calls fail is remembered with its breaker.
    if (worker.breaker.failures === 0) this.#workers.delete(worker.name);
    else this.#forgetOld();
  }

  #put(about: Registration): Worker {
    const known = this.#workers.get(about.name);
    const worker = new Worker(about.name, known?.id ?? this.#newId(), about);
    if (known) worker.breaker = known.breaker;
    this.#workers.delete(about.name);
    this.#workers.set(about.name, worker);
    this.#forgetOld();
    return worker;
  }

  #forgetOld(): void {
    let idle = [...this.#workers.values()].filter(({ link }) => !link).length;
    for (const [name, { link }] of this.#workers) {
      if (idle <= NAMES_MAX) return;
      if (link) continue;
      this.#workers.delete(name);
      idle -= 1;
    }
  }

  // ───────────── what is said of them ─────────────

  note(about: AboutWorker, capabilities: readonly string[] = []): void {
    const { name, load, maxTasks } = about;
    const before = this.#said.get(name);
    const health = { isWell: !saysUnwell(about), ...(load !== undefined && { load }) };
    this.#said.delete(name);
    this.#said.set(name, {
      health,
      capabilities: capabilities.length > 0 ? capabilities : (before?.capabilities ?? []),
    });
    const worker = this.#workers.get(name);
    if (worker && maxTasks !== undefined) worker.maxTasks = maxTasks;
    const [oldest] = this.#said.keys();
    if (this.#said.size > NAMES_MAX) this.#said.delete(oldest!);
  }

  // ───────────── who a call goes to ─────────────

  route(ask: RouteAsk, now: number): Route {
    const connected = [...this.#workers.values()].filter(({ link }) => link);
    return route(
      ask,
      connected.map((worker) => this.standing(worker)),
      now,
    );
  }

  /** It is sent a call: others come first next time. */
  nextTurn(): number {
    this.#turns += 1;
    return this.#turns;
  }

  standing({ name, capabilities, version, maxTasks, active, breaker, turn }: Worker): Standing {
    const said = this.#said.get(name);
    return {
      name,
      capabilities: [...new Set([...capabilities, ...(said?.capabilities ?? [])])],
      ...(version !== undefined && { version }),
      maxTasks,
      active,
      ...(said?.health && { health: said.health }),
      breaker,
      turn,
    };
  }

  /** When the first of these may be tried again, ms; 0: it is not for their breakers. */
  retryAfterMs(names: readonly string[], now: number): number {
    const waits = names.map((name) => retryAfterMs(this.#workers.get(name)?.breaker ?? CLOSED, now));
    return waits.length === 0 ? 0 : Math.min(...waits);
  }

  stateOf = (worker: Worker, now: number) => breakerState(worker.breaker, now);
}
