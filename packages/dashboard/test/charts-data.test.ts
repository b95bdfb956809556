import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Point } from '@swarm/core/views/history';
import * as fc from 'fast-check';
import { growthOf, pointsUntil, throughputOf } from '../src/page/charts-data.ts';

const HOUR = 3_600_000;
const point = (at: number, landed: number, seq = 1): Point => ({
  seq,
  at,
  landed,
  tokens: 10 * landed,
  usd: 0,
});

test('landed an hour counts what is on the target: an undo takes from it', () => {
  const told = throughputOf([point(0, 0), point(HOUR / 2, 4), point(HOUR, 3)], 0, HOUR);
  assert.equal(told.perHour, 3);
  assert.deepEqual(told.best, { at: HOUR / 2, perHour: 4 * 60 });
});

test('all bars together are all that has landed, in at most sixty of them', () => {
  const steps = fc.array(fc.tuple(fc.nat({ max: 1e9 }), fc.nat({ max: 3 })), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(steps, (list) => {
      const sorted = list.sort(([a], [b]) => a - b);
      const until = (n: number): number => sorted.slice(0, n + 1).reduce((all, [, more]) => all + more, 0);
      const landed = until(sorted.length);
      const points = sorted.map(([at], i) => point(at, until(i)));
      const { values, at, bucketMs } = throughputOf(points, points[0]!.at, points.at(-1)!.at + 1);
      assert.ok(values.length <= 60 && values.length === at.length);
      const sum = values.reduce((all, value) => all + (value * bucketMs) / HOUR, 0);
      assert.ok(Math.abs(sum - landed) < 1e-6, `${sum} of ${landed}`);
    }),
  );
});

test('a curve begins with nothing and goes on to the end', () => {
  const { at, values } = growthOf([point(2_000, 1), point(4_000, 2)], ({ tokens }) => tokens, 1_000, 9_000);
  assert.deepEqual(
    [at, values],
    [
      [1, 2, 4, 9],
      [0, 10, 20, 20],
    ],
  );
});

test('at an entry of before only what had happened by then is drawn', () => {
  const points = [point(1, 1, 5), point(2, 2, 8)];
  assert.deepEqual(pointsUntil(points, 7), [points[0]]);
  assert.equal(pointsUntil(points, undefined), points);
});
