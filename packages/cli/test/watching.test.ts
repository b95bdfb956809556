/** A run as it is watched from another terminal: its log followed, its screen, what it waits for. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { LogLine } from '@swarm/core/log-events';
import type { Running } from './support/program.ts';
import { World } from './support/world.ts';

/** Tasks whose agents wait for the file `go`, run with no isolation so that they can see it. */
async function waitingRun(
  t: TestContext,
  tasks: number,
  workers: number,
): Promise<{ world: World; run: Running }> {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const wait = `until test -f ${join(world.root, 'go')}; do sleep 0.05; done`;
  const list = Array.from({ length: tasks }, (_, i) => ({
    id: `a${i}`,
    title: `Write number ${i} ${'and a very long title that goes on '.repeat(4)}`,
    description: `${wait}; echo ${i} > ${i}.txt`,
    scope: [`${i}.txt`],
  }));
  const plan = await world.plan(list, '--gate', 'true', '--sandbox', 'none', '--workers', `${workers}`);
  const run = world.start(plan);
  await run.line(new RegExp(`t${workers}\\.1 started`));
  return { world, run };
}

const parsed = (text: string): LogLine[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

test('logs -f gives whole JSON lines as they come, goes through a kill and a resume, and ends when the run is over', async (t) => {
  const { world, run } = await waitingRun(t, 2, 1);
  const following = world.start(['logs', '-f', '--json']);
  await following.line(/"attempt\.started"/);
  run.kill('SIGKILL');
  await run.ended;
  await world.release();
  assert.equal((await world.swarm(['resume'])).code, 0);

  const ended = await following.ended;
  assert.deepEqual([ended.code, ended.stderr], [0, '']);
  const lines = parsed(ended.stdout);
  assert.deepEqual(
    lines.map((line) => line.seq),
    lines.map((_, i) => i + 1),
  );
  const events = lines.map((line) => line.event);
  assert.ok(events.includes('run.resumed') && events.includes('run.closed'));
  assert.equal(events.at(-1), 'report.written');
});

test('logs -f of a run that is over ends too, and a filter hides lines without hiding the end', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const task = { title: 'Write a', description: 'echo a > a.txt', scope: ['a.txt'] };
  const run = await world.swarm(await world.plan([task], '--gate', 'true'));
  assert.equal(run.code, 0, run.stderr);
  const ended = await world.swarm([
    'logs',
    '-f',
    '--json',
    '--event',
    'landing.*',
    '--task',
    't1',
    '--since',
    '1h',
  ]);
  assert.equal(ended.code, 0);
  assert.deepEqual(
    parsed(ended.stdout).map((line) => line.event),
    ['landing.started', 'landing.landed'],
  );
});

test('status of a large live run fits a screen of 80 by 24 and says what waits, and for what', async (t) => {
  const { world, run } = await waitingRun(t, 40, 10);
  const { code, stdout } = await world.swarm(['status']);
  const lines = stdout.trimEnd().split('\n');
  assert.equal(code, 0);
  assert.ok(lines.length <= 23, `${lines.length} lines`);
  for (const line of lines) assert.ok([...line].length <= 80, line);
  assert.match(stdout, /^and 4 more: swarm status --json$/m);
  assert.match(stdout, /^t11, t12, t13, t14, t15 and 25 other tasks wait for a free worker \(10 of 10 at/m);
  const { waits } = JSON.parse((await world.swarm(['status', '--json'])).stdout);
  const [slot] = waits.filter((wait: { reason: string }) => wait.reason === 'slot');
  assert.deepEqual([slot.count, slot.tasks[0]], [30, 't11']);
  run.kill('SIGKILL');
  await run.ended;
});
