/** Every attack that can be tried here, first where it should work: what held against nothing proves nothing. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isPortable } from '../platform/here.ts';
import { docker, needs } from '../testing.ts';
import { ATTACKS, behind, tryAttacks } from './try.ts';

const name = docker ? 'docker' : 'bubblewrap';
/** Attacks that must be shown to work where nothing keeps them from it: fewer, and the list proves little. */
const PROVED_MIN = 45;

/** Bounds on what `ps` does not tell of. */
const UNTOLD = /^bounds: .*(?:without a name|in memory|lost their name)/;

describe(`in the sandbox ${name}`, await needs(name), () => {
  let proved = 0;
  for (const attack of ATTACKS) {
    test(`${attack.family}: ${attack.fact}`, async (t) => {
      if (isPortable && UNTOLD.test(`${attack.family}: ${attack.fact}`))
        return t.skip('ps tells nothing of files in memory or without a name');
      for await (const { verdict, why } of tryAttacks(behind(name, docker ? { docker } : {}), [attack])) {
        if (verdict === 'held') proved += 1;
        if (verdict === 'unproved' || verdict === 'not-tried') t.skip(why);
        else assert.equal(verdict, 'held', why);
      }
    });
  }

  test(`at least ${PROVED_MIN} attacks work without the defence and not with it`, () => {
    assert.ok(proved >= PROVED_MIN, `${proved} of ${ATTACKS.length}`);
  });
});
