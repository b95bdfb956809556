/** Landings taken back: each by the real program, on real git, gated like any landing. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { userState } from './support/untouched.ts';
import { type PlanTask, World } from './support/world.ts';

const FILES = { 'README.md': 'shop\n', 'list.txt': 'one\n' };
const add = (name: string, more: Partial<PlanTask> = {}): PlanTask => ({
  id: name,
  title: `Add ${name}`,
  description: `echo ${name} > ${name}.txt`,
  scope: [`${name}.txt`],
  ...more,
});

/** A finished run of these tasks, one after the other, and its branch. */
async function finished(
  world: World,
  tasks: readonly PlanTask[],
  gate = 'true',
  ...more: string[]
): Promise<string> {
  const run = await world.swarm(await world.plan(tasks, '--workers', '1', '--gate', gate, ...more));
  assert.equal(run.code, 0, run.stderr);
  return world.branch();
}

const filesOn = async (world: World, ref: string): Promise<string> =>
  (await world.git('ls-tree', '-r', '--name-only', ref)).replaceAll('\n', ' ');

async function isVerified(world: World): Promise<void> {
  const verify = await world.swarm(['verify']);
  assert.equal(verify.code, 0, verify.stdout);
}

describe('swarm undo', { concurrency: 2 }, () => {
  test('takes a landing back by one gated commit that says so; the rest stays, and the promises are kept', async (t) => {
    const world = await World.with(t, FILES);
    const branch = await finished(world, [add('a'), add('b')]);
    const before = await userState(world);
    const head = await world.git('rev-parse', branch);

    const undo = await world.swarm(['undo', 't1']);

    assert.equal(undo.code, 0, undo.stderr);
    assert.match(undo.stdout, new RegExp(`^t1 is undone: ${branch} is now at [0-9a-f]{10}$`, 'm'));
    assert.equal(await filesOn(world, branch), 'README.md b.txt list.txt');
    assert.equal(await world.git('rev-parse', `${branch}^`), head);
    const keys = ['Undoes', 'Gate'].map((key) => `%(trailers:key=Swarm-${key},valueonly)`);
    const said = await world.git('log', '-1', `--format=%s%n${keys.join('')}%T`, branch);
    const [subject, undoes, gate, tree] = said.split('\n').filter(Boolean);
    assert.deepEqual([subject, undoes], ['Undo t1: Add a', 't1']);
    assert.match(gate!, new RegExp(`^[0-9a-f]{12} ${tree}$`));
    await isVerified(world);
    const report = JSON.parse((await world.swarm(['report', '--json'])).stdout);
    assert.deepEqual([report.landed, report.tasks.cancelled, report.green], [1, 1, 'unknown']);
    const story = await world.swarm(['explain', 't1']);
    assert.match(story.stdout, /The operator took it back with [0-9a-f]{10}/);
    assert.deepEqual(await userState(world), before);
    assert.deepEqual([await world.workspaces(), world.strays()], [[], []]);
  });

  test('names the landed tasks that depend on it, and takes them along only when told to', async (t) => {
    const world = await World.with(t, FILES);
    const tasks = [add('a'), add('b', { dependsOn: ['a'] }), add('c', { dependsOn: ['b'] }), add('d')];
    const branch = await finished(world, tasks);
    const head = await world.git('rev-parse', branch);

    const alone = await world.swarm(['undo', 't1']);

    assert.equal(alone.code, 2, alone.stderr);
    assert.match(alone.stderr, /error\[SW0132\]: t1 cannot be undone alone: t2, t3 landed on top of it/);
    assert.match(alone.stderr, /fix +swarm undo t1 --with-dependents$/m);
    assert.equal(await world.git('rev-parse', branch), head);
    const all = await world.swarm(['undo', 't1', '--with-dependents']);
    assert.equal(all.code, 0, all.stderr);
    assert.match(all.stdout, /^t3, t2, t1 are undone/m);
    assert.equal(await filesOn(world, branch), 'README.md d.txt list.txt');
    assert.equal(await world.git('rev-parse', `${branch}^`), head, 'one commit for all');
    await isVerified(world);
  });

  test('refuses what later landings have changed since, by the files, and moves nothing', async (t) => {
    const world = await World.with(t, FILES);
    const tasks = [
      add('a', { description: 'echo a > list.txt', scope: ['list.txt'] }),
      add('b', { description: 'echo b > list.txt', scope: ['list.txt'] }),
    ];
    const branch = await finished(world, tasks);
    const head = await world.git('rev-parse', branch);

    const undo = await world.swarm(['undo', 't1']);

    assert.equal(undo.code, 1, undo.stderr);
    assert.match(undo.stderr, /error\[SW0631\]: t1 was not undone.*same places: t1: list\.txt/);
    assert.match(undo.stderr, /why +t2 landed later.*\n +fix +swarm undo t2 && swarm undo t1$/m);
    assert.equal(await world.git('rev-parse', branch), head);
    await isVerified(world);
    const both = await world.swarm(['undo', '--run']);
    assert.equal(both.code, 0, both.stderr);
    assert.equal(await world.git('show', `${branch}:list.txt`), 'one');
  });

  test('refuses what the gate fails without, with what the gate said, and moves nothing', async (t) => {
    const world = await World.with(t, FILES);
    const gate = 'test ! -e b.txt || test -e a.txt || { echo "b stands on a"; exit 1; }';
    const branch = await finished(world, [add('a'), add('b')], gate);
    const head = await world.git('rev-parse', branch);

    const undo = await world.swarm(['undo', 't1']);

    assert.equal(undo.code, 1, undo.stderr);
    assert.match(undo.stderr, /error\[SW0632\]: t1 was not undone.*: the gate fails without it/);
    assert.match(undo.stderr, /b stands on a/);
    assert.equal(await world.git('rev-parse', branch), head);
    assert.match((await world.swarm(['explain', 't1'])).stdout, /The operator could not have it taken back/);
    await isVerified(world);
  });

  test('--run takes back every landing of the run as one tested commit', async (t) => {
    const world = await World.with(t, FILES);
    const grow = (line: string): PlanTask =>
      add(line, { description: `echo ${line} >> list.txt`, scope: ['list.txt'] });
    const branch = await finished(world, [grow('a'), grow('b'), add('c')]);
    const head = await world.git('rev-parse', branch);

    const undo = await world.swarm(['undo', '--run', '--json']);

    assert.equal(undo.code, 0, undo.stderr);
    const told = JSON.parse(undo.stdout);
    assert.deepEqual([told.undone.toSorted(), told.wasFound], [['t1', 't2', 't3'], false]);
    assert.equal(await world.git('rev-parse', branch), told.commit);
    assert.equal(await world.git('rev-parse', `${branch}^`), head);
    assert.equal(await world.git('diff', '--stat', 'main', branch), '');
    await isVerified(world);
    const again = await world.swarm(['undo', '--run', '--json']);
    assert.equal(again.code, 2);
    assert.equal(JSON.parse(again.stderr).errors[0].code, 'SW0131');
  });

  test('after --deliver apply lands on the run’s branch, and swarm apply brings it to the target', async (t) => {
    const world = await World.with(t, FILES);
    const branch = await finished(world, [add('a'), add('b')], 'true', '--deliver', 'apply');
    const applied = await world.git('rev-parse', 'main');

    const undo = await world.swarm(['undo', '--run']);

    assert.equal(undo.code, 0, undo.stderr);
    assert.match(undo.stdout, new RegExp(`^next: swarm apply --run ${branch.replace('swarm/', '')}$`, 'm'));
    assert.equal(
      await world.git('rev-parse', 'main'),
      applied,
      'the target moves only at the operator’s word',
    );
    const apply = await world.swarm(['apply']);
    assert.equal(apply.code, 0, apply.stderr);
    assert.equal(await filesOn(world, 'main'), 'README.md list.txt');
    assert.equal(await world.git('status', '--porcelain'), '');
  });

  test('says of each thing that cannot be undone why, and what to type', async (t) => {
    const world = await World.with(t, FILES);
    await world.configure('[workers]\nattempts = 1');
    const args = await world.plan([add('a'), add('b', { description: 'exit 3' })], '--gate', 'true');
    assert.equal((await world.swarm(args)).code, 1);
    assert.equal((await world.swarm(['undo', 't1'])).code, 0);
    const cases: readonly [string[], RegExp, RegExp][] = [
      [['undo'], /SW0101.*neither a task nor a run/, /swarm undo --run/],
      [['undo', 't12'], /SW0106.*no task "t12" in r-/, /its tasks are t1 to t2/],
      [['undo', 'T2'], /SW0106.*no task "T2"/, /did you mean t2\?\n.*fix +swarm undo t2$/m],
      [['undo', '2'], /SW0106.*no task "2"/, /did you mean t2\?/],
      [['undo', 'everything'], /SW0106.*no task "everything"/, /its tasks are t1 to t2/],
      [['undo', 't2'], /SW0131.*t2 cannot be undone: it has not landed/, /t2 is failed/],
      [['undo', 't1'], /SW0131.*t1 cannot be undone: it was undone before/, /fix/],
      [['undo', 't1', '--run', 'r-20200101-aaaa'], /SW0104.*r-20200101-aaaa/, /fix/],
    ];
    for (const [command, what, more] of cases) {
      const refused = await world.swarm(command);
      assert.equal(refused.code, 2, `${command.join(' ')}: ${refused.stderr}`);
      assert.match(refused.stderr, what);
      assert.match(refused.stderr, more);
    }
  });

  test('one task of a batch is taken back alone; the others of it stay', async (t) => {
    const world = await World.with(t, FILES);
    await world.configure('[workers]\nmax = 4\npre_gate = false\n');
    const names = ['a', 'b', 'c', 'd'];
    const args = await world.plan(
      names.map((name) => add(name)),
      '--gate',
      'sleep 1',
    );
    const run = await world.swarm(args);
    assert.equal(run.code, 0, run.stderr);
    const branch = await world.branch();
    const lines = (await world.git('log', '--merges', '--format=%s', `main..${branch}`)).split('\n');
    const [, one = '', ...others] = /^Land \d+ tasks: (t\d+)(?:, (t\d+))+$/.exec(lines[0]!) ?? [];
    assert.ok(others.length > 0, `a batch landed: ${lines.join('; ')}`);
    const head = await world.git('rev-parse', branch);

    const undo = await world.swarm(['undo', one]);

    assert.equal(undo.code, 0, undo.stderr);
    const file = `${names[Number(one.slice(1)) - 1]}.txt`;
    assert.equal(await world.git('diff', '--name-status', head, branch), `D\t${file}`);
    assert.equal(await world.git('rev-parse', `${branch}^`), head);
    await isVerified(world);
  });

  test('a run that was killed is undone while nobody works on it, and left as it was', async (t) => {
    const { world, run } = await landedLive(t);
    run.kill('SIGKILL');
    await run.ended;
    assert.equal((await world.swarm(['undo', 't1'])).code, 0);
    await world.release();
    const resumed = await world.swarm(['resume']);
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.equal(await filesOn(world, await world.branch()), 'README.md b.txt list.txt');
    await isVerified(world);
  });
});

