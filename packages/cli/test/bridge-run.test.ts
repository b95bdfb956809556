/** `swarm run --bridge`: tasks that workers elsewhere do, what they hand in, and what becomes of a task whose worker dies. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createWorker, type Handler, type Task, type Worker } from '@swarm/worker-sdk';
import { bridgeOf, python } from './support/bridge.ts';
import type { Site } from './support/served.ts';
import { World } from './support/world.ts';

interface Foreign {
  readonly name: string;
  readonly capabilities?: readonly string[];
  readonly process: Handler;
}

async function register(
  t: TestContext,
  site: Site,
  { name, capabilities = [], process }: Foreign,
): Promise<Worker> {
  const worker = createWorker({ ...site, name, capabilities }, { process });
  t.after(() => worker.stop());
  await worker.ready;
  return worker;
}

const taskIn = (payload: string): Task => JSON.parse(payload) as Task;

/** A new file with one line. */
const patchOf = (path: string, line: string): string =>
  `diff --git a/${path} b/${path}\nnew file mode 100644\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+${line}\n`;

interface Journaled {
  readonly type: string;
  readonly attempt?: string;
  readonly reason?: string;
  readonly detail?: string;
  readonly driver?: string;
  readonly reserved?: { readonly tokens: number };
}

async function eventsOf(world: World): Promise<readonly Journaled[]> {
  const text = await readFile(join(await world.runFolder(), 'journal.ndjson'), 'utf8');
  return text
    .trim()
    .split('\n')
    .flatMap((line) => (JSON.parse(line) as { events: Journaled[] }).events);
}

const endings = async (world: World): Promise<string[]> =>
  (await eventsOf(world))
    .filter(({ type }) => type === 'attempt.ended')
    .map(({ attempt, reason }) => `${attempt} ${reason}`);

async function runOf(
  world: World,
  site: Site,
  tasks: readonly object[],
  ...more: string[]
): Promise<string[]> {
  await writeFile(join(world.root, 'tasks.json'), JSON.stringify(tasks));
  const file = join(world.root, 'tasks.json');
  const { port } = new URL(site.url);
  return ['run', '--plan', file, '--bridge', port, '--agent', 'command', '--setup', 'none', ...more];
}

test('tasks go to the worker they name, or to one that has what they ask for: patches land, verified and gated; answers are kept', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const site = await bridgeOf(t, world);
  await python(t, site, '--name', 'worker-1.relay').line(/registered/);
  const seen: Task[] = [];
  await register(t, site, {
    name: 'worker-2.relay',
    capabilities: ['enrich@2.1.0'],
    process(payload) {
      const task = taskIn(payload);
      seen.push(task);
      if (task.title === 'Say why') return 'because of the rain';
      return {
        summary: `wrote ${task.scope[0]}`,
        patch: patchOf(task.scope[0]!, 'two'),
        concerns: ['a guess'],
      };
    },
  });
  const tasks = [
    {
      title: 'Write a',
      description: 'one\n',
      scope: ['a.txt'],
      agent: 'worker-1.relay',
      verify: 'grep -qx one a.txt',
    },
    { title: 'Write b', scope: ['b.txt'], requires: ['enrich@>=2.0.0'] },
    { title: 'Say why', kind: 'answer', requires: ['enrich'] },
    { title: 'Write c', description: 'echo three > c.txt', scope: ['c.txt'] },
  ];
  // Nobody here needs to have what somebody elsewhere has.
  await world.configure('[distribute.workers.plain]\nslots = 4\n');
  const gate = 'test ! -e b.txt || grep -qx two b.txt';
  const { code, stdout } = await world.swarm(await runOf(world, site, tasks, '--gate', gate));
  assert.equal(code, 0, stdout);
  const landed = async (file: string) =>
    world.git('show', `swarm/${(await world.runFolder()).split('/').at(-1)}:${file}`);
  assert.deepEqual(await Promise.all(['a.txt', 'b.txt', 'c.txt'].map(landed)), ['one', 'two', 'three']);
  const events = await eventsOf(world);
  const drivers = events
    .filter(({ type }) => type === 'agent.started')
    .map(({ attempt, driver }) => [attempt, driver]);
  assert.deepEqual(drivers.sort(), [
    ['t1.1', 'worker-1.relay'],
    ['t2.1', 'bridge'],
    ['t3.1', 'bridge'],
    ['t4.1', 'command'],
  ]);
  const task = seen.find(({ title }) => title === 'Write b');
  assert.deepEqual([task!.attempt, task!.title, task!.requires], ['t2.1', 'Write b', ['enrich@>=2.0.0']]);
  assert.match(task!.prompt, /Write b/);
  const report = JSON.parse((await world.swarm(['report', '--json'])).stdout);
  assert.match(JSON.stringify(report), /because of the rain/);
  assert.match((await world.swarm(['transcript', 't2'])).stdout, /answered by worker-2\.relay/);
  assert.equal((await world.swarm(['verify'])).code, 0);
});

