import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import type { AttemptId, CommitId } from '../model/ids.ts';
import { belowEach, landingOrder, readyOf } from './landing-order.ts';

const id = (n: number) => `t${n}.1` as AttemptId;
/** The first of the queue is t1, and so on, by how many lines each changes. */
const order = (lines: number[], ...pairs: [number, number][]) =>
  landingOrder(
    lines.map((count, i) => ({ attempt: id(i + 1), lines: count })),
    pairs.map(([a, b]) => ({ a: id(a), b: id(b), files: ['x'] })),
  ).join(' ');

describe('the order of landing', () => {
  it('is that of arrival where no conflict is foreseen', () => {
    assert.equal(order([9, 1, 5]), 't1.1 t2.1 t3.1');
  });
  it('puts the smaller of two that conflict in front, and leaves everybody else in place', () => {
    assert.equal(order([9, 5, 1], [1, 3]), 't3.1 t2.1 t1.1');
  });
  it('takes conflicts together that hang together', () => {
    assert.equal(order([9, 7, 1, 8], [1, 2], [2, 4]), 't2.1 t4.1 t3.1 t1.1');
  });
  it('lets the older go first among equals, and forgets conflicts with what is gone', () => {
    assert.equal(order([3, 3, 1], [1, 2], [1, 9]), 't1.1 t2.1 t3.1');
  });
});

const branch = (name: string, ...upon: readonly string[]) => ({
  attempt: name as AttemptId,
  commit: `was ${name}` as CommitId,
  upon: upon.map((one) => `was ${one}` as CommitId),
});

test('a branch goes behind those it is built on, as long as they wait', () => {
  const below = belowEach([branch('c', 'b'), branch('a'), branch('b', 'a', 'gone')]);
  assert.deepEqual(
    [...below],
    [
      ['c', ['b']],
      ['b', ['a']],
    ],
  );
  const ready = (members: readonly string[], ...front: readonly string[]) =>
    readyOf(members as readonly AttemptId[], front as readonly AttemptId[], below);
  assert.deepEqual(ready(['a', 'b', 'c']), ['a', 'b', 'c'], 'upon one another they go together');
  assert.deepEqual(ready(['b', 'c', 'x']), ['x'], 'what is below b is not there');
  assert.deepEqual(ready(['b', 'c'], 'a'), ['b', 'c'], 'it is in front');
});

test('of two branches that changed one file the one given earlier goes first, as long as both wait', () => {
  const changed = (name: string, ...files: string[]) => ({ ...branch(name), files });
  const below = belowEach([
    changed('a', 'x'),
    changed('b', 'x', 'y'),
    changed('c', 'z'),
    changed('d', 'y', 'x'),
  ]);
  assert.deepEqual(
    [...below],
    [
      ['b', ['a']],
      ['d', ['b']],
    ],
  );
});

test('a branch given before what it is built on still goes behind it, whatever files they share', () => {
  const files = ['x'];
  const below = belowEach([
    { ...branch('top', 'bottom'), files },
    { ...branch('bottom'), files },
  ]);
  assert.deepEqual([...below], [['top', ['bottom']]]);
});
