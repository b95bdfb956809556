/** kill -9 of the orchestrator at seeded moments, of runs and of their resumes: nothing is lost, nothing lands twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FILES, GATE, modelEnvironment, plannerAnswer, titleOf, workerAnswer } from './support/bicycle.ts';
import { killedAndResumed, seeded } from './support/kills.ts';
import { assertLandedOnce } from './support/landings.ts';
import { startModelServer } from './support/model-server.ts';
import { userState } from './support/untouched.ts';
import { World } from './support/world.ts';

const SEEDS = [1, 2, 3];

for (const seed of SEEDS) {
  test(`a plan killed at random and while resuming lands every task once (seed ${seed})`, async (t) => {
    const world = await World.with(t, FILES);
    const base = await world.git('rev-parse', 'HEAD');
    const before = await userState(world);
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const tasks = names.map((name, i) => ({
      id: name,
      title: `Write ${name}`,
      description: `echo ${name} > ${name}.txt`,
      scope: [`${name}.txt`],
      verify: `grep -qx ${name} ${name}.txt`,
      dependsOn: i === 7 ? ['a', 'b'] : [],
    }));
    const random = seeded(seed);
    const moments = [600 + random(1_500), 600 + random(1_500), 600 + random(1_500)];

    const args = await world.plan(tasks, '--workers', '3', '--gate', GATE);
    const { last, kills } = await killedAndResumed(world, args, moments);

    t.diagnostic(`killed ${kills} times, at ${moments.join(', ')} ms`);
    assert.equal(last.code, 0, last.stderr);
    await assertLandedOnce(
      world,
      base,
      tasks.map((task) => task.title),
    );
    await assertNothingLeft(world);
    assert.deepEqual(await userState(world), before);
  });
}

for (const seed of SEEDS) {
  test(`a planned request killed at random and while resuming lands every task once (seed ${seed})`, async (t) => {
    const world = await World.with(t, FILES);
    const base = await world.git('rev-parse', 'HEAD');
    const before = await userState(world);
    const parts = ['axle', 'spoke', 'rim', 'hub'];
    const server = await startModelServer(t, (call) =>
      call.isWorker ? workerAnswer(call) : { ...plannerAnswer(call, parts), overMs: 500 },
    );
    const random = seeded(seed + 100);
    const moments = [700 + random(3_000), 700 + random(2_000)];

    const args = ['run', 'Build a bicycle', '--workers', '2', '--gate', GATE];
    const { last, kills } = await killedAndResumed(world, args, moments, modelEnvironment(server.url));

    t.diagnostic(`killed ${kills} times, at ${moments.join(', ')} ms`);
    assert.equal(last.code, 0, last.stderr);
    await assertLandedOnce(world, base, parts.map(titleOf));
    await assertNothingLeft(world);
    assert.deepEqual(await userState(world), before);
  });
}

async function assertNothingLeft(world: World): Promise<void> {
  const verify = await world.swarm(['verify']);
  assert.equal(verify.code, 0, verify.stdout);
  assert.deepEqual([await world.workspaces(), world.strays()], [[], []]);
}
