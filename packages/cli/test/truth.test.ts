/** What a run says of itself is what lies on the branch. Each run is the real program's. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
  assert.match(run.stdout, /^nothing landed: 3 of 3 failed; /);
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
  assert.match(run.stdout, /^2 of 2 landed; /);
});

/** Each writes the shared file anew, the second without what the first was verified by. */
const LOST = [
  { id: 'a', title: 'Alpha', description: 'echo alpha > words.txt', verify: 'grep -q alpha words.txt' },
  {
    id: 'b',
    title: 'Beta',
    dependsOn: ['a'],
    verify: 'grep -q beta words.txt',
    // The fix task's prompt names what is lost; nobody else is asked for it.
    description: 'if grep -q alpha words.txt; then echo beta > words.txt; fi',
  },
];

test('a feature that a later landing destroyed is found at the end, named with who did it, and the exit is 1', async (t) => {
  const world = await World.with(t, FILES);

  const run = await world.swarm(await world.plan(LOST, '--gate', 'true', '--strict'));

  assert.equal(run.code, 1, run.stdout);
  const report = JSON.parse((await world.swarm(['report', '--json'])).stdout) as {
    verdict: string;
    list: { task: string; verified: string }[];
    findings: { signature: string; culprit: { task: string }; fixes: string[] }[];
  };
  assert.equal(report.verdict, 'incomplete');
  assert.deepEqual(
    report.list.slice(0, 2).map(({ task, verified }) => `${task} ${verified}`),
    ['t1 unverified', 't2 verified'],
  );
  const [finding] = report.findings;
  assert.equal(finding!.signature, 'verify of t1: grep -q alpha words.txt');
  assert.equal(finding!.culprit.task, 't2');
  assert.deepEqual(finding!.fixes, ['t3']);
  assert.match(run.stdout, /the head is RED/);
  assert.match(run.stdout, /incomplete: .*verify of t1: grep -q alpha words\.txt/);
});

test('a feature that a later landing destroyed, and a fix task brought back, is verified again at the end', async (t) => {
  const world = await World.with(t, FILES);
  const lines = ['t1) echo alpha', 't2) echo beta', '*) printf "alpha\\nbeta\\n"'];
  const script = `case "$SWARM_TASK" in\n${lines.map((line) => `${line} > words.txt;;`).join('\n')}\nesac\n`;
  await writeFile(join(world.root, 'heals.sh'), script);
  await writeFile(
    join(world.root, 'config', 'swarm', 'config.toml'),
    `[agent.command]\nrun = ["sh", ${JSON.stringify(join(world.root, 'heals.sh'))}]\n`,
  );

  const run = await world.swarm(await world.plan(LOST, '--gate', 'true', '--strict'));

  assert.equal(run.code, 0, run.stdout);
  const report = JSON.parse((await world.swarm(['report', '--json'])).stdout) as {
    list: { task: string; state: string; verified: string }[];
  };
  assert.deepEqual(
    report.list.slice(0, 2).map(({ task, verified }) => `${task} ${verified}`),
    ['t1 verified', 't2 verified'],
  );
  assert.equal(report.list.length, 3, 'one fix task');
  assert.equal(report.list[2]!.state, 'landed');
});

const MARKS = ['<', '=', '>'].map((sign) => sign.repeat(7)) as [string, string, string];
const CONFLICT = `${MARKS[0]} HEAD\none\n${MARKS[1]}\ntwo\n${MARKS[2]} theirs\n`;

test('a file with the markers of a merge lands neither from an agent nor from a branch, whatever the gate looks at', async (t) => {
  const world = await World.with(t, { ...FILES, 'docs/merging.md': `So it looks:\n${CONFLICT}` });
  await world.configure('[workers]\nattempts = 1');
  const leave = `printf '%s' '${CONFLICT}' > notes.txt`;
  const run = await world.swarm(
    await world.plan([{ title: 'Leave it', description: leave }], '--gate', 'true'),
  );
  assert.equal(run.code, 1, run.stdout);
  assert.match(run.stdout, /conflict markers of a merge are left in notes\.txt:1/);

  await world.git('switch', '--quiet', '-c', 'theirs');
  await world.commit({ 'notes.txt': `notes\n\n${CONFLICT}` }, 'Half a merge');
  await world.git('switch', '--quiet', 'main');
  const land = await world.swarm(['land', 'theirs', '--gate', 'none']);
  assert.equal(land.code, 1, land.stdout);
  assert.match(land.stdout, /conflict markers of a merge are left in notes\.txt:3/);

  // A manual that shows such lines in the base already is none.
  await world.git('switch', '--quiet', '-c', 'manual');
  await world.commit({ 'docs/merging.md': `So it looks, mostly:\n${CONFLICT}` }, 'Say mostly');
  await world.git('switch', '--quiet', 'main');
  const manual = await world.swarm(['land', 'manual', '--gate', 'none']);
  assert.equal(manual.code, 0, manual.stdout);
});

test('whom a plan’s task asks for is looked up before anything runs, and who there is is named', async (t) => {
  const world = await World.with(t, FILES);
  const run = await world.swarm(
    await world.plan([{ title: 'Ask', description: 'true', agent: 'somebody' }], '--gate', 'true'),
  );
  assert.equal(run.code, 65, run.stdout);
  assert.match(run.stderr, /there is no agent "somebody"; there are: builtin, command/);
});
