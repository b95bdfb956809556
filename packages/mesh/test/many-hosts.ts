/**
 * `pnpm hosts:many [hosts] [attempts]`: so many hosts in one process. First 200 of them over a real message server, each of
 * which does one attempt whole; then 1,000 with ten slots each over a wire in this process, which do 60,000 attempts.
 * Prints what is in memory after a third, two thirds and all of them; exit 1 where it grows, or an attempt was not done.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { AttemptId } from '@swarm/core/model/ids';
import { NO_USAGE } from '@swarm/core/model/usage';
import type { Home } from '../src/home.ts';
import { MemoryWires } from '../src/memory-wire.ts';
import { connectNats } from '../src/nats.ts';
import { BASE, clock, homeOn, hostOn, playedRoom, startServer, until } from '../src/testing.ts';

const count = Number(process.argv[2] ?? 200);
const attempts = Number(process.argv[3] ?? 60_000);
const [MANY, SLOTS] = [1_000, 10];
/** What may come to it between a third and the end, where nothing is kept: MB. */
const GROWTH_MAX = 8;

const { signal } = new AbortController();
const limits = { steps: 1, tokens: 1, wallMs: 60_000, quietMs: 60_000 };
const prompt = { system: '', user: '' };
const job = { wish: {}, prompt, taskJson: '{}', limits, signal, onActivity: () => {} };
const agent = async () => ({ end: 'finished', detail: '', usage: NO_USAGE, toolCalls: 1 }) as const;
/** What was done there is told to nobody: it would be all that grows. */
const quiet = { push: () => 0 } as unknown as string[];
const openRoom = async () => playedRoom(quiet, { agent });

async function doOne(home: Home, host: string, slot: number, name: string): Promise<boolean> {
  const attempt = name as AttemptId;
  const bench = await home.host.open({ name, base: BASE, attempt, on: { host, slot }, signal });
  if (bench.kind !== 'bench') return false;
  await bench.agent(job);
  const saved = await bench.save('Do it');
  await bench.close();
  return saved.kind === 'pack';
}

const secondsSince = (since: number): string => `${((performance.now() - since) / 1_000).toFixed(1)} s`;

async function overServer(): Promise<boolean> {
  const names = Array.from({ length: count }, (_, i) => `h${i + 1}`);
  const server = await startServer(names);
  const open = (name: string) =>
    connectNats({ url: server.url, name, creds: server.seedOf(name), waits: false });
  const since = performance.now();
  const ofHome = await open('home');
  const home = homeOn(ofHome.wire, { leaseMs: 60_000 });
  await home.fleet.held([], []);
  const hosts = [];
  for (const name of names) {
    const wire = await open(name);
    hosts.push({ wire, host: hostOn(wire.wire, name, { openRoom }) });
  }
  await until(() => home.fleet.seen().present.length === count, 120_000);
  console.log(`${count} hosts are there after ${secondsSince(since)}`);
  const begun = performance.now();
  const done = await Promise.all(names.map((host, i) => doOne(home, host, 1, `t${i + 1}.1`)));
  const whole = done.filter(Boolean).length;
  console.log(`${whole} of ${count} attempts were done whole in ${secondsSince(begun)}`);
  await home.close();
  for (const { host, wire } of hosts) {
    await host.close();
    await wire.close();
  }
  await ofHome.close();
  await server.stop();
  return whole === count;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapMb(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed / 1024 / 1024;
}

async function inThisProcess(): Promise<boolean> {
  const wires = new MemoryWires({ clock });
  const home = homeOn(wires.wireOf('home'), { leaseMs: 120_000 });
  await home.fleet.held([], []);
  const names = Array.from({ length: MANY }, (_, i) => `h${i + 1}`);
  const hosts = names.map((name) => hostOn(wires.wireOf(name), name, { slots: SLOTS, openRoom }));
  await until(() => home.fleet.seen().present.length === MANY, 120_000);
  const begun = performance.now();
  const heaps: number[] = [];
  let [next, whole] = [0, 0];
  for (const third of [1, 2, 3]) {
    const upTo = Math.round((attempts * third) / 3);
    // Each place takes the next attempt as soon as it is free.
    const places = names.flatMap((host) => Array.from({ length: SLOTS }, (_, i) => ({ host, slot: i + 1 })));
    await Promise.all(
      places.map(async ({ host, slot }) => {
        while (next < upTo) {
          next += 1;
          if (await doOne(home, host, slot, `t${next}.1`)) whole += 1;
        }
      }),
    );
    heaps.push(heapMb());
  }
  const shown = heaps.map((mb) => mb.toFixed(1)).join(', ');
  console.log(
    `${whole} of ${attempts} attempts on ${MANY} hosts with ${SLOTS} slots in ${secondsSince(begun)}; heap after each third: ${shown} MB`,
  );
  for (const host of hosts) await host.close();
  await home.close();
  return whole === attempts && heaps[2]! - heaps[0]! < GROWTH_MAX;
}

const isServed = await overServer();
const isFlat = await inThisProcess();
process.exitCode = isServed && isFlat ? 0 : 1;
