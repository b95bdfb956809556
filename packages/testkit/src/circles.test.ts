import assert from 'node:assert/strict';
import { test } from 'node:test';
import { circlesIn } from './circles.ts';

const graph = (imports: Readonly<Record<string, string>>) =>
  new Map(Object.entries(imports).map(([file, to]) => [file, to.split(' ').filter(Boolean)]));

test('files that import one another in a row, twice over, or not at all are no circle', () =>
  assert.deepEqual(circlesIn(graph({ a: 'b c', b: 'd', c: 'd', d: 'elsewhere', e: '' })), []));

test('a circle is found wherever it begins, with all of its files and no others', () => {
  const planted = { main: 'a', a: 'b', b: 'c leaf', c: 'a', leaf: '' };
  assert.deepEqual(circlesIn(graph(planted)), [['a', 'b', 'c']]);
  const turned = Object.fromEntries(Object.entries(planted).reverse());
  assert.deepEqual(circlesIn(graph(turned)), [['a', 'b', 'c']]);
});

test('a file that imports itself is a circle of one', () =>
  assert.deepEqual(circlesIn(graph({ a: 'a', b: 'a' })), [['a']]));

test('circles that meet are one, circles that do not are two', () => {
  assert.deepEqual(circlesIn(graph({ a: 'b', b: 'a c', c: 'b' })), [['a', 'b', 'c']]);
  assert.deepEqual(circlesIn(graph({ z: 'y', y: 'z a', a: 'b', b: 'a' })), [
    ['a', 'b'],
    ['y', 'z'],
  ]);
});
