/** What a person sees of a finished run, live when piped and afterwards; every read is JSON on demand. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Ended } from './support/program.ts';
import { contained, World } from './support/world.ts';

const FILES = { 'README.md': 'shop\n' };
const TASKS = [
  { id: 'a', title: 'Write a', description: 'echo a > a.txt', scope: ['a.txt'], verify: 'test -f a.txt' },
  {
    id: 'b',
    title: 'Have a README',
    description: `echo '{"status":"already_done","summary":"it is there"}' > "$SWARM_HANDOFF"`,
    verify: 'test -f README.md',
    dependsOn: ['a'],
  },
];

const NARRATION = `gate: test -f README.md
<time>  run <run> opened on main at <commit>, landing on refs/heads/swarm/<run>
<time>  t1 Write a
<time>  t2 Have a README
<time>  the gate passed on the base in <duration>
<time>  t1.1 started on w1: Write a
<time>  t1.1 delivered a commit
<time>  gate passed on l1 in <duration>
<time>  landed t1 Write a as <commit>
<time>  t2.1 started on w1: Have a README
<time>  t2.1 found the task already so
<time>  the run has ended: 1 of 2 landed, 1 unneeded; the head is green at <commit>
<time>  delivered <commit> to refs/heads/swarm/<run>`;

const RESULT = `1 of 2 landed, 1 unneeded; the head is green at <commit>
  1 landed, 1 unneeded in <duration>; <run>
  landed  t1  Write a  <commit>
  delivered to swarm/<run>
next: swarm report · swarm explain t1 · swarm apply`;

/** A finished run of two tasks, and its screens. */
async function finished(t: TestContext): Promise<{ world: World; run: Ended }> {
  const world = await World.with(t, FILES);
  const run = await world.swarm(await world.plan(TASKS, '--workers', '1', '--gate', 'test -f README.md'));
  assert.equal(run.code, 0, run.stderr);
  return { world, run };
}

/** Run, commits and times by what they are; everything else as it was printed. */
const plain = (text: string): string =>
  text
    .replaceAll(/r-\d{8}-[a-z2-7]{4}/g, '<run>')
    .replaceAll(/\b[0-9a-f]{10}\b/g, '<commit>')
    .replaceAll(/^\d\d:\d\d:\d\d /gm, '<time> ')
    .replaceAll(/\b\d+(\.\d+)? ?m?s\b/g, '<duration>')
    .trimEnd();

test(
  'a small run when piped: one line per event on stderr, the result on stdout, no control sequences',
  contained,
  async (t) => {
    const { run } = await finished(t);
    assert.equal(plain(run.stderr), NARRATION);
    assert.equal(plain(run.stdout), RESULT);
  },
);

test('with --json a run prints the log’s own lines', async (t) => {
  const world = await World.with(t, FILES);
  const run = await world.swarm(await world.plan(TASKS, '--gate', 'true', '--json'));
  assert.equal(run.code, 0, run.stderr);
  const events = run.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).event);
  assert.equal(events[0], 'run.opened');
  for (const event of ['landing.landed', 'run.closed', 'delivery.ended'])
    assert.ok(events.includes(event), event);
});

test('status, tasks, explain, logs and report tell a finished run, in words and as JSON', async (t) => {
  const { world } = await finished(t);
  const read = async (...args: string[]): Promise<string> => {
    const said = await world.swarm(args);
    assert.deepEqual([said.code, said.stderr], [0, ''], args.join(' '));
    return said.stdout;
  };

  assert.match(plain(await read('status')), /^run +<run> +.*\n[\s\S]*tasks +1 of 2 landed, 1 unneeded; /);
  assert.equal(JSON.parse(await read('status', '--json')).board.counts.landed, 1);

  assert.match(
    plain(await read('tasks')),
    /t1 +landed +1 +Write a +<commit>\nt2 +unneeded +1 +Have a README/,
  );
  const tasks = JSON.parse(await read('tasks', '--json')) as { id: string; state: string }[];
  assert.deepEqual(
    tasks.map((task) => `${task.id} ${task.state}`),
    ['t1 landed', 't2 unneeded'],
  );

  assert.match(
    plain(await read('explain', 't1')),
    /t1 was accepted from the plan[\s\S]+Now: landed as <commit>\.$/,
  );
  assert.equal(typeof JSON.parse(await read('explain', 't1', '--json')), 'object');

  const landed = await read('logs', '--event', 'landing.*');
  assert.match(landed, /landing\.started[\s\S]*landing\.landed/);
  const lines = (await read('logs', '--event', 'landing.*', '--json')).trimEnd().split('\n');
  assert.deepEqual([...new Set(lines.map((line) => JSON.parse(line).task))], ['t1']);

  assert.match(await read('report'), /^# [\s\S]*Write a/);
  const report = JSON.parse(await read('report', '--json'));
  assert.deepEqual([report.verdict, report.landed, report.green], ['complete', 1, true]);
  assert.match(await read('verify'), /every promise was kept/);
  assert.equal(JSON.parse(await read('verify', '--json')).ok, true);
});
