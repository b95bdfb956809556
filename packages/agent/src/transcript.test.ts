import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolder } from '../test/support.ts';
import { openTranscript } from './transcript.ts';

const never = (why: string) => assert.fail(why);

test('a transcript is appended to, line by line, with its time', async (t) => {
  const path = join(makeFolder(t), 'deep/transcript.ndjson');
  for (const text of ['one', 'two']) {
    const transcript = openTranscript(path, (line) => line, never);
    transcript.write(0, { text });
    await transcript.close();
  }
  assert.equal(
    readFileSync(path, 'utf8'),
    '{"ts":"1970-01-01T00:00:00.000Z","text":"one"}\n{"ts":"1970-01-01T00:00:00.000Z","text":"two"}\n',
  );
});

test('a transcript stops at its size and says so once', async (t) => {
  const path = join(makeFolder(t), 'transcript.ndjson');
  const transcript = openTranscript(path, (line) => line, never, 1_000);
  for (let i = 0; i < 100; i++) transcript.write(0, { text: 'x'.repeat(50) });
  await transcript.close();
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  assert.equal(lines.pop(), '{"cut":"transcript ends at 1000 bytes"}');
  assert.equal(lines.length, Math.floor(1_000 / (lines[0]!.length + 1)));
});

test('a transcript that cannot be written says so once and never throws', async (t) => {
  const folder = makeFolder(t, { file: '' });
  const told: string[] = [];
  for (const path of [join(folder, 'file/transcript.ndjson'), folder]) {
    const transcript = openTranscript(
      path,
      (line) => line,
      (why) => told.push(why),
    );
    transcript.write(0, { text: 'a' });
    await transcript.close();
    transcript.write(0, { text: 'b' });
    await transcript.close();
  }
  assert.equal(told.length, 2);
  assert.match(told[1]!, /EISDIR/);
});
