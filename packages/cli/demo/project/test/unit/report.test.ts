import assert from 'node:assert/strict';
import { test } from 'node:test';
import { report } from '../../src/report.ts';

test('a report counts the words', () => {
  assert.match(report('one two'), /words: 2$/);
});
