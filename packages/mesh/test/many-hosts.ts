/** `pnpm hosts:many [200]`: so many hosts in one process over a real message server, each of which does one attempt whole. */
import type { AttemptId } from '@swarm/core/model/ids';
import { NO_USAGE } from '@swarm/core/model/usage';
import { connectNats } from '../src/nats.ts';
import { BASE, homeOn, hostOn, playedRoom, startServer, until } from '../src/testing.ts';

const count = Number(process.argv[2] ?? 200);
const names = Array.from({ length: count }, (_, i) => `h${i + 1}`);
const server = await startServer(names);
const open = (name: string) =>
  connectNats({ url: server.url, name, creds: server.seedOf(name), waits: false });
const since = performance.now();
const ofHome = await open('home');
const home = homeOn(ofHome.wire, { leaseMs: 60_000 });
await home.fleet.held([], []);
const agent = async () => ({ end: 'finished', detail: '', usage: NO_USAGE, toolCalls: 1 }) as const;
const hosts = [];
for (const name of names) {
  const wire = await open(name);
  hosts.push({ wire, host: hostOn(wire.wire, name, { openRoom: async () => playedRoom([], { agent }) }) });
}
await until(() => home.fleet.seen().present.length === count, 120_000);
console.log(`${count} hosts are there after ${((performance.now() - since) / 1_000).toFixed(1)} s`);
const begun = performance.now();
const { signal } = new AbortController();
const limits = { steps: 1, tokens: 1, wallMs: 60_000, quietMs: 60_000 };
const job = {
  wish: {},
  prompt: { system: '', user: '' },
  taskJson: '{}',
  limits,
  signal,
  onActivity: () => {},
};
const done = await Promise.all(
  names.map(async (host, i) => {
    const name = `t${i + 1}.1` as AttemptId;
    const bench = await home.host.open({ name, base: BASE, attempt: name, on: { host, slot: 1 }, signal });
    if (bench.kind !== 'bench') return false;
    await bench.agent(job);
    const saved = await bench.save('Do it');
    await bench.close();
    return saved.kind === 'pack';
  }),
);
const whole = done.filter(Boolean).length;
console.log(
  `${whole} of ${count} attempts were done whole in ${((performance.now() - begun) / 1_000).toFixed(1)} s`,
);
await home.close();
for (const { host, wire } of hosts) {
  await host.close();
  await wire.close();
}
await ofHome.close();
await server.stop();
process.exitCode = whole === count ? 0 : 1;
