/** `swarm run --hosts`: hosts as processes of their own over a real message server, from the start of the program to its end. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { World } from './support/world.ts';

const there = spawnSync('nats-server', ['--version'], {
  env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
}).status;
const noServer = there === 0 ? {} : { skip: 'nats-server is not there; fix: apt-get install nats-server' };
const FILES = { 'README.md': 'shop\n' };
const OPEN = ['--gate', 'true', '--sandbox', 'none', '--workers', '2', '--hosts', '2'];

const BOTH = ['local-1 here', 'local-2 here'];

interface Listed {
  readonly host: string;
  readonly state: string;
}

interface Started {
  readonly type: string;
  readonly attempt?: string;
  readonly on?: { readonly host: string };
}

const TOKEN = `token-${'4f1c'.repeat(8)}`;

/** The programs of this world, and whether the operator's keys are in what each was started with. */
async function environmentsIn({ root }: World) {
  const found = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '');
    const [told, own] = [await read('cmdline'), await read('environ')];
    const args = told.split('\0');
    if (!args.some((arg) => arg.includes(root))) continue;
    const what = args.includes('worker') ? 'worker' : args.includes('run') ? 'home' : 'other';
    found.push({ what, has: own.includes(TOKEN) });
  }
  return found;
}

async function eventsOf(world: World): Promise<readonly Started[]> {
  const journal = await readFile(join(await world.runFolder(), 'journal.ndjson'), 'utf8');
  return journal
    .trim()
    .split('\n')
    .flatMap((line) => (JSON.parse(line) as { events: Started[] }).events);
}

test('two hosts do the tasks of a run between them, and the promises hold', noServer, async (t) => {
  const world = await World.with(t, FILES);
  const both = `touch ${world.root}/here-$$; until test $(ls ${world.root} | grep -c here-) -ge 2; do sleep 0.05; done`;
  const plan = ['a', 'b', 'c', 'd'].map((name) => ({
    title: `Write ${name}`,
    description: `${both}; echo ${name} > ${name}.txt`,
    scope: [`${name}.txt`],
  }));
  const run = await world.swarm(await world.plan(plan, ...OPEN));
  assert.equal(run.code, 0, run.stderr);
  const events = await eventsOf(world);
  const hosts = events.flatMap(({ type, on }) => (type === 'attempt.started' ? [on?.host] : []));
  assert.equal(new Set(hosts).size, 2, JSON.stringify(hosts));
  assert.equal((await world.swarm(['verify'])).code, 0);
});

test('a run of hosts that is killed goes on, and each task lands once', noServer, async (t) => {
  const world = await World.with(t, FILES);
  const plan = ['a', 'b', 'c'].map((name, i) => ({
    title: `Write ${name}`,
    description: `${i === 0 ? 'true' : `until test -e ${world.root}/go; do sleep 0.05; done`}; echo ${name} > ${name}.txt`,
    scope: [`${name}.txt`],
  }));
  const env = { GITHUB_TOKEN: TOKEN, OPENAI_API_KEY: TOKEN };
  const run = world.start(await world.plan(plan, ...OPEN), { env });
  await run.line(/landed t1/);
  const processes = await environmentsIn(world);
  assert.deepEqual(
    processes.filter(({ has }) => has).map(({ what }) => what),
    ['home'],
  );
  assert.deepEqual(processes.filter(({ what }) => what === 'worker').length, 2);
  const { live, hosts } = JSON.parse((await world.swarm(['workers', '--json'])).stdout);
  assert.deepEqual([live, hosts.map(({ host, state }: Listed) => `${host} ${state}`).sort()], [true, BOTH]);
  run.kill('SIGKILL');
  await run.ended;
  await world.release();
  const resumed = await world.swarm(['resume']);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.match(resumed.stdout, /3 of 3 landed/);
  assert.equal((await world.swarm(['verify'])).code, 0);
});
