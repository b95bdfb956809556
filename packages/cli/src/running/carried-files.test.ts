import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { JournalPieces, PIECE_BYTES } from './carried-files.ts';

async function all(pieces: ReturnType<JournalPieces['read']>) {
  const read: { readonly name: string; readonly bytes: Buffer }[] = [];
  for await (const piece of pieces) read.push(piece);
  return read;
}

test('a journal is cut into pieces of whole lines: full ones stay as they are, a torn end is left out', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-pieces-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'journal.ndjson');
  const line = (n: number): string => `{"n":${n},"x":"${'x'.repeat(1_000)}"}\n`;
  const many = Array.from({ length: 600 }, (_, n) => line(n));
  await writeFile(path, many.join(''));
  const pieces = new JournalPieces(path);
  const first = await all(pieces.read());
  assert.deepEqual(
    first.map(({ name }) => name),
    ['journal/000001.ndjson', 'journal/000002.ndjson', 'journal/000003.ndjson'],
  );
  assert.ok(
    first.slice(0, 2).every(({ bytes }) => bytes.length >= PIECE_BYTES && bytes.length < PIECE_BYTES + 1_100),
  );
  assert.ok(first.every(({ bytes }) => bytes.at(-1) === 10));
  assert.equal(Buffer.concat(first.map(({ bytes }) => bytes)).toString(), many.join(''));
  await appendFile(path, `${line(600)}{"torn`);
  const then = await all(pieces.read());
  assert.deepEqual(
    then.map(({ name }) => name),
    ['journal/000003.ndjson'],
  );
  assert.ok(then[0]!.bytes.toString().endsWith(line(600)));
});

test('a line that is longer than a piece is a piece of its own', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-pieces-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'journal.ndjson');
  const long = `${'y'.repeat(3 * PIECE_BYTES)}\n`;
  await writeFile(path, `a\n${long}b\n`);
  const pieces = await all(new JournalPieces(path).read());
  assert.deepEqual(
    pieces.map(({ bytes }) => bytes.length),
    [2 + long.length, 2],
  );
});

test('whoever stops at a piece is given it again', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-pieces-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'journal.ndjson');
  await writeFile(path, `${'y'.repeat(PIECE_BYTES)}\n`.repeat(3));
  const pieces = new JournalPieces(path);
  for await (const { name } of pieces.read()) if (name === 'journal/000002.ndjson') break;
  const names = (await all(pieces.read())).map(({ name }) => name);
  assert.deepEqual(names, ['journal/000002.ndjson', 'journal/000003.ndjson']);
});
