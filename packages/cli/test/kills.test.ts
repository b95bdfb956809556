/** kill -9 of the orchestrator at seeded moments, of runs and of their resumes: nothing is lost, nothing lands twice. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planCase, requestCase } from './support/kill-cases.ts';
import { seeded } from './support/kills.ts';
import { assertLandedOnce } from './support/landings.ts';
import { few } from './support/long.ts';
import { World } from './support/world.ts';

const SEEDS = few([1, 2, 3]);

describe('killed at random, and again while resuming', { concurrency: 2 }, () => {
  for (const seed of SEEDS) {
    test(`a plan lands every task once (seed ${seed})`, async (t) => {
      const random = seeded(seed);
      const moments = [600 + random(1_500), 600 + random(1_500), 600 + random(1_500)];
      const { kills } = await planCase(8).run(t, moments);
      t.diagnostic(`killed ${kills} times, at ${moments.join(', ')} ms`);
      assert.ok(kills > 0, 'a run that was over before it could be killed shows nothing');
    });
  }

  for (const seed of SEEDS) {
    test(`a planned request lands every task once (seed ${seed})`, async (t) => {
      const random = seeded(seed + 100);
      const moments = [700 + random(3_000), 700 + random(2_000)];
      const { kills } = await requestCase(['axle', 'spoke', 'rim', 'hub']).run(t, moments);
      t.diagnostic(`killed ${kills} times, at ${moments.join(', ')} ms`);
      assert.ok(kills > 0, 'a run that was over before it could be killed shows nothing');
    });
  }
});

test('an agent that outlived its orchestrator is ended before its task is tried again', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const base = await world.git('rev-parse', 'HEAD');
  const description = `test -e ${world.root}/go && { echo a > a.txt; exit 0; }; sleep 599; echo late > late.txt`;
  const args = await world.plan([{ title: 'Write a', description }], '--gate', 'true', '--sandbox', 'none');
  const first = world.start(args);
  await first.line(/t1\.1 started/);
  await world.until(() => world.strays().some((line) => line.includes('sleep 599')));
  first.kill('SIGKILL');
  await first.ended;
  assert.ok(world.strays().length > 0, 'without a sandbox nothing ends an agent with its orchestrator');

  await world.release();
  const resumed = await world.swarm(['resume']);

  assert.equal(resumed.code, 0, resumed.stderr);
  assert.deepEqual([await world.workspaces(), world.strays()], [[], []]);
  const [landed] = await assertLandedOnce(world, base, ['Write a']);
  assert.equal(landed!.attempt, 't1.2');
  assert.equal(await world.git('ls-tree', '--name-only', landed!.commit), 'README.md\na.txt');
});
