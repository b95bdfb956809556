import assert from 'node:assert/strict';
import { test } from 'node:test';
import { words } from '../../src/words.ts';

test('words are split at white space', () => {
  assert.deepEqual(words(' one  two\nthree '), ['one', 'two', 'three']);
});
