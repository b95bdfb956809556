/** One orchestrator a repository, and how a person stops one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertLandedOnce } from './support/landings.ts';
import { userState } from './support/untouched.ts';
import { World } from './support/world.ts';

const FILES = { 'README.md': 'shop\n' };

/** Its agent waits until the file at `gate` is there, so that a test holds the run where it wants it. */
const waiting = (world: World, name: string) => ({
  title: `Write ${name}`,
  description: `until test -e ${world.root}/go; do sleep 0.05; done; echo ${name} > ${name}.txt`,
  scope: [`${name}.txt`],
});

test('a second orchestrator on the same repository is refused with exit 75, naming who holds it since when', async (t) => {
  const world = await World.with(t, FILES);
  const args = await world.plan([waiting(world, 'a')], '--gate', 'true', '--sandbox', 'none');
  const first = world.start(args);
  await first.line(/t1\.1 started/);
  const run = (await world.branch()).replace('swarm/', '');

  for (const second of [args, ['resume']]) {
    const refused = await world.swarm(second);
    assert.deepEqual([refused.code, refused.stdout], [75, ''], refused.stderr);
    assert.match(
      refused.stderr,
      new RegExp(
        `error\\[SW0501\\]: another orchestrator holds the repository: process ${first.pid} \\(run ${run}\\) since \\d{4}-\\d\\d-\\d\\dT`,
      ),
    );
  }

  await world.release();
  assert.equal((await first.ended).code, 0);
});

test('Ctrl-C once drains: what is in flight lands, nothing new starts, exit 130; resume does the rest', async (t) => {
  const world = await World.with(t, FILES);
  const base = await world.git('rev-parse', 'HEAD');
  const before = await userState(world);
  const tasks = ['a', 'b', 'c'].map((name) => waiting(world, name));
  const running = world.start(
    await world.plan(tasks, '--workers', '1', '--gate', 'true', '--sandbox', 'none'),
  );
  await running.line(/t1\.1 started/);

  running.kill('SIGINT');
  await running.line(/stopping: nothing new starts, what is in flight may finish/);
  await world.release();
  const stopped = await running.ended;

  assert.equal(stopped.code, 130, stopped.stderr);
  assert.match(stopped.stdout, /^next: swarm resume/m);
  assert.doesNotMatch(stopped.stderr, /t2\.1 started/);
  assert.deepEqual([await world.workspaces(), world.strays()], [[], []]);
  const status = JSON.parse((await world.swarm(['status', '--json'])).stdout);
  assert.equal(status.board.counts.landed, 1, JSON.stringify(status.board));

  const resumed = await world.swarm(['resume']);
  assert.equal(resumed.code, 0, resumed.stderr);
  const landed = await assertLandedOnce(
    world,
    base,
    tasks.map((task) => task.title),
  );
  assert.ok(
    landed.every((l) => l.attempt.endsWith('.1')),
    'no attempt was lost by stopping',
  );
  assert.equal((await world.swarm(['verify'])).code, 0);
  assert.deepEqual(await userState(world), before);
});

test('Ctrl-C twice ends the agents at once, and resume tries their tasks again', async (t) => {
  const world = await World.with(t, FILES);
  const base = await world.git('rev-parse', 'HEAD');
  const task = { title: 'Wait', description: `test -e ${world.root}/go || sleep 600; echo a > a.txt` };
  const running = world.start(await world.plan([task], '--gate', 'true', '--sandbox', 'none'));
  await running.line(/t1\.1 started/);

  running.kill('SIGINT');
  await running.line(/stopping/);
  await running.insist('SIGINT', running.line(/ending what is in flight/));
  const stopped = await running.ended;

  assert.equal(stopped.code, 130, stopped.stderr);
  assert.deepEqual([await world.workspaces(), world.strays()], [[], []]);
  await world.release();
  const resumed = await world.swarm(['resume']);
  assert.equal(resumed.code, 0, resumed.stderr);
  await assertLandedOnce(world, base, ['Wait']);
});
