import assert from 'node:assert/strict';
import { test } from 'node:test';
import { work, world } from '../test/world.ts';

const [OURS, PARTS, THEIRS] = ['<', '=', '>'].map((sign) => sign.repeat(7)) as [string, string, string];
const CONFLICT = `a\n${OURS} HEAD\none\n${PARTS}\ntwo\n${THEIRS} theirs\n`;

test('files in which a change leaves a conflict are measured with the line where it begins, however many others it touches', async (t) => {
  const w = await world(t);
  const many = Object.fromEntries(Array.from({ length: 130 }, (_, i) => [`many/${i}.txt`, `${i}\n`]));
  const done = await work(w, 't1.1', w.base, {
    ...many,
    'a.txt': CONFLICT,
    'z/last.md': `# Title\n\n${CONFLICT}`,
  });
  assert.deepEqual((await w.hub.measure(done, w.base))?.conflictsLeft, ['a.txt:2', 'z/last.md:4']);
});

test('a file that is large is read to its end', async (t) => {
  const w = await world(t);
  const large = `${'x'.repeat(99)}\n`.repeat(180_000);
  const done = await work(w, 't1.1', w.base, { 'large.txt': large + CONFLICT });
  assert.deepEqual((await w.hub.measure(done, w.base))?.conflictsLeft, ['large.txt:180002']);
});

test('what the base shows already and underlined headings are no conflict of the change', async (t) => {
  const w = await world(t, { 'docs/merge.md': CONFLICT });
  const changes = { 'docs/merge.md': `More.\n${CONFLICT}`, 'head.rst': `Heading\n${PARTS}\n` };
  const done = await work(w, 't1.1', w.base, changes);
  assert.equal((await w.hub.measure(done, w.base))?.conflictsLeft, undefined);
});
