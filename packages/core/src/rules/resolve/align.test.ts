import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { align } from './align.ts';

const aligned = (a: string, b: string): number[] => [...align(a.split(' '), b.split(' '))];

test('lines added anywhere leave every line of the base in its place', () => {
  assert.deepEqual(aligned('a b c', 'x a b y z c w'), [1, 2, 5]);
});

test('a line that is gone is nowhere, its neighbours are where they are', () => {
  assert.deepEqual(aligned('a b c', 'a c'), [0, -1, 1]);
});

test('of lines that changed places the longest run keeps its order', () => {
  assert.deepEqual(aligned('. a b c d ,', '; d a b c :'), [-1, 2, 3, 4, -1, -1]);
});

test('a line that occurs twice is no landmark, until others tell its occurrences apart', () => {
  assert.deepEqual(aligned('a x b x c', '1 x 2'), [-1, -1, -1, -1, -1]);
  assert.deepEqual(aligned('a x M b x c', '1 x 2 M 3 x 4'), [-1, 1, 3, -1, 5, -1]);
});

test('what is said to be the same line is the same, each once, in the same order', () => {
  const lines = fc.array(fc.constantFrom(...'abcdefgh'), { maxLength: 30 });
  fc.assert(
    fc.property(lines, lines, (a, b) => {
      let last = -1;
      align(a, b).forEach((to, i) => {
        if (to < 0) return;
        assert.equal(b[to], a[i]);
        assert(to > last);
        last = to;
      });
    }),
  );
});
