import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atMost } from './at-most.ts';

test('only so much is done at one time, in the order it came, and what fails gives its place on', async () => {
  const inTurn = atMost(2);
  const begun: number[] = [];
  const ends = new Map<number, PromiseWithResolvers<void>>();
  const work = (n: number) =>
    inTurn(() => {
      begun.push(n);
      const end = Promise.withResolvers<void>();
      ends.set(n, end);
      return end.promise;
    }).catch(() => 'failed');
  const all = [0, 1, 2, 3, 4].map(work);
  const next = () => new Promise(setImmediate);
  await next();
  assert.deepEqual(begun, [0, 1]);
  ends.get(1)!.reject(new Error('broken'));
  await next();
  assert.deepEqual(begun, [0, 1, 2]);
  ends.get(0)!.resolve();
  ends.get(2)!.resolve();
  await next();
  assert.deepEqual(begun, [0, 1, 2, 3, 4]);
  ends.get(3)!.resolve();
  ends.get(4)!.resolve();
  assert.deepEqual(await Promise.all(all), [undefined, 'failed', undefined, undefined, undefined]);
});

test('work that throws at once gives its place on', async () => {
  const inTurn = atMost(1);
  const thrown = inTurn(() => {
    throw new Error('at once');
  });
  await assert.rejects(thrown, /at once/);
  assert.equal(await inTurn(async () => 'done'), 'done');
});
