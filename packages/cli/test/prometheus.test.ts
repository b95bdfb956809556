/** A real Prometheus over `swarm serve`, with the configuration and the alerts of infra/prometheus. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type Site, servedBy } from './support/served.ts';
import { World } from './support/world.ts';

const there = spawnSync('prometheus', ['--version']).status === 0;
const noPrometheus = there ? {} : { skip: 'prometheus is not there; fix: apt-get install prometheus' };
const INFRA = join(import.meta.dirname, '../../../infra/prometheus');

/** The example as it stands, but for where the token lies, which port is asked, and how often. */
async function configured(folder: string, site: Site): Promise<string> {
  const example = await readFile(join(INFRA, 'prometheus.yml'), 'utf8');
  const changes: readonly [string, string][] = [
    ['/etc/prometheus/swarm.token', site.tokenFile],
    ['127.0.0.1:7420', new URL(site.url).host],
    ['scrape_interval: 15s', 'scrape_interval: 1s\n  evaluation_interval: 1s'],
  ];
  for (const [from] of changes) assert(example.includes(from), from);
  await mkdir(folder, { recursive: true });
  await cp(join(INFRA, 'swarm.rules.yml'), join(folder, 'swarm.rules.yml'));
  const file = join(folder, 'prometheus.yml');
  await writeFile(
    file,
    changes.reduce((text, [from, to]) => text.replace(from, to), example),
  );
  return file;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Asks Prometheus until what it says will do. */
async function scraping(t: TestContext, folder: string, site: Site) {
  const listen = `127.0.0.1:${await freePort()}`;
  const args = [
    `--config.file=${await configured(folder, site)}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${listen}`,
  ];
  const prometheus = spawn('prometheus', args, { stdio: 'ignore' });
  t.after(async () => {
    prometheus.kill('SIGKILL');
    if (prometheus.exitCode === null && prometheus.signalCode === null) await once(prometheus, 'exit');
  });
  return async <T>(path: string, read: (data: never) => T | undefined): Promise<T> => {
    for (const until = Date.now() + 60_000; Date.now() < until; await wait(100)) {
      const told = await fetch(`http://${listen}/api/v1/${path}`).catch(() => undefined);
      // While it starts it says so in plain words.
      const body = told?.ok ? ((await told.json()) as { data: never }) : undefined;
      const found = body && read(body.data);
      if (found !== undefined) return found;
    }
    throw new Error(`Prometheus never says what is waited for: ${path}`);
  };
}

interface Found {
  readonly result: readonly { readonly metric: Record<string, string>; readonly value: [number, string] }[];
}
interface Targets {
  readonly activeTargets: readonly { readonly health: string; readonly labels: Record<string, string> }[];
}
interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly name: string; readonly health: string }[];
  }[];
}

test(
  'Prometheus scrapes a live run by the example’s configuration, and every alert can be judged',
  noPrometheus,
  async (t) => {
    const world = await World.with(t, { 'README.md': 'shop\n' });
    const plan = [
      { title: 'Write a', description: 'echo a > a.txt', scope: ['a.txt'] },
      {
        title: 'Write b',
        description: `until test -e ${world.root}/go; do sleep 0.05; done; echo b > b.txt`,
        scope: ['b.txt'],
      },
    ];
    const site = await servedBy(t, world.start(['serve', '--port', '0', '--json']));
    const run = world.start(await world.plan(plan, '--gate', 'true', '--sandbox', 'none', '--workers', '1'));
    await run.line(/landed t1/);
    const ask = await scraping(t, join(world.root, 'prometheus'), site);
    const value = (query: string, wanted: string) =>
      ask(`query?query=${encodeURIComponent(query)}`, ({ result }: Found) =>
        result[0]?.value[1] === wanted ? result[0] : undefined,
      );
    const open = await value('swarm_run_open', '1');
    assert.equal(open.metric.job, 'swarm');
    await value('swarm_landings_total{outcome="landed"}', '1');
    await value('sum(swarm_tasks{state=~"assigned|running"})', '1');
    const health = await ask('targets', ({ activeTargets }: Targets) =>
      activeTargets.find(({ labels, health }) => labels.job === 'swarm' && health !== 'unknown'),
    );
    assert.equal(health.health, 'up');
    await world.release();
    assert.equal((await run.ended).code, 0);
    await value('swarm_landings_total{outcome="landed"}', '2');
    await value('swarm_run_open', '0');
    const judged = await ask('rules', ({ groups }: Rules) => {
      const all = groups.flatMap(({ rules }) => rules);
      return all.length > 0 && all.every(({ health }) => health !== 'unknown') ? all : undefined;
    });
    assert.deepEqual(
      judged.map(({ name, health }) => `${name} ${health}`).filter((line) => !line.endsWith(' ok')),
      [],
    );
  },
);
