/** What a run says of itself is what lies on the branch. Each run is the real program's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from './support/world.ts';

const FILES = { 'README.md': 'shop\n', '.gitignore': 'dist/\n' };

/** A shell line that hands in so. */
const handIn = (status: string, summary: string): string =>
  `printf '%s' '${JSON.stringify({ status, summary })}' > "$SWARM_HANDOFF"`;

test('a deliverable that .gitignore keeps out of the commit is no deliverable, and is named', async (t) => {
  const world = await World.with(t, FILES);
  await world.configure('[workers]\nattempts = 1');
  const build = 'mkdir -p dist && echo out > dist/out.txt';
  const tasks = [
    { title: 'Only ignored', description: build, verify: 'test -f dist/out.txt' },
    {
      title: 'Ignored beside a change',
      description: `${build} && echo x > x.txt`,
      verify: 'test -f dist/out.txt',
    },
    {
      title: 'Said to be there',
      description: `${build}; ${handIn('already_done', 'built')}`,
      verify: 'test -f dist/out.txt',
    },
  ];

  const run = await world.swarm(await world.plan(tasks, '--gate', 'true'));

  assert.equal(run.code, 1, run.stdout);
  assert.match(run.stdout, /0 landed, 3 failed/);
  assert.match(run.stdout, /^ {2}incomplete: 3 tasks failed \(t1, t2, t3\)$/m);
  for (const id of ['t1', 't2', 't3']) {
    const { stdout } = await world.swarm(['explain', id]);
    assert.match(stdout, /\.gitignore keeps out of the commit what it left in dist\/out\.txt/, id);
  }
});

test('half a task that lands is told as half, by the result, the report and the status, and the exit is 1', async (t) => {
  const world = await World.with(t, FILES);
  const half = `echo half > p.txt; ${handIn('partial', 'the second half is missing')}`;
  const run = await world.swarm(
    await world.plan([{ title: 'Write both', description: half }], '--gate', 'true'),
  );

  assert.equal(run.code, 1, run.stderr);
  assert.match(run.stdout, /landed in part {2}t1 {2}Write both/);
  const words = /1 task landed in part[^(\\]*\\?\(t1\\?\)/;
  assert.match(run.stdout, words);
  const report = JSON.parse((await world.swarm(['report', '--json'])).stdout) as {
    verdict: string;
    shortfalls: string[];
    list: { isPartial?: true }[];
  };
  assert.deepEqual([report.verdict, report.list[0]!.isPartial], ['incomplete', true]);
  assert.match(report.shortfalls.join('; '), words);
  assert.match((await world.swarm(['report'])).stdout, words);
  const status = JSON.parse((await world.swarm(['status', '--json'])).stdout) as {
    verdict: string;
    shortfalls: string[];
  };
  assert.deepEqual([status.verdict, status.shortfalls], [report.verdict, report.shortfalls]);
});

test('a task that was planned before half of another landed does not make that whole', async (t) => {
  const world = await World.with(t, FILES);
  await world.configure('[workers]\nmax = 1');
  const half = `echo half > p.txt; ${handIn('partial', 'the second half is missing')}`;
  const tasks = [
    { id: 'p', title: 'Write both', description: half },
    { id: 'q', title: 'Write the rest', description: 'echo rest > q.txt', dependsOn: ['p'] },
  ];

  const run = await world.swarm(await world.plan(tasks, '--gate', 'true'));

  // Planned before anybody knew what would be missing: it is no follow-up.
  assert.equal(run.code, 1, run.stderr);
  assert.match(run.stdout, /2 landed/);
});
