/**
 * Hosts that outlive the home's process: the mesh as it is, over a wire that loses, doubles, delays and mixes up what is
 * said, between machines that are cut off, killed, told to stop, and whose clocks disagree.
 */
import type { AttemptId, CommitId } from '@swarm/core/model/ids';
import type { Clock } from '@swarm/core/ports/world';
import { MemoryWires, openHome, type RunRoom, type Wire, WorkerHost } from '@swarm/mesh';
import { createLocalHost, type OrchestratorPorts } from '@swarm/orchestrator';
import type { SimHosts } from '../sim/asked.ts';
import { NO_FAULTS } from '../sim/faults.ts';
import { Incarnation } from '../sim/scheduler.ts';
import type { Story } from '../sim/story.ts';
import { RUN_ID, type World } from '../sim/world.ts';
import { twinAgent } from './agent.ts';
import { twinSandbox } from './sandbox.ts';
import { twinEnvironments, twinLog } from './small.ts';
import { twinWorkspaces } from './workspaces.ts';

interface SimHost {
  readonly name: string;
  readonly nth: number;
  inc: Incarnation;
  worker: WorkerHost;
  cutUntil: number;
}

class SimFleet {
  readonly wires: MemoryWires;
  readonly #world: World;
  readonly #ask: SimHosts;
  readonly #hosts = new Map<string, SimHost>();
  #sessions = 0;
  homes = 0;

  constructor(world: World, ask: SimHosts) {
    this.#world = world;
    this.#ask = ask;
    this.wires = new MemoryWires({
      clock: { after: (delayMs, run) => world.scheduler.after(delayMs, run) },
      delays: ({ host }) => this.#delays(host),
    });
    for (let nth = 0; nth < ask.slots.length; nth++) {
      this.#start(`h${nth + 1}`, nth);
      this.#trouble(`h${nth + 1}`);
    }
  }

