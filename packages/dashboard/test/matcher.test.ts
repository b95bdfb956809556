import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Matcher } from '../src/page/matcher.ts';
import { ROW_CHARS_MAX, transcriptRows } from '../src/page/transcript-rows.ts';

test('a long list is searched a little at a time, and rows that come later are searched then', () => {
  const rows = Array.from({ length: 10_000 }, (_, i) => i);
  const matcher = new Matcher((n: number) => n % 1_000 === 0);
  let clock = 0;
  const now = (): number => clock++;
  let looks = 0;
  while (!matcher.look(rows, clock + 3, now)) looks += 1;
  assert.ok(looks > 3, `${looks} looks`);
  assert.deepEqual(matcher.found, [0, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 9_000]);
  rows.push(10_000, 11_000, 1);
  assert.ok(matcher.look(rows, clock + 3, now));
  assert.deepEqual(matcher.found.slice(10), [10_000, 10_001]);
});

test('what an agent said is a head and a row for each line, and a line that never ends is cut', () => {
  const rows = transcriptRows({ time: '10:02:03', head: 'bash gives', body: `a\n${'x'.repeat(5_000)}\n\n` });
  assert.deepEqual(
    rows.map(({ kind, text }) => [kind, text.length]),
    [
      ['head', 10],
      ['body', 1],
      ['body', ROW_CHARS_MAX],
    ],
  );
  assert.ok(rows[2]!.text.endsWith('…'));
});
