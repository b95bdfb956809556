import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { lines } from './words.ts';

test('sentences of a detail have a stop between them, so that they can be told in one line', () => {
  assert.equal(
    lines('it changed nothing', undefined, '', false, 'a note is there'),
    'it changed nothing.\na note is there',
  );
  assert.equal(lines('is it there?', 'see:', '}', 'x'), 'is it there?\nsee:\n}\nx');
  assert.equal(lines('alone'), 'alone');
});