  get #isCalm(): boolean {
    return this.#world.rates === NO_FAULTS;
  }

  #delays(host: string): readonly number[] {
    const { random, scheduler } = this.#world;
    const known = this.#hosts.get(host);
    if (known && known.cutUntil > scheduler.now && !this.#isCalm) return [];
    const { lost, twice, late, lateMsMax } = this.#ask;
    const delay = (): number =>
      !this.#isCalm && random.chance(late) ? random.between(1, lateMsMax) : random.between(1, 20);
    if (this.#isCalm) return [delay()];
    if (random.chance(lost)) return [];
    return random.chance(twice) ? [delay(), delay()] : [delay()];
  }

  #start(name: string, nth: number): void {
    const { scheduler, random } = this.#world;
    const inc = new Incarnation(scheduler, random.fork());
    this.#sessions += 1;
    const skewMs = this.#ask.skewMs[nth]!;
    const { clock } = inc;
    const skewed: Clock = { ...clock, now: () => clock.now() + skewMs };
    const worker = new WorkerHost({
      wire: aliveOnly(this.wires.wireOf(name), inc),
      clock: skewed,
      name,
      slots: this.#ask.slots[nth]!,
      capabilities: ['twin', ...this.#ask.capabilities[nth]!],
      version: 'sim',
      session: `s${this.#sessions}`,
      openRoom: async () => this.#room(name, inc),
      keepMs: 3_600_000,
      load: () => ({ load: 0, cpus: 1 }),
      tell: (event, msg) => this.#world.tell(`${name} ${event}`, msg),
    });
    const cutUntil = this.#hosts.get(name)?.cutUntil ?? 0;
    this.#hosts.set(name, { name, nth, inc, worker, cutUntil });
  }

  #room(name: string, inc: Incarnation): RunRoom {
    const world = this.#world;
    const host = createLocalHost({
      slots: 100,
      capabilities: ['twin'],
      workspaces: twinWorkspaces(world, inc, name),
      sandbox: twinSandbox(world, inc),
      environments: twinEnvironments(world, inc),
      agentFor: () => twinAgent(world, inc, name),
      leftovers: async () => [],
      isFull: async () => world.isFull,
      log: twinLog(world, inc),
      clock: inc.clock,
    });
    return {
      host,
      store: {
        missing: async (commits) => commits.slice(0, 1),
        haves: async () => [],
        take: async () => {},
        work: async (attempt) => {
          const head: CommitId | undefined = world.savedOn.get(name)?.get(attempt as AttemptId);
          return head ? { kind: 'work', head, pack: Buffer.from(head) } : { kind: 'nothing' };
        },
      },
      close: async () => {},
    };
  }

  /** Somebody looks after it now and then, as long as faults last. */
  #trouble(name: string): void {
    const { random, scheduler } = this.#world;
    scheduler.after(random.between(30_000, 600_000), () => {
      if (this.#isCalm) return;
      const host = this.#hosts.get(name)!;
      const { cut, killed, drained, leaseMs } = this.#ask;
      if (random.chance(cut)) {
        host.cutUntil = scheduler.now + random.between(1_000, leaseMs * 6);
        this.#world.tell(name, 'is cut off');
      }
      const isKilled = random.chance(killed);
      // Who is dead already begins anew once, not twice.
      if (isKilled && host.inc.isAlive) this.#kill(host);
      else if (!isKilled && random.chance(drained)) this.#drain(host);
      this.#trouble(name);
    });
  }

  /** All it had is gone; it begins anew a moment later. */
  #kill({ name, nth, inc }: SimHost): void {
    const { workspaces, savedOn, scheduler, random } = this.#world;
    this.#world.tell(name, 'is killed');
    inc.isAlive = false;
    this.wires.forget(name);
    for (const [key, { host }] of workspaces) if (host === name) workspaces.delete(key);
    savedOn.delete(name);
    scheduler.after(random.between(100, 300_000), () => this.#start(name, nth));
  }

  #drain(host: SimHost): void {
    this.#world.tell(host.name, 'is told to stop');
    void host.worker.drain('told to stop', 60_000).then(() => {
      if (host.inc.isAlive) this.#kill(host);
    });
  }
}

const FLEETS = new WeakMap<World, SimFleet>();

/** The ports with hosts, where the story has some. */
export function hosted(
  world: World,
  story: Story,
  inc: Incarnation,
  ports: OrchestratorPorts,
): OrchestratorPorts {
  const { hosts } = story.features;
  if (!hosts) return ports;
  const fleet = FLEETS.get(world) ?? new SimFleet(world, hosts);
  FLEETS.set(world, fleet);
  fleet.homes += 1;
  fleet.wires.forget('home');
  const home = openHome({
    wire: aliveOnly(fleet.wires.wireOf('home'), inc),
    clock: inc.clock,
    log: ports.log,
    run: RUN_ID,
    epoch: ports.journal.entries.length,
    nonce: `home${fleet.homes}`,
    version: 'sim',
    leaseMs: hosts.leaseMs,
    base: world.base,
    local: ports.host,
    hub: ports.hub,
    factsOf: () => ({ name: 'twin', hears: true }),
    terms: {},
  });
  return { ...ports, host: home.host, fleet: home.fleet };
}

/** What a dead process says is not said, and it hears nothing. */
function aliveOnly(wire: Wire, inc: Incarnation): Wire {
  return {
    ...wire,
    publish: (subject, bytes) => {
      if (inc.isAlive) wire.publish(subject, bytes);
    },
    dispatch: (host, id, bytes) => {
      if (inc.isAlive) wire.dispatch(host, id, bytes);
    },
    subscribe: (subject, hear) =>
      wire.subscribe(subject, (on, bytes) => {
        if (inc.isAlive) hear(on, bytes);
      }),
    receive: (host, hear) =>
      wire.receive(host, (bytes) => {
        if (inc.isAlive) hear(bytes);
      }),
  };
}
