/** kill -9 of the orchestrator at seeded moments, of runs and of their resumes: nothing is lost, nothing lands twice. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planCase, requestCase } from './support/kill-cases.ts';
import { seeded } from './support/kills.ts';

const SEEDS = [1, 2, 3];

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
