import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawFocused, drawFocusedFaults, isFocusWord } from './focus.ts';
import { Random } from './random.ts';
import { simulate } from './simulate.ts';

const SEEDS = Array.from({ length: 200 }, (_, i) => i + 1);

test('a focused seed has what it is told to have, and draws the rest', () => {
  const stories = SEEDS.map((seed) => drawFocused(new Random(seed), ['land', 'installed', 'crash']));
  assert.ok(stories.every((story) => story.mode === 'land' && story.hasSetup));
  assert.ok(stories.some((story) => story.hasChecks) && stories.some((story) => !story.hasChecks));
  const faults = SEEDS.map((seed) => drawFocusedFaults(new Random(seed), ['land', 'crash']));
  assert.ok(faults.every(({ crash }) => crash > 0));
  assert.ok(faults.some(({ human }) => human > 0) && faults.some(({ human }) => human === 0));
});

test('traits no story has together are said, not looked for without end', () => {
  assert.throws(
    () => drawFocused(new Random(1), ['gate', 'ungated']),
    /no story is all of these: gate, ungated/,
  );
  assert.deepEqual([isFocusWord('land'), isFocusWord('crash'), isFocusWord('toString')], [true, true, false]);
});

test('without a focus a seed is the run it always was', async () => {
  assert.equal((await simulate(3)).digest, (await simulate(3, { focus: [] })).digest);
});
