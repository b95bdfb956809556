import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { longestPath } from './longest-path.ts';

const step = (id: number, after: readonly number[], ms: number) => ({ id, after, ms });
const ids = (steps: Parameters<typeof longestPath<number>>[0]) => longestPath(steps).map(({ id }) => id);

test('the longest path is told in order, by what each step takes and not by how many there are', () => {
  assert.deepEqual(ids([step(1, [], 1), step(2, [1], 1), step(3, [2], 1), step(4, [], 2.5)]), [1, 2, 3]);
  assert.deepEqual(ids([step(1, [], 1), step(2, [1], 1), step(3, [2], 1), step(4, [], 3.5)]), [4]);
  assert.deepEqual(ids([step(3, [1, 2], 1), step(2, [], 5), step(1, [], 4)]), [2, 3]);
});

test('what is not among the steps, and a circle, are on no path', () => {
  assert.deepEqual(ids([step(2, [1], 1)]), [2]);
  assert.deepEqual(ids([step(1, [2], 1), step(2, [1], 1), step(3, [], 1), step(4, [3, 1], 1)]), [3]);
  assert.deepEqual(ids([]), []);
});

test('no path of the same steps is longer', () => {
  const graphs = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.array(fc.nat(20), { maxLength: 3 })), {
      maxLength: 14,
    })
    .map((rows) =>
      rows.map(([ms, after], id) => step(id, [...new Set(after.filter((before) => before < id))], ms)),
    );
  fc.assert(
    fc.property(graphs, (steps) => {
      const byId = new Map(steps.map((one) => [one.id, one]));
      const lengthTo = (id: number): number => {
        const { after, ms } = byId.get(id)!;
        return ms + Math.max(0, ...after.map(lengthTo));
      };
      const path = longestPath(steps);
      const length = path.reduce((sum, { ms }) => sum + ms, 0);
      assert.equal(length, Math.max(0, ...steps.map(({ id }) => lengthTo(id))));
      assert.ok(path.every((one, i) => i === 0 || one.after.includes(path[i - 1]!.id)));
    }),
  );
});
