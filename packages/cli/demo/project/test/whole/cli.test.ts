import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

test('the command prints its heading and the count', () => {
  const printed = execFileSync(process.execPath, ['src/cli.ts', 'one', 'two'], { encoding: 'utf8' });
  assert.equal(printed, 'Wordkit report\nwords: 2\n');
});
