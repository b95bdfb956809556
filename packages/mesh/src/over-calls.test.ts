import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OverCalls } from './over-calls.ts';

/** How many numbers it holds on to. */
const sizeOf = (over: OverCalls): number => {
  let size = 0;
  for (let n = 1; n <= 20_000; n++) if (over.has(`s/${n}`)) size += 1;
  return size;
};

/** Some of 1 to 300 in an order of their own, the same for the same seed. */
function someOf(seed: number): readonly number[] {
  let state = seed;
  const chance = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const most = chance();
  return Array.from({ length: 300 }, (_, i) => ({ n: i + 1, at: chance() }))
    .filter(() => chance() < most)
    .sort((a, b) => a.at - b.at)
    .map(({ n }) => n);
}

test('a call that was said to be over is over, in whatever order that is said; no other one is', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const numbers = someOf(seed);
    const over = new OverCalls();
    for (const n of numbers) over.add(`s/${n}`);
    const known = new Set(numbers);
    for (let n = 1; n <= 301; n++) assert.equal(over.has(`s/${n}`), known.has(n), `${n} of seed ${seed}`);
    assert.equal(over.has('other/1'), false);
  }
});

test('one that was never heard is taken for given up when a thousand after it are over', () => {
  const over = new OverCalls();
  for (let n = 2; n <= 1_001; n++) over.add(`s/${n}`);
  assert.equal(over.has('s/1'), false);
  over.add('s/1002');
  assert.equal(over.has('s/1'), true);
  assert.equal(over.has('s/1003'), false);
  assert.equal(sizeOf(over), 1_002);
});
