import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Beginnings } from './beginnings.ts';

/** Enters, and tells whether it was its turn yet. */
function entering(beginnings: Beginnings, signal?: AbortSignal) {
  const one = { isIn: false, leave: () => {} };
  void beginnings.enter(signal).then((leave) => Object.assign(one, { isIn: true, leave }));
  return one;
}

const settled = (): Promise<void> => new Promise((go) => void setImmediate(go));
const whoIsIn = (all: readonly { readonly isIn: boolean }[]): boolean[] => all.map(({ isIn }) => isIn);

test('only so many agents begin at the same time, and the others in the order in which they came', async () => {
  const beginnings = new Beginnings(2);
  const all = [1, 2, 3, 4].map(() => entering(beginnings));
  await settled();
  assert.deepEqual(whoIsIn(all), [true, true, false, false]);
  all[1]!.leave();
  const late = entering(beginnings);
  await settled();
  assert.deepEqual(whoIsIn([...all, late]), [true, true, true, false, false]);
});

test('an agent that has begun and then ends gives its place to one other, not to two', async () => {
  const beginnings = new Beginnings(1);
  const all = [1, 2, 3].map(() => entering(beginnings));
  await settled();
  all[0]!.leave();
  all[0]!.leave();
  await settled();
  assert.deepEqual(whoIsIn(all), [true, true, false]);
});

test('an agent that nobody wants any more waits for nobody, and takes no place', async () => {
  const beginnings = new Beginnings(1);
  const stop = new AbortController();
  const all = [entering(beginnings), entering(beginnings, stop.signal), entering(beginnings)];
  await settled();
  stop.abort();
  await settled();
  assert.deepEqual(whoIsIn(all), [true, true, false]);
  all[1]!.leave();
  await settled();
  assert.deepEqual(whoIsIn(all), [true, true, false]);
  all[0]!.leave();
  await settled();
  assert.deepEqual(whoIsIn(all), [true, true, true]);
});
