/** `swarm status --watch`: what a person and what a script see of a run that goes on, and how it says that it has ended. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onPty } from './support/pty.ts';
import { World } from './support/world.ts';

const FILES = { 'README.md': 'shop\n' };
const OPEN = ['--gate', 'true', '--sandbox', 'none', '--workers', '1'];
const plan = (world: World, last: string) => [
  { title: 'Write a', description: 'echo a > a.txt', scope: ['a.txt'] },
  {
    title: 'Write b',
    description: `until test -e ${world.root}/go; do sleep 0.05; done; ${last}`,
    scope: ['b.txt'],
  },
];

test('a terminal shows the status in its place until the run ends; a script reads a line for each change and the run’s exit code', async (t) => {
  const world = await World.with(t, FILES);
  const run = world.start(await world.plan(plan(world, 'echo b > b.txt'), ...OPEN));
  await run.line(/t2\.1 started/);
  const pty = onPty(world, ['status', '--watch'], { columns: 80, rows: 24 });
  const script = world.start(['status', '--watch', '--json']);
  await pty.shows(/tasks +1 running, 1 landed/);
  await script.line(/"landed":1/);
  await world.release();
  assert.equal((await run.ended).code, 0);
  assert.equal((await pty.ended).code, 0);
  const last = pty.screen();
  assert.match(last, /tasks +2 of 2 landed/);
  assert.equal(last.match(/^run /gm)?.length, 1, last);
  const read = await script.ended;
  assert.equal(read.code, 0);
  const lines = read.stdout.trim().split('\n');
  assert.equal(JSON.parse(lines.at(-1)!).board.counts.landed, 2);
});

test('of a run that fails it ends with the same code as the run, and of one that nobody works on it says what to type', async (t) => {
  const world = await World.with(t, FILES);
  await world.configure('[workers]\nattempts = 1\n');
  const run = world.start(await world.plan(plan(world, 'exit 1'), ...OPEN));
  await run.line(/t2\.1 started/);
  const watched = world.start(['status', '--watch', '--json']);
  await watched.line(/"landed":1/);
  await world.release();
  const { code } = await run.ended;
  assert.notEqual(code, 0);
  assert.equal((await watched.ended).code, code);

  const left = await World.with(t, FILES);
  const killed = left.start(await left.plan(plan(left, 'true'), ...OPEN));
  await killed.line(/t2\.1 started/);
  killed.kill('SIGKILL');
  await killed.ended;
  const told = await left.swarm(['status', '--watch']);
  assert.equal(told.code, 2);
  assert.match(told.stdout, /^run /m);
  assert.match(told.stderr, /nobody works on r-[\s\S]*fix +swarm resume --run r-/);
});
