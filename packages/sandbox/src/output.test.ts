import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Output } from './output.ts';

test('output under 64 KiB is kept as it was', () => {
  const output = new Output();
  const text = 'é'.repeat(32 * 1024);
  for (const byte of Buffer.from(text)) output.add('stdout', Buffer.of(byte));
  output.end();
  assert.equal(output.text(), text);
});

test('of more, the first 16 KiB and the last 48 KiB are kept, and the gap says how many bytes', () => {
  const output = new Output();
  output.add('stdout', Buffer.from(`${'a'.repeat(16 * 1024)}${'b'.repeat(1000)}`));
  output.add('stderr', Buffer.from('c'.repeat(48 * 1024)));
  output.end();
  const expected = `${'a'.repeat(16 * 1024)}\n[… 1000 bytes left out …]\n${'c'.repeat(48 * 1024)}`;
  assert.equal(output.text(), expected);
});

test('a cut never leaves half a character', () => {
  const output = new Output();
  output.add('stdout', Buffer.from(`x${'€'.repeat(100_000)}`));
  output.end();
  assert.ok(!output.text().includes('\uFFFD'));
});

test('a line longer than 64 KiB is passed on cut, and the next one whole', () => {
  const lines: string[] = [];
  const output = new Output((_, line) => lines.push(line));
  for (let index = 0; index < 10; index += 1) output.add('stdout', Buffer.alloc(60_000, 'x'));
  output.add('stdout', Buffer.from('\nnext\r\nlast'));
  output.end();
  assert.deepEqual(
    lines.map((line) => line.length),
    [64 * 1024, 4, 4],
  );
  assert.deepEqual(lines.slice(1), ['next', 'last']);
});

test('a command may be given longer lines: they are whole up to its own bound', () => {
  const lines: string[] = [];
  const output = new Output((_, line) => lines.push(line), 100_000);
  output.add('stdout', Buffer.from(`${'x'.repeat(90_000)}\n${'y'.repeat(110_000)}\n`));
  output.end();
  assert.deepEqual(
    lines.map((line) => line.length),
    [90_000, 100_000],
  );
});
