/** `swarm mcp`, asked by the official client: a run that was started elsewhere is watched and steered. */
import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { MAIN } from './support/program.ts';
import { World } from './support/world.ts';

async function clientOf(t: TestContext, world: World, ...args: string[]) {
  const client = new Client({ name: 'test', version: '1' });
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: ['--conditions=swarm-src', MAIN, 'mcp', ...args],
    cwd: world.repository,
    env: world.environment(),
    stderr: 'pipe',
  });
  let stderr = '';
  transport.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  t.after(() => client.close());
  await client.connect(transport);
  const call = async (name: string, given: Record<string, unknown> = {}) => {
    const { content, isError = false } = await client.callTool({ name, arguments: given });
    const [part] = content as { type: string; text: string }[];
    return { isError, text: part!.text };
  };
  return { client, call, pid: transport.pid!, stderr: () => stderr };
}

const waiting = (world: World, name: string) => ({
  title: `Write ${name}`,
  description: `until test -e ${world.root}/go; do sleep 0.05; done; echo ${name} > ${name}.txt`,
});

test('a run that was started elsewhere is watched and steered', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const { client, call, stderr } = await clientOf(t, world);
  assert.deepEqual(
    (await client.listTools()).tools.map(({ name, annotations }) => [name, annotations?.readOnlyHint]),
    [
      ...['status', 'tasks', 'explain', 'report'].map((name) => [name, true]),
      ...['submit', 'amend', 'retry', 'tell', 'cancel_task', 'pause', 'continue'].map((name) => [
        name,
        false,
      ]),
    ],
  );
  const none = await call('status');
  assert.equal(none.isError, true);
  assert.match(none.text, /SW0104[\s\S]*fix +swarm run/);

  const plan = await world.plan([waiting(world, 'a'), waiting(world, 'b')], '--gate', 'true');
  const running = world.start([...plan, '--sandbox', 'none', '--workers', '1']);
  await running.line(/t1\.1 started/);
  const status = JSON.parse((await call('status')).text);
  assert.match(status.standing, /^open, worked on by process/);
  assert.deepEqual(await call('pause'), {
    isError: false,
    text: 'paused: 1 attempt goes on to the end, nothing new starts; swarm continue',
  });
  assert.match(
    (await call('submit', { text: 'Write c\necho c > c.txt', scope: ['c.txt'], run: status.run })).text,
    /accepted as t3/,
  );
  assert.match((await call('cancel_task', { task: 't2' })).text, /cancelled/);
  assert.match((await call('cancel_task', { task: 't9' })).text, /SW0106/);
  assert.match((await call('submit', { text: 'x', priority: 77 })).text, /priority/);
  assert.match((await call('continue')).text, /goes on|continue/);
  await world.release();
  const ended = await running.ended;
  assert.match(ended.stdout, /2 of 3 landed|landed/, ended.stderr);
  const states = (JSON.parse((await call('tasks')).text) as { id: string; state: string }[]).map(
    ({ id, state }) => `${id} ${state}`,
  );
  assert.deepEqual(states, ['t1 landed', 't2 cancelled', 't3 landed']);
  assert.match((await call('explain', { task: 't1' })).text, /t1[\s\S]*landed/);
  assert.match((await call('report')).text, /Write a/);
  assert.match((await call('pause')).text, /SW0104.*nobody works on/);
  assert.equal(stderr(), '');
});

test('it ends when its client is gone, and is of the repository it is told', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const run = await world.swarm(
    await world.plan([{ title: 'Write a', description: 'echo a > a.txt' }], '--gate', 'true'),
  );
  assert.equal(run.code, 0, run.stderr);
  const { client, call, pid } = await clientOf(t, world, '--repo', world.repository);
  assert.match((await call('tasks')).text, /Write a/);
  await client.close();
  await world.until(() => !world.strays().some((line) => line.includes(`${pid}`)));
});

test('a run that came with the repository is refused here too', async (t) => {
  const [world, other] = [
    await World.with(t, { 'README.md': 'a\n' }),
    await World.with(t, { 'README.md': 'b\n' }),
  ];
  const run = await other.swarm(
    await other.plan([{ title: 'Write a', description: 'true' }], '--gate', 'true'),
  );
  assert.notEqual(run.code, null);
  const folder = await other.runFolder();
  await cp(folder, join(world.runs, basename(folder)), { recursive: true });
  const { call } = await clientOf(t, world);
  for (const [name, given] of [
    ['status', {}],
    ['explain', { task: 't1' }],
    ['submit', { text: 'x' }],
    ['pause', {}],
  ] as const) {
    const { isError, text } = await call(name, given);
    assert.deepEqual([isError, /SW0315/.test(text)], [true, true], `${name}: ${text}`);
  }
});
