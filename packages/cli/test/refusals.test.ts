/** What is refused before anything starts, with the exit code scripts rely on. */
import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { userState } from './support/untouched.ts';
import { World } from './support/world.ts';

const FILES = { 'README.md': 'shop\n' };
const ADD = [{ title: 'Add x', description: 'echo x > x.txt' }];

/** The first problem's line, with what stands below it, without the world's own folder. */
const screen = (world: World, text: string): string => text.replaceAll(world.root, '<root>').trimEnd();

async function assertNothingBegan(world: World): Promise<void> {
  assert.deepEqual(await readdir(join(world.repository, '.swarm')).catch(() => []), []);
}

test('without a request there is nothing to do: the whole screen, and exit 2', async (t) => {
  const world = await World.with(t, FILES);
  const before = await userState(world);

  const env = { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: await serving(t, 200, { data: [] }), SWARM_MODEL: 'm' };
  const run = await world.swarm(['run', '--gate', 'true'], { env });

  assert.deepEqual([run.code, run.stdout], [2, '']);
  assert.equal(
    screen(world, run.stderr),
    [
      'error[SW0103]: there is no request',
      '  why    neither words, --request-file nor --plan was given',
      '  fix    swarm run "what you want done"',
    ].join('\n'),
  );
  await assertNothingBegan(world);
  assert.deepEqual(await userState(world), before);
});

test('a bad plan is refused with every mistake by its place: the whole screen, and exit 65', async (t) => {
  const world = await World.with(t, FILES);
  const file = join(world.root, 'plan.json');
  const tasks = [
    { title: '' },
    { title: 'Two', priority: 11, scope: ['../out'] },
    { id: 'c', title: 'Three', dependsOn: ['d'] },
    { id: 'd', title: 'Four', dependsOn: ['c'] },
  ];
  await writeFile(file, JSON.stringify(tasks));

  const run = await world.swarm(['run', '--plan', file, '--agent', 'command', '--gate', 'true']);

  assert.deepEqual([run.code, run.stdout], [65, '']);
  const mistakes = [
    ['is empty', '/0/title'],
    ['contains `..`; it may not lead out of the repository', '/1/scope/0'],
    ['is too much: at most 10', '/1/priority'],
    ['is a circle: c → d → c', '/3/dependsOn'],
  ];
  const said = mistakes.map(
    ([why, where]) =>
      `error[SW0202]: the plan is wrong: ${why}\n  where  <root>/plan.json: ${where}\n  fix    swarm schema task`,
  );
  assert.equal(screen(world, run.stderr), said.join('\n\n'));
  await assertNothingBegan(world);
});

test('a repository with no gate is refused with exit 78', async (t) => {
  const world = await World.with(t, FILES);
  const run = await world.swarm(await world.plan(ADD));
  assert.equal(run.code, 78);
  assert.match(run.stderr, /^error\[SW0305\]: there is no gate/);
  assert.match(run.stderr, /fix +--gate "<your test command>"/);
  await assertNothingBegan(world);
});

test('a base on which the gate fails ends the run with exit 80 before any agent is started', async (t) => {
  const world = await World.with(t, FILES);
  const before = await userState(world);

  const run = await world.swarm(await world.plan(ADD, '--gate', 'echo this is red; false'));

  assert.equal(run.code, 80, run.stderr);
  assert.match(run.stderr, /the gate failed on the base/);
  assert.match(`${run.stdout}${run.stderr}`, /this is red/);
  const events = (await world.log()).map((line) => line.event);
  assert.ok(!events.includes('attempt.started') && !events.includes('landing.started'), events.join(' '));
  assert.deepEqual(await userState(world), before);
  assert.equal(await world.git('for-each-ref', '--format=%(refname)'), 'refs/heads/main');
  assert.deepEqual(await world.workspaces(), []);
});

test('without a model endpoint a request is refused with exit 69', async (t) => {
  const world = await World.with(t, FILES);
  const run = await world.swarm(['run', 'do it', '--gate', 'true', '--setup', 'none']);
  assert.equal(run.code, 69);
  assert.match(run.stderr, /^error\[SW0401\]: no model endpoint is configured/);
  await assertNothingBegan(world);
});

test('an endpoint nobody listens on is refused with exit 69', async (t) => {
  const world = await World.with(t, FILES);
  const env = { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'http://127.0.0.1:9/v1', SWARM_MODEL: 'm' };
  const run = await world.swarm(['run', 'do it', '--gate', 'true', '--setup', 'none'], { env });
  assert.equal(run.code, 69);
  assert.match(run.stderr, /^error\[SW0402\]/);
});

test('a rejected key is refused with exit 77, and the key is not on the screen', async (t) => {
  const world = await World.with(t, FILES);
  const url = await serving(t, 401, { error: { message: 'Incorrect API key provided: sk-very-secret' } });
  const env = { OPENAI_API_KEY: 'sk-very-secret', OPENAI_BASE_URL: url, SWARM_MODEL: 'm' };

  const run = await world.swarm(['run', 'do it', '--gate', 'true', '--setup', 'none'], { env });

  assert.equal(run.code, 77, run.stderr);
  assert.match(run.stderr, /^error\[SW0403\]/);
  assert.ok(!`${run.stdout}${run.stderr}`.includes('sk-very-secret'), run.stderr);
  await assertNothingBegan(world);
});

test('several mistakes are all shown, and the gravest kind is the exit code', async (t) => {
  const world = await World.with(t, FILES);
  const run = await world.swarm(['run', 'do it', '--target', 'nowhere']);
  assert.equal(run.code, 78);
  for (const code of ['SW0303', 'SW0305', 'SW0401'])
    assert.match(run.stderr, new RegExp(`error\\[${code}\\]`));
});

async function serving(t: TestContext, status: number, body: object): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}
