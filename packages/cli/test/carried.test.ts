/** A run whose journal is in git: killed on one machine, it goes on in a fresh clone on another, in the real program. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { World } from './support/world.ts';

const CARRIED = '[journal]\nref = true\nevery = "1s"\n';
const FLAGS = ['--sandbox', 'none', '--gate', 'true', '--workers', '2'];

/** Far above what a step takes on a busy machine. */
const PATIENCE_MS = 600_000;

interface Machines {
  readonly a: World;
  readonly b: World;
  readonly origin: string;
  readonly run: string;
  readonly ref: string;
}

/** Machine A is killed with two tasks landed and two at work; machine B has a fresh clone, another home, another state. */
async function killedOnA(
  t: TestContext,
  more: readonly string[] = [],
  whileLive: (machines: Machines) => Promise<void> = async () => undefined,
): Promise<Machines> {
  const a = await World.with(t, { 'README.md': 'shop\n' });
  await a.configure(CARRIED);
  const origin = join(a.root, 'origin.git');
  await a.gitIn(a.root, 'clone', '--quiet', '--bare', a.repository, origin);
  await a.git('remote', 'add', 'origin', origin);
  const waits = `until test -e ${a.root}/go; do sleep 0.05; done`;
  const tasks = ['one', 'two'].map((id) => ({
    id,
    title: `Write ${id}`,
    description: `echo ${id} > ${id}.txt`,
  }));
  const late = ['three', 'four'].map((id) => ({
    id,
    title: `Write ${id}`,
    dependsOn: ['one', 'two'],
    description: `${waits}; echo ${id} > ${id}.txt`,
  }));
  const running = a.start(await a.plan([...tasks, ...late], ...FLAGS, ...more));
  await running.line(/t4\.1 started/, PATIENCE_MS);
  const run = (await a.runFolder()).split('/').at(-1)!;
  const ref = `refs/swarm/${run}`;
  const holder = more.includes('push') ? origin : a.repository;
  for (let tries = 0; !(await carriedText(a, holder, ref)).includes('"attempt":"t4.1"'); tries++) {
    assert.ok(tries < 6_000, 'the reference never had the beginning of t4');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const b = await World.make(t);
  await b.gitIn(b.root, 'clone', '--quiet', origin, b.repository);
  const machines = { a, b, origin, run, ref };
  await whileLive(machines);
  running.kill('SIGKILL');
  await running.ended;
  await a.release();
  return machines;
}

const carriedText = (world: World, gitDir: string, ref: string): Promise<string> =>
  world.gitIn(gitDir, 'show', `${ref}:journal/000001.ndjson`).catch(() => '');

const tasksOn = async (world: World, gitDir: string, branch: string): Promise<readonly string[]> => {
  const log = await world.gitIn(gitDir, 'log', '--format=%(trailers:key=Swarm-Task,valueonly)', branch);
  return log
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('/').at(-1)!)
    .sort();
};

async function refusedWhileLive({ b, ref }: Machines): Promise<void> {
  const live = await b.swarm(['resume', '--from-ref', ref, '--from', 'origin', '--trust-run']);
  assert.equal(live.code, 75, live.stderr);
  assert.match(live.stderr, /error\[SW0501\]: .* is live on [\s\S]*--takeover/);
}