/** A live run that has landed these and works on `b` until it is let go. */
async function landedLive(t: TestContext, names: readonly string[] = ['a'], gate = 'true') {
  const world = await World.with(t, FILES);
  const waiting = add('b', {
    description: `until [ -e ${world.root}/go ]; do sleep 0.05; done; echo b > b.txt`,
  });
  const open = ['--gate', gate, '--sandbox', 'none', '--workers', '2'];
  const run = world.start(await world.plan([...names.map((name) => add(name)), waiting], ...open));
  for (const [i] of names.entries()) await run.line(new RegExp(`landed .*t${i + 1}\\b`));
  return { world, run };
}

describe('swarm undo of a live run', { concurrency: 2 }, () => {
  test('is done by the run between two landings, told as it goes on, and the run goes on without it', async (t) => {
    const { world, run } = await landedLive(t);
    const branch = await world.branch();
    const head = await world.git('rev-parse', branch);

    const undo = await world.swarm(['undo', 't1']);

    assert.equal(undo.code, 0, undo.stderr);
    assert.match(undo.stderr, /^the live run has been asked: it waits for its turn to land/m);
    assert.match(undo.stdout, new RegExp(`^t1 is undone: ${branch} is now at [0-9a-f]{10}$`, 'm'));
    assert.equal(await world.git('rev-parse', `${branch}^`), head);
    const twice = await world.swarm(['undo', 't1']);
    assert.equal(twice.code, 2, twice.stderr);
    assert.match(twice.stderr, /SW0131.*t1 cannot be undone: it was undone before/);
    await world.release();
    assert.equal((await run.ended).code, 0, (await run.ended).stderr);
    assert.equal(await filesOn(world, branch), 'README.md b.txt list.txt');
    await isVerified(world);
    assert.deepEqual([await world.workspaces(), world.strays()], [[], []]);
  });

  test('is refused with what the gate says, or why it cannot be, and the run goes on as it was', async (t) => {
    const gate = 'test ! -e c.txt || test -e a.txt || { echo "c stands on a"; exit 1; }';
    const { world, run } = await landedLive(t, ['a', 'c'], gate);
    const branch = await world.branch();
    const head = await world.git('rev-parse', branch);
    const rows: [string, number, RegExp][] = [
      ['t1', 1, /SW0632.*t1 was not undone, and nothing was moved[\s\S]*c stands on a/],
      ['t3', 2, /SW0131.*t3 cannot be undone: it has not landed/],
      ['t9', 2, /SW0106.*no task "t9"/],
    ];
    for (const [task, code, text] of rows) {
      const no = await world.swarm(['undo', task]);
      assert.equal(no.code, code, no.stderr);
      assert.match(no.stderr, text);
    }
    assert.equal(await world.git('rev-parse', branch), head);

    const all = await world.swarm(['undo', '--run', '--json']);

    assert.equal(all.code, 0, all.stderr);
    assert.deepEqual(JSON.parse(all.stdout).undone.toSorted(), ['t1', 't2']);
    await world.release();
    assert.equal((await run.ended).code, 0, (await run.ended).stderr);
    assert.equal(await filesOn(world, branch), 'README.md b.txt list.txt');
    await isVerified(world);
  });

  test('asked of a run that is being stopped, says that nothing was undone', async (t) => {
    const { world, run } = await landedLive(t);
    run.kill('SIGINT');
    await run.line(/stopping: nothing new starts/);

    const undo = await world.swarm(['undo', 't1']);

    assert.equal(undo.code, 2, undo.stderr);
    assert.match(undo.stderr, /SW0108.*is being stopped, and nothing was undone[\s\S]*swarm undo t1/);
    await world.release();
    await run.ended;
    assert.equal((await world.swarm(['undo', 't1'])).code, 0);
    await isVerified(world);
  });
});

