/** For tests: a message server of its own, a clock, a host whose benches are played, a home over it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { CommitId } from '@swarm/core/model/ids';
import { NO_USAGE } from '@swarm/core/model/usage';
import type { AttemptHost, Bench, BenchAsk } from '@swarm/core/ports/bench';
import { ALL_SAVED } from '@swarm/core/ports/git';
import type { Clock } from '@swarm/core/ports/world';
import { type Home, type HomeParts, openHome } from './home.ts';
import { newIdentity, serverConfig } from './nats.ts';
import type { RunRoom } from './room.ts';
import type { Wire } from './wire.ts';
import { WorkerHost, type WorkerHostParts } from './worker-host.ts';

export const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

export const BASE = 'a'.repeat(40) as CommitId;
export const WORK = 'b'.repeat(40) as CommitId;

export interface Played {
  readonly shell?: (command: string) => string;
  readonly agent?: Bench['agent'];
  readonly pack?: Uint8Array;
  readonly onOpen?: (ask: BenchAsk) => void;
}

/** A host's room, and what was done in it. */
export function playedRoom(deeds: string[], played: Played = {}): RunRoom {
  const bench = (ask: BenchAsk): Bench => ({
    kind: 'bench',
    head: ask.base,
    conflicts: ['left.txt'],
    prefix: '/tree',
    agentFor: () => ({ name: 'played' }),
    async shell({ command, onLine }) {
      deeds.push(`shell ${command}`);
      const output = played.shell?.(command) ?? 'one\ntwo\n';
      for (const line of output.split('\n').filter(Boolean)) onLine?.('stdout', line);
      return { end: 'exited', exitCode: 0, output, durationMs: 1 };
    },
    async agent(job) {
      deeds.push(`agent ${ask.name}`);
      if (played.agent) return played.agent(job);
      job.onActivity({ kind: 'text', detail: 'thinking' });
      return { end: 'finished', detail: '', usage: NO_USAGE, toolCalls: 1 };
    },
    async save(message) {
      deeds.push(`save ${message}`);
      return { kind: 'here', report: ALL_SAVED };
    },
    async close() {
      deeds.push(`close ${ask.name}`);
    },
  });
  const host: AttemptHost = {
    name: 'local',
    slots: 4,
    capabilities: [],
    isFull: async () => false,
    reap: async () => 0,
    clear: async () => [],
    async open(ask) {
      deeds.push(`open ${ask.name}`);
      played.onOpen?.(ask);
      return bench(ask);
    },
  };
  return {
    host,
    store: {
      missing: async (commits) => commits,
      haves: async () => [],
      take: async (pack) => void deeds.push(`took ${pack.length}`),
      work: async () => ({ kind: 'work', head: WORK, pack: played.pack ?? Buffer.from('PACK') }),
    },
    close: async () => void deeds.push('room closed'),
  };
}

export interface Told {
  readonly event: string;
  readonly msg: string;
}

export function homeOn(wire: Wire, over: Partial<HomeParts> = {}): Home & { readonly told: Told[] } {
  const told: Told[] = [];
  const local = playedRoom([]).host;
  const home = openHome({
    wire,
    clock,
    log: { write: (event, { msg }) => void told.push({ event, msg }) },
    run: 'r-20261201-test',
    epoch: 1,
    nonce: crypto.randomUUID(),
    version: '1',
    leaseMs: 1_500,
    base: BASE,
    local,
    hub: {
      async *pack(wants) {
        yield Buffer.from(wants.join());
      },
    },
    factsOf: () => ({ name: 'played' }),
    terms: { hello: 'host' },
    ...over,
  });
  return Object.assign(home, { told });
}

export function hostOn(wire: Wire, name: string, over: Partial<WorkerHostParts> = {}): WorkerHost {
  return new WorkerHost({
    wire,
    clock,
    name,
    slots: 2,
    capabilities: ['played'],
    version: '1',
    session: crypto.randomUUID(),
    openRoom: async () => playedRoom([]),
    keepMs: 60_000,
    load: () => ({ load: 0, cpus: 1 }),
    tell: () => {},
    ...over,
  });
}

/** Resolves once it is so; looked at whenever the home says that something changed, and now and then. */
export async function until(isSo: () => boolean, withinMs = 20_000): Promise<void> {
  const since = performance.now();
  while (!isSo()) {
    if (performance.now() - since > withinMs) throw new Error(`it is not so after ${withinMs} ms: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

// ───────────────────────── a message server ─────────────────────────

const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];

/** Undefined: there is none on this machine. */
export const SERVER = FOLDERS.map((one) => join(one, 'nats-server')).find(existsSync);

export const needsServer = SERVER
  ? {}
  : { skip: 'nats-server is not there; fix: apt-get install nats-server' };

export interface TestServer {
  readonly url: string;
  /** The file with the identity of `home` or of a host. */
  seedOf(name: string): string;
  /** Stops it, loses all it held, and starts it again at the same place. */
  loseEverything(): Promise<void>;
  stop(): Promise<void>;
}

/** @param hasQueues false: a server without JetStream, as it is where nobody said otherwise. */
export async function startServer(hosts: readonly string[], hasQueues = true): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'swarm-nats-'));
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  const all = new Map(['home', ...hosts].map((name) => [name, newIdentity()]));
  const seedOf = (name: string): string => join(folder, `${name}.seed`);
  for (const [name, { seed }] of all) writeFileSync(seedOf(name), seed);
  const { publicKey: home } = all.get('home')!;
  const config = serverConfig({
    listen: `127.0.0.1:${port}`,
    store: join(folder, 'streams'),
    home,
    hosts: new Map(hosts.map((name) => [name, all.get(name)!.publicKey])),
  });
  const without = config.replace(/^jetstream \{[^}]*\}$/m, '');
  writeFileSync(join(folder, 'server.conf'), hasQueues ? config : without);
  let child: ChildProcess;
  const start = async (): Promise<void> => {
    child = spawn(SERVER!, ['-c', join(folder, 'server.conf')], { stdio: 'ignore' });
    for (let n = 0; n < 200 && !(await answers(port)); n++) await new Promise((r) => setTimeout(r, 50));
  };
  const kill = async (): Promise<void> => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  await start();
  return {
    url: `nats://127.0.0.1:${port}`,
    seedOf,
    async loseEverything() {
      await kill();
      rmSync(join(folder, 'streams'), { recursive: true, force: true });
      await start();
    },
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
