import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolder } from '../test/support.ts';
import { formatNotes, NotesFile } from './notes.ts';

test('each note is taken once, however the file is caught while it is written', (t) => {
  const path = join(makeFolder(t), 'notes.ndjson');
  const file = new NotesFile(path);
  assert.deepEqual(file.take(), []);
  const [one, two] = ['a line\nand another', '{"no": "event"}'];
  const whole = formatNotes([one, two]);
  const lengths = [10, formatNotes([one]).length, 0, whole.length - 1, whole.length, 3, whole.length];
  const taken = lengths.flatMap((length) => {
    writeFileSync(path, whole.slice(0, length));
    return file.take();
  });
  assert.deepEqual(taken, [one, two]);
  rmSync(path);
  assert.deepEqual([file.take(), file.taken], [[], 2]);
});
