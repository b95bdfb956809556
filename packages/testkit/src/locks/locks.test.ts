/** A few of the pairs that `pnpm locks` tries by the hundred, with the managers that are on this machine. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MANAGERS, versionHere } from './managers.ts';
import { tryPairs } from './pairs.ts';

const PAIRS = process.env.SWARM_LONG ? 10 : 3;

describe('lockfiles joined by rule', { concurrency: false }, () => {
  for (const manager of MANAGERS) {
    it(`are taken by ${manager.name} as they stand`, async (t) => {
      if ((await versionHere(manager)) === undefined) return t.skip(`${manager.name} is not on this machine`);
      const tally = await tryPairs(manager, { pairs: PAIRS, seed: 1 });
      assert.deepEqual(tally.refused, []);
      assert.ok(
        tally.joined > 0,
        `none of ${tally.givenBack} was joined: a rule that always gives back is none`,
      );
    });
  }
});