describe('killed with signal 9 while it undoes', { concurrency: 2 }, () => {
  /** What the journal lacks after a kill between publication and record. */
  async function forgetLastEntry(world: World): Promise<void> {
    const journal = join(await world.runFolder(), 'journal.ndjson');
    const lines = (await readFile(journal, 'utf8')).trimEnd().split('\n');
    const last = lines.findLastIndex((line) => line.includes('"landing.undone"'));
    assert.ok(last > 0, 'the undo was recorded');
    await writeFile(journal, `${lines.slice(0, last).join('\n')}\n`);
  }

  test('after publication, the next undo finds it by its trailers, records it, and undoes nothing twice', async (t) => {
    const world = await World.with(t, FILES);
    const branch = await finished(world, [add('a'), add('b')]);
    assert.equal((await world.swarm(['undo', 't1'])).code, 0);
    await forgetLastEntry(world);
    const head = await world.git('rev-parse', branch);
    await isVerified(world);

    const again = await world.swarm(['undo', 't1']);

    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stdout, /^t1 is undone: .*on it already and is now recorded$/m);
    assert.equal(await world.git('rev-parse', branch), head);
    await isVerified(world);
    assert.equal((await world.swarm(['undo', 't1'])).code, 2, 'now it is known');
  });

  test('after publication, swarm resume of an open run finds it too', async (t) => {
    const world = await World.with(t, FILES);
    const waiting = add('b', { description: `test -e ${world.root}/go || sleep 599; echo b > b.txt` });
    const args = await world.plan(
      [add('a'), waiting],
      '--gate',
      'true',
      '--sandbox',
      'none',
      '--workers',
      '2',
    );
    const run = world.start(args);
    await run.line(/landed t1/);
    run.kill('SIGKILL');
    await run.ended;
    assert.equal((await world.swarm(['undo', 't1'])).code, 0);
    await forgetLastEntry(world);
    await world.release();

    const resumed = await world.swarm(['resume']);

    assert.equal(resumed.code, 0, resumed.stderr);
    assert.match(resumed.stdout, /^1 of 2 landed, 1 undone; /);
    assert.equal(await filesOn(world, await world.branch()), 'README.md b.txt list.txt');
    await isVerified(world);
  });

  for (const moment of ['gate', 'published'] as const) {
    test(`at any instant (here: ${moment}), it is done once when it is asked for again`, async (t) => {
      const world = await World.with(t, FILES);
      const branch = await finished(world, [add('a'), add('b')]);
      const head = await world.git('rev-parse', branch);
      const running = world.start(['undo', 't1']);
      if (moment === 'gate') await world.until(() => world.strays().length > 1);
      else {
        const ref = join(world.repository, '.git', 'refs', 'heads', branch);
        let seen = head;
        while (seen === head) seen = (await readFile(ref, 'utf8').catch(() => head)).trim() || head;
      }
      running.kill('SIGKILL');
      await running.ended;
      t.diagnostic(
        `killed ${(await world.git('rev-parse', branch)) === head ? 'before' : 'after'} publication`,
      );

      const again = await world.swarm(['undo', 't1']);

      assert.ok(again.code === 0 || /it was undone before/.test(again.stderr), again.stderr);
      assert.equal(await world.git('rev-parse', `${branch}^`), head, 'one commit, once');
      assert.equal(await filesOn(world, branch), 'README.md b.txt list.txt');
      await isVerified(world);
      assert.deepEqual([await world.workspaces(), world.strays()], [[], []]);
    });
  }
});
