import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeptOutput } from './kept-output.ts';

const given = (half: number, lines: readonly string[]): string => {
  const kept = new KeptOutput(half);
  for (const line of lines) kept.line(line);
  return kept.text();
};
const numbered = (count: number) => Array.from({ length: count }, (_, i) => `line ${i}`);

test('all that was printed is kept while there is room', () => {
  assert.equal(given(1_000, numbered(100)), numbered(100).join('\n'));
  assert.equal(given(1_000, []), '');
});

test('of a flood the first and the last whole lines are kept, and those between are counted', () => {
  const text = given(100, numbered(10_000));
  assert.match(text, /^line 0\nline 1\n/);
  assert.match(text, /line 9998\nline 9999$/);
  assert.match(text, /\n\[… 9\d{3} lines are left out …\]\nline \d+\n/);
  assert.ok(text.length < 240, `${text.length}`);
  const [, gone] = /\[… (\d+) lines/.exec(text)!;
  assert.equal(text.split('\n').length - 1 + Number(gone), 10_000);
});

test('one line longer than the room is told as left out', () => {
  assert.equal(given(100, ['x'.repeat(5_000)]), '[… 1 lines are left out …]');
});