test('a worker that dies with a task loses the attempt, which counts for nothing; another does it', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const site = await bridgeOf(t, world);
  const { node } = await import('./support/bridge.ts');
  const dying = node(t, site, 'worker.mjs', '--name', 'a-dying', '--capability', 'enrich@1.0', '--hold', '1');
  await dying.line(/announced/);
  const run = world.start(
    await runOf(
      world,
      site,
      [{ title: 'Write a', scope: ['a.txt'], requires: ['enrich@>=1'] }],
      '--gate',
      'true',
      '--budget',
      '4Mtok',
    ),
  );
  await dying.line(/holding/);
  await register(t, site, {
    name: 'living',
    capabilities: ['enrich@1.4'],
    process: () => ({ summary: 'wrote it', patch: patchOf('a.txt', 'by the other') }),
  });
  dying.kill('SIGKILL');
  const { code, stderr, stdout } = await run.ended;
  assert.equal(code, 0, stderr);
  assert.deepEqual(await endings(world), ['t1.1 lost', 't1.2 handed-in']);
  assert.match(stdout, /1 landed/);
  // Nothing was set aside for it, and so nothing is lost with it.
  const started = (await eventsOf(world)).filter(({ type }) => type === 'attempt.started');
  assert.deepEqual(
    started.map(({ reserved }) => reserved?.tokens),
    [0, 0],
  );
  assert.match((await world.swarm(['explain', 't1'])).stdout, /a-dying went away before it answered/);
});

test('what a worker hands in is judged as any work is: patches that lead out, touch .git, do not apply or leak, and answers that are none', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const site = await bridgeOf(t, world);
  const outside = join(world.root, 'outside.txt');
  const link =
    'diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+..\n\\ No newline at end of file\n';
  const KEY = 'sk-shop-9f27c1d84be34a0d';
  const answers: Record<string, unknown> = {
    'leads out': { summary: 's', patch: patchOf('../outside.txt', 'x') },
    absolute: { summary: 's', patch: patchOf(outside, 'x') },
    'through a link': { summary: 's', patch: `${link}${patchOf('l/outside.txt', 'x')}` },
    'touches git': { summary: 's', patch: patchOf('.git/hooks/post-commit', '#!/bin/sh') },
    'does not apply': { summary: 's', patch: '--- a/README.md\n+++ b/README.md\n@@ -1 +1 @@\n-other\n+x\n' },
    'no patch at all': { summary: 's', patch: 'rm -rf /' },
    'a secret': {
      summary: 's',
      patch: patchOf('key.txt', `AKIA${'Q7'.repeat(8)} ghp_${'a1B2c3D4e5'.repeat(4).slice(0, 36)}`),
    },
    nothing: '',
    'not a handoff': { done: true },
    blocked: { summary: 'cannot be done', status: 'blocked' },
    'no change': 'did nothing',
    'says a key': `did nothing, but ${KEY}`,
  };
  await register(t, site, { name: 'hostile', process: (payload) => answers[taskIn(payload).title] });
  const tasks = Object.keys(answers).map((title) => ({ title, agent: 'hostile' }));
  const endpoint = '[[endpoints]]\nname = "e"\nbase_url = "http://127.0.0.1:9/v1"\nkey_env = "SHOP_KEY"\n';
  await world.configure(`[workers]\nattempts = 1\n${endpoint}`);
  const { code } = await world.swarm(await runOf(world, site, tasks, '--gate', 'true'), {
    env: { SHOP_KEY: KEY },
  });
  assert.equal(code, 1);
  assert.deepEqual(
    (await endings(world))
      .map((one) => one.replace(/^t(\d+)\.1 /, (_, n) => `${Object.keys(answers)[Number(n) - 1]}: `))
      .sort(),
    [
      'a secret: secret-found',
      'absolute: agent-failed',
      'blocked: agent-blocked',
      'does not apply: agent-failed',
      'leads out: agent-failed',
      'no change: no-change',
      'no patch at all: agent-failed',
      'not a handoff: bad-output',
      'nothing: bad-output',
      'says a key: secret-found',
      'through a link: agent-failed',
      'touches git: agent-failed',
    ],
  );
  assert.ok(!existsSync(outside));
  // It knew a key of ours from elsewhere: nobody is told it again.
  const journal = await readFile(join(await world.runFolder(), 'journal.ndjson'), 'utf8');
  assert.ok(journal.includes('did nothing, but') && !journal.includes(KEY));
});

