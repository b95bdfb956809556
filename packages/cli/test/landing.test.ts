/** What becomes of a task: landed, tried again, answered, unneeded, failed. Each run is the real program's. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertLandedOnce, landings } from './support/landings.ts';
import { type PlanTask, World } from './support/world.ts';

const FILES = { 'README.md': 'shop\n', 'value.txt': 'base\n' };
const handIn = (summary: string): string =>
  `printf '{"status":"complete","summary":"${summary}","concerns":[],"suggestions":[]}' > "$SWARM_HANDOFF"`;

test('after a conflict the same task goes on from its own commit, with markers in the file', async (t) => {
  const world = await World.with(t, FILES);
  const base = await world.git('rev-parse', 'HEAD');
  const say = (word: string): PlanTask => ({
    title: `Say ${word}`,
    description: `if grep -q '^<<<<<<<' value.txt
      then grep -v '^[<=>|]' value.txt > both.txt; sort both.txt > value.txt; rm both.txt
      else echo ${word} > value.txt; echo kept > ${word}.txt; fi`,
    scope: [word],
  });
  const args = await world.plan([say('A'), say('B')], '--workers', '2', '--gate', 'test -f value.txt');

  const run = await world.swarm(args);

  assert.equal(run.code, 0, run.stderr);
  const [, last] = await assertLandedOnce(world, base, ['Say A', 'Say B']);
  assert.match(last!.attempt, /\.2$/, 'whichever came second needed another attempt');
  assert.equal(await world.git('show', `${last!.commit}:value.txt`), 'A\nB');
  const firstAttempts = await world.git('show', `${last!.commit}:A.txt`, `${last!.commit}:B.txt`);
  assert.equal(firstAttempts, 'kept\nkept', 'what the first attempt also did is there');
  const rejected = (await world.log()).find((line) => line.event === 'landing.rejected');
  assert.equal(rejected?.data.reason, 'conflict');
});

test('tasks that add lines to the same changelog and barrel land at their first attempt, by a rule the log names', async (t) => {
  const world = await World.with(t, { CHANGES: '- Begun\n', 'src/index.ts': "export * from './a.ts';\n" });
  const base = await world.git('rev-parse', 'HEAD');
  const say = (word: string): PlanTask => ({
    title: `Say ${word}`,
    description: `echo "- Said ${word}" >> CHANGES; echo "export { ${word} } from './${word}.ts';" >> src/index.ts`,
    scope: [word],
  });
  const args = await world.plan([say('A'), say('B')], '--workers', '2', '--gate', 'test -f CHANGES');

  const run = await world.swarm(args);

  assert.equal(run.code, 0, run.stderr);
  const landed = await assertLandedOnce(world, base, ['Say A', 'Say B']);
  assert.deepEqual(landed.map(({ attempt }) => attempt).sort(), ['t1.1', 't2.1']);
  const [first, last] = landed.map(({ attempt }) => (attempt === 't1.1' ? 'A' : 'B'));
  const changes = await world.git('show', `${landed[1]!.commit}:CHANGES`);
  assert.equal(changes, `- Begun\n- Said ${first}\n- Said ${last}`);
  const settled = (await world.log()).filter((line) => line.event === 'conflict.resolved');
  assert.deepEqual(
    settled.map(({ attempt, data }) => ({ attempt, ...data })),
    [
      {
        attempt: landed[1]!.attempt,
        resolved: [
          { path: 'CHANGES', rule: 'changelog' },
          { path: 'src/index.ts', rule: 'barrel' },
        ],
      },
    ],
  );
  assert.equal((await world.swarm(['verify'])).code, 0);
});

test('what the gate said is in the prompt of the next attempt', async (t) => {
  const check = 'read n < n.txt; [ $((n % 2)) = 0 ] || { echo "the number $n is not even"; exit 1; }\n';
  const world = await World.with(t, { 'n.txt': '2\n', 'check.sh': check });
  const base = await world.git('rev-parse', 'HEAD');
  // [3] matches 3, and its own text, which is in the prompt too, does not.
  const work = `case $SWARM_ATTEMPT in *.1) echo 3 > n.txt;;
    *) grep -q 'the number [3] is not even' "$PROMPT"; echo 4 > n.txt;; esac`;

  const run = await world.swarm(
    await world.plan([{ title: 'Count on', description: work }], '--gate', 'sh check.sh'),
  );

  assert.equal(run.code, 0, run.stderr);
  const landed = await landings(world, base, await world.branch());
  assert.deepEqual(
    landed.map((l) => l.attempt),
    ['t1.2'],
  );
  assert.equal(await world.git('show', `${landed[0]!.commit}:n.txt`), '4');
});

test('a task that never passes its own verification fails, is named with the reason, and the exit code is 1', async (t) => {
  const world = await World.with(t, FILES);
  await world.configure('[workers]\nattempts = 2');
  const tasks = [
    {
      title: 'Promise a file',
      description: 'date +%N > other.txt',
      scope: ['other.txt'],
      verify: 'test -f promised.txt',
    },
    {
      title: 'Keep a word',
      description: 'echo kept > kept.txt',
      scope: ['kept.txt'],
      verify: 'grep -q kept kept.txt',
    },
  ];

  const run = await world.swarm(await world.plan(tasks, '--gate', 'true'));

  assert.equal(run.code, 1, run.stderr);
  assert.match(
    run.stdout,
    /failed {2}t1 {2}Promise a file: attempts: .*`test -f promised\.txt` ended with 1/,
  );
  const report = await world.swarm(['report']);
  assert.match(report.stdout, /Promise a file/);
  const told = JSON.parse((await world.swarm(['report', '--json'])).stdout);
  assert.deepEqual([told.verdict, told.landed, told.tasks.failed], ['incomplete', 1, 1]);
  assert.deepEqual(told.endings, { 'verify-failed': 2, 'handed-in': 1 });
  assert.equal((await world.swarm(['verify'])).code, 0);
});

test('a task of kind answer hands in words and lands nothing', async (t) => {
  const world = await World.with(t, FILES);
  const task = { title: 'How many files', description: handIn('There are two.'), kind: 'answer' as const };

  const run = await world.swarm(await world.plan([task], '--gate', 'true'));

  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /^1 of 1 answered; /);
  assert.match(run.stdout, /^ {2}nothing landed, so there was nothing to deliver$/m);
  const handoff = await readFile(join(await world.runFolder(), 'attempts', 't1.1', 'handoff.json'), 'utf8');
  assert.equal(JSON.parse(handoff).summary, 'There are two.');
  assert.equal(await world.git('for-each-ref', '--format=%(refname)'), 'refs/heads/main');
});

test('a task that is already so is unneeded, not failed', async (t) => {
  const world = await World.with(t, FILES);
  const claim = JSON.stringify({ status: 'already_done', summary: 'README.md has a line' });
  const description = `echo '${claim}' > "$SWARM_HANDOFF"`;
  const task = { title: 'Have a README', description, verify: 'test -s README.md' };

  const run = await world.swarm(await world.plan([task], '--gate', 'true'));

  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /^1 of 1 unneeded; /);
});

test('a change that two tasks make alike lands once, and the second is unneeded', async (t) => {
  const world = await World.with(t, FILES);
  const twin = { title: 'Price it', description: 'echo 3 > price.txt', verify: 'grep 3 price.txt' };
  const other = { ...twin, title: 'Price it too' };

  const run = await world.swarm(await world.plan([twin, other], '--gate', 'true'));

  assert.equal(run.code, 0, run.stderr);
  const { list } = JSON.parse((await world.swarm(['report', '--json'])).stdout);
  assert.deepEqual(list.map((one: { state: string }) => one.state).sort(), ['landed', 'unneeded']);
  assert.ok(list.every((one: { attempts: number; verified: string }) => one.attempts === 1));
  assert.deepEqual(
    list.map((one: { verified: string }) => one.verified),
    ['verified', 'verified'],
  );
});

test('what depends on a failed task fails with it, and no agent is started for it', async (t) => {
  const world = await World.with(t, FILES);
  await world.configure('[workers]\nattempts = 1');
  const tasks = [
    { id: 'a', title: 'Lay', description: 'exit 3' },
    { id: 'b', title: 'Build', description: 'true', dependsOn: ['a'] },
    { id: 'c', title: 'Paint', description: 'true', dependsOn: ['b'] },
  ];

  const run = await world.swarm(await world.plan(tasks, '--gate', 'true'));

  assert.equal(run.code, 1, run.stderr);
  assert.match(run.stdout, /failed {2}t2 {2}Build: dependency/);
  assert.match(run.stdout, /failed {2}t3 {2}Paint: dependency/);
  const started = (await world.log()).filter((line) => line.event === 'attempt.started');
  assert.deepEqual(
    started.map((line) => line.attempt),
    ['t1.1'],
  );
});

test('without a gate everything lands, and each landing says that nothing tested it', async (t) => {
  const world = await World.with(t, FILES);
  const base = await world.git('rev-parse', 'HEAD');

  const run = await world.swarm(
    await world.plan([{ title: 'Add', description: 'echo x > x.txt' }], '--gate', 'none'),
  );

  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, /note: there is no gate: everything lands untested/);
  const [landed] = await landings(world, base, await world.branch());
  assert.equal(landed!.gate, `none ${landed!.tree}`);
});
