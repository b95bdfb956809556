import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldersSeen } from './sparse.ts';

test('a scope is seen with the folders its entries lie in, and those they are', () => {
  assert.deepEqual(foldersSeen(['src/cart/total.ts', './docs/']), ['src/cart/total.ts', 'src/cart', 'docs']);
  assert.deepEqual(foldersSeen(['src/mail/**/*.ts', 'README.md']), ['src/mail', 'README.md']);
});

test('all of the tree is seen where an entry stands for it, where there is none, and where one cannot be told', () => {
  for (const scope of [
    [],
    ['**/*.ts'],
    ['*.md', 'src/a.ts'],
    ['src/a\nb.ts'],
    ['../x'],
    ['a/../../b'],
    ['/etc'],
  ])
    assert.equal(foldersSeen(scope), undefined, JSON.stringify(scope));
  assert.equal(foldersSeen(Array.from({ length: 40 }, (_, n) => `f${n}/g/x.ts`)), undefined);
});