test('the bridge dies with a task under way: the attempt is lost, and its next one goes on when the bridge is back', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const serving = world.start(['serve', '--bridge', '--port', '0', '--json']);
  const site = JSON.parse(await serving.line(/tokenFile/)) as Site;
  const got = Promise.withResolvers<void>();
  let tries = 0;
  await register(t, site, {
    name: 'w',
    process() {
      tries += 1;
      got.resolve();
      return tries === 1 ? new Promise(() => undefined) : { summary: 's', patch: patchOf('a.txt', 'x') };
    },
  });
  const run = world.start(await runOf(world, site, [{ title: 'Write a', agent: 'w' }], '--gate', 'true'));
  await got.promise;
  serving.kill('SIGKILL');
  await serving.ended;
  await bridgeOf(t, world, '--port', new URL(site.url).port);
  assert.equal((await run.ended).code, 0);
  assert.deepEqual(await endings(world), ['t1.1 lost', 't1.2 handed-in']);
});

test('a run that is killed with a task elsewhere goes on: the worker is told that nobody waits, and the task is sent again', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const site = await bridgeOf(t, world);
  const [got, calledOff] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let tries = 0;
  await register(t, site, {
    name: 'w',
    process(_, { signal }) {
      tries += 1;
      if (tries > 1) return { summary: 's', patch: patchOf('a.txt', 'x') };
      signal.addEventListener('abort', () => calledOff.resolve());
      got.resolve();
      return calledOff.promise.then(() => 'too late');
    },
  });
  const run = world.start(await runOf(world, site, [{ title: 'Write a', agent: 'w' }], '--gate', 'true'));
  await got.promise;
  run.kill('SIGKILL');
  await run.ended;
  await calledOff.promise;
  const { code, stderr } = await world.swarm(['resume']);
  assert.equal(code, 0, stderr);
  assert.deepEqual(await endings(world), ['t1.1 lost', 't1.2 handed-in']);
  assert.equal(tries, 2);
});

test('a run is refused where the bridge is not there, wants another token or has nobody, and where a task names nobody there is', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const site = await bridgeOf(t, world);
  const tasks = [{ title: 'x', agent: 'worker-9.relay' }];
  const refused = async (...more: string[]) =>
    (await world.swarm([...(await runOf(world, site, tasks, '--gate', 'true')), ...more])).stderr;
  assert.match(await refused(), /error\[SW0317\]: nobody is registered at the bridge/);
  assert.match(
    await refused('--bridge', '1'),
    /error\[SW0317\]: there is no bridge at http:\/\/127\.0\.0\.1:1\b/,
  );
  assert.match(
    await refused('--bridge', 'ftp://x'),
    /error\[SW0105\]: --bridge "ftp:\/\/x" is no address of a bridge/,
  );
  await register(t, site, { name: 'worker-1.relay', process: () => '' });
  assert.match(await refused(), /there is no agent "worker-9\.relay".*\n.*\n.*fix.*worker-1\.relay/s);
  const other = await World.with(t, { 'README.md': 'other\n' });
  const foreign = await other.swarm(await runOf(other, site, tasks, '--gate', 'true'));
  assert.match(foreign.stderr, /wants another token[\s\S]*export SWARM_BRIDGE_TOKEN/);
  const told = await other.swarm(
    await runOf(other, site, [{ title: 'x', agent: 'worker-1.relay' }], '--gate', 'true', '--dry-run'),
    {
      env: { SWARM_BRIDGE_TOKEN: site.token },
    },
  );
  assert.equal(told.code, 0, told.stderr);
});
