import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Entry } from '@swarm/core/events';
import { encodeEntry } from './entry.ts';
import { followJournal, presentEntries } from './follow.ts';

const entry = (seq: number): Entry => ({
  seq,
  at: seq,
  cause: 'test',
  events: [{ type: 'request.amended', text: 'x'.repeat(300_000 * (seq % 2)) }],
});
const bytes = (seq: number): Buffer => Buffer.from(encodeEntry(entry(seq)));

async function journal(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-follow-'));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, 'journal.ndjson');
}

test('every entry is given once and in order to whoever reads slowly, and a torn line when it is whole', async (t) => {
  const path = await journal(t);
  await writeFile(path, Buffer.concat([bytes(1), bytes(2)]));
  const half = bytes(3).length >> 1;
  const seen: number[] = [];
  const signal = new AbortController().signal;
  for await (const { seq } of followJournal(path, { signal, isLast: () => seen.at(-1) === 6, pollMs: 10 })) {
    seen.push(seq);
    // All that follows is written while nobody reads.
    if (seq === 2) await appendFile(path, bytes(3).subarray(0, half));
    if (seq === 2) void appendLater(path, [bytes(3).subarray(half), bytes(4)]);
    // What was torn is cut off by the next writer, who goes on in its place.
    if (seq === 4) {
      await appendFile(path, 'torn');
      void cutLater(path);
    }
  }
  assert.deepEqual(seen, [1, 2, 3, 4, 5, 6]);
});

async function appendLater(path: string, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    await new Promise((resolve) => setImmediate(resolve));
    await appendFile(path, piece);
  }
}

async function cutLater(path: string): Promise<void> {
  await truncate(
    path,
    [1, 2, 3, 4].reduce((sum, seq) => sum + bytes(seq).length, 0),
  );
  await appendFile(path, Buffer.concat([bytes(5), bytes(6)]));
}

test('whoever has the first entries is given the next one, and waits where it is not there yet', async (t) => {
  const path = await journal(t);
  await writeFile(path, Buffer.concat([bytes(1), bytes(2), bytes(3)]));
  const signal = new AbortController().signal;
  const seenFrom = async (from: number): Promise<number[]> => {
    const seen: number[] = [];
    const how = { signal, from, isLast: () => true, pollMs: 10 };
    for await (const { seq } of followJournal(path, how)) seen.push(seq);
    return seen;
  };
  assert.deepEqual(await seenFrom(1), [1, 2, 3]);
  assert.deepEqual(await seenFrom(3), [3]);
  const there: number[] = [];
  await appendFile(path, bytes(4).subarray(0, 50));
  for await (const { seq } of presentEntries(path, 2)) there.push(seq);
  assert.deepEqual(there, [2, 3]);
  const waiting = seenFrom(4);
  await appendFile(path, bytes(4).subarray(50));
  assert.deepEqual(await waiting, [4]);
});

test('a damaged line is an error with its place, and an aborted reader ends', async (t) => {
  const path = await journal(t);
  await writeFile(path, Buffer.concat([bytes(2), Buffer.from('{}\n')]));
  const isLast = () => false;
  const all = async (signal: AbortSignal) => {
    for await (const _ of followJournal(path, { signal, isLast, pollMs: 10 }));
  };
  await assert.rejects(all(new AbortController().signal), /SW0203/);
  await writeFile(path, '');
  await all(AbortSignal.timeout(30));
});
