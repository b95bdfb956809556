import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { around, type GraphTask, layoutOf } from '../src/page/graph-layout.ts';

const task = (id: string, ...dependsOn: string[]): GraphTask => ({ id, dependsOn });

/** Tasks that wait only for those before them. */
const plans = fc
  .array(fc.array(fc.nat(), { maxLength: 4 }), { maxLength: 60 })
  .map((list) =>
    list.map((on, i) => task(`t${i + 1}`, ...new Set(i === 0 ? [] : on.map((n) => `t${(n % i) + 1}`)))),
  );

test('whoever waits stands in a later column than what it waits for, and no two stand at one place', () => {
  fc.assert(
    fc.property(plans, (tasks) => {
      const { nodes, edges, columns, rows } = layoutOf(tasks);
      assert.equal(nodes.size, tasks.length);
      assert.equal(
        new Set([...nodes.values()].map(({ column, row }) => `${column} ${row}`)).size,
        tasks.length,
      );
      assert.equal(
        edges.length,
        tasks.reduce((sum, { dependsOn }) => sum + dependsOn.length, 0),
      );
      for (const { from, to } of edges) assert.ok(from.column < to.column, `${from.id} before ${to.id}`);
      for (const { column, row } of nodes.values()) assert.ok(column < columns && row < rows);
    }),
  );
});

test('a circle, and a task that is not there, are drawn as far as they can be', () => {
  const { nodes, edges } = layoutOf([task('t1', 't2'), task('t2', 't1'), task('t3', 't9')]);
  assert.deepEqual([nodes.size, edges.length], [3, 2]);
});

test('a step of two thousand tasks is several columns, about as wide as high', () => {
  const { columns, rows } = layoutOf(Array.from({ length: 2_000 }, (_, i) => task(`t${i}`)));
  assert.deepEqual([columns, rows], [45, 45]);
});

test('around a task is all it waits for and all that waits for it, and none that only waits for the same', () => {
  const tasks = [task('t1'), task('t2', 't1'), task('t3', 't2'), task('t4', 't1'), task('t5', 't3', 't4')];
  assert.deepEqual([...around(tasks, 't2')].sort(), ['t1', 't2', 't3', 't5']);
});