test('killed on one machine it goes on in a fresh clone on another, and each task lands once', async (t) => {
  const { a, b, origin, run, ref } = await killedOnA(t, ['--deliver', 'push'], refusedWhileLive);
  const asked = ['resume', '--from-ref', ref, '--from', 'origin'];
  const unread = await b.swarm(asked);
  assert.equal(unread.code, 78);
  assert.match(
    unread.stderr,
    /error\[SW0315\][\s\S]*show refs\/swarm\/[^ ]+:run\.json; then swarm resume --from-ref .* --trust-run/,
  );
  assert.ok(!existsSync(join(b.repository, '.git', 'swarm', 'runs', run)), 'nothing of it is a run here');
  const resumed = await b.swarm([...asked, '--trust-run', '--takeover']);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.match(resumed.stderr, /is taken up here as /);
  assert.deepEqual(await tasksOn(b, origin, 'main'), ['t1', 't2', 't3', 't4']);
  assert.match(await carriedText(b, origin, ref), /"type":"run.closed"/);
  assert.match(await b.gitIn(origin, 'show', `${ref}:report.md`), /complete/);
  // The first machine comes back.
  const back = await a.swarm(['resume']);
  assert.equal(back.code, 75, back.stderr);
  assert.match(back.stderr, /error\[SW0501\]: .* was taken up on another machine/);
});

test('what lands for review comes with the reference, and goes on from a clone that has nothing else', async (t) => {
  const { a, b, run, ref } = await killedOnA(t);
  await b.gitIn(b.repository, 'fetch', '--quiet', a.repository, `${ref}:${ref}`);
  const resumed = await b.swarm(['resume', '--from-ref', ref, '--trust-run', '--takeover']);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.deepEqual(await tasksOn(b, b.repository, `swarm/${run}`), ['t1', 't2', 't3', 't4']);
  const verified = await b.swarm(['verify']);
  assert.equal(verified.code, 0, verified.stdout);
});

test('a forged reference runs nothing before it is trusted, and a damaged one never', async (t) => {
  const { a, b, run, ref } = await killedOnA(t);
  const stolen = join(b.root, 'stolen');
  const forge = async (name: string, text: string): Promise<void> => {
    const blob = await b.gitWith({}, b.repository, 'hash-object', '-w', await fileWith(b, text));
    const rows = (await b.git('ls-tree', ref)).split('\n').filter((row) => !row.endsWith(`\t${name}`));
    await writeFile(join(b.root, 'rows'), [...rows, `100644 blob ${blob}\t${name}\n`].join('\n'));
    const tree = await b.git('-c', 'alias.made=!f() { git mktree < "$1"; }; f', 'made', join(b.root, 'rows'));
    await b.git('update-ref', ref, await b.git('commit-tree', tree, '-p', ref, '-m', 'forged'));
  };
  await b.gitIn(b.repository, 'fetch', '--quiet', a.repository, `${ref}:${ref}`);
  const runJson = JSON.parse(await b.git('show', `${ref}:run.json`));
  await forge('run.json', JSON.stringify({ ...runJson, gate: `touch ${stolen}`, setup: `touch ${stolen}` }));
  const asked = ['resume', '--from-ref', ref, '--takeover'];
  assert.equal((await b.swarm(asked)).code, 78);
  const swapped = await b.swarm([...asked, '--trust-run']);
  assert.match(
    swapped.stderr,
    /error\[SW0315\][\s\S]*its journal was begun with other commands than its run\.json names/,
  );
  await forge('run.json', JSON.stringify({ ...runJson, run: 'r-20260101-aaaa' }));
  assert.match(
    (await b.swarm([...asked, '--trust-run'])).stderr,
    /error\[SW0203\]: the reference of .* does not carry a run/,
  );
  assert.ok(!existsSync(stolen));
  assert.match(
    (await b.swarm(['resume', '--from-ref', 'refs/heads/main'])).stderr,
    /error\[SW0101\]: "refs\/heads\/main" is no reference of a run/,
  );
  assert.match((await b.swarm(['resume', '--takeover'])).stderr, /--takeover goes with --from-ref/);
  assert.match(
    (await b.swarm(['resume', '--from-ref', 'refs/swarm/r-20260101-aaaa'])).stderr,
    /error\[SW0104\]/,
  );
  assert.ok(run.startsWith('r-'));
});

async function fileWith(world: World, text: string): Promise<string> {
  const path = join(world.root, 'forged');
  await writeFile(path, text);
  return path;
}
