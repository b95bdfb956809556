/** Every attack that can be tried here, first where it should work: what held against nothing proves nothing. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { probeBubblewrap } from '../probe.ts';
import { needs } from '../testing.ts';
import { ATTACKS, tryAttacks } from './try.ts';

describe('in the sandbox', await needs('bubblewrap'), () => {
  for (const attack of ATTACKS) {
    test(`${attack.family}: ${attack.fact}`, async (t) => {
      const probe = await probeBubblewrap();
      assert.equal(probe.kind, 'works');
      for await (const { verdict, why } of tryAttacks(probe.kind === 'works' ? probe.bwrap : '', [attack])) {
        if (verdict === 'unproved' || verdict === 'not-tried') t.skip(why);
        else assert.equal(verdict, 'held', why);
      }
    });
  }
});
