import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommitId } from '@swarm/core/model/ids';
import { git, land, landing, type World, work, world } from '../test/world.ts';
import { patchIn } from './changes.ts';

const LINES = Array.from({ length: 40 }, (_, i) => `line ${i}\n`);
const FILES = { 'a.txt': LINES.join(''), 'b.txt': 'one\n', 'blob.bin': 'x\0y\n' };
const edited = (at: number, line: string): string =>
  LINES.map((old, i) => (i === at ? `${line}\n` : old)).join('');
const named = { namesChanges: true } as const;

const patchOf = async (w: World, done: CommitId): Promise<string | undefined> =>
  (await w.hub.measure(done, w.base))?.patch;

async function onto(w: World, name: string, done: CommitId, head: CommitId): Promise<string | undefined> {
  const ask = { onto: head, work: done, message: () => landing(name), atSeconds: 1_700_000_000 };
  const built = await w.hub.buildCandidate(ask);
  return built.kind === 'clean' ? built.patch : built.kind;
}

test('a change that lands on another parent, further down in the file, is the same change', async (t) => {
  const w = await world(t, FILES, named);
  const first = await work(w, 't1.1', w.base, { 'a.txt': `new\n${LINES.join('')}` });
  const second = await work(w, 't2.1', w.base, { 'a.txt': edited(30, 'changed') });
  const head = await land(w, 't1.1', w.base, first);
  const voted = await patchOf(w, second);
  assert.match(voted!, /^[0-9a-f]{40}$/);
  assert.equal(await onto(w, 't2.1', second, w.base), voted);
  assert.equal(await onto(w, 't2.1', second, head), voted);
});

test('what is left of a change of which a part is there already is another change', async (t) => {
  const w = await world(t, FILES, named);
  const first = await work(w, 't1.1', w.base, { 'b.txt': 'two\n' });
  const second = await work(w, 't2.1', w.base, { 'a.txt': edited(30, 'changed'), 'b.txt': 'two\n' });
  const head = await land(w, 't1.1', w.base, first);
  const landed = await onto(w, 't2.1', second, head);
  assert.match(landed!, /^[0-9a-f]{40}$/);
  assert.notEqual(landed, await patchOf(w, second));
});

const OTHERS: Readonly<Record<string, Record<string, string>>> = {
  'another line': { 'a.txt': edited(30, 'changed!') },
  'a blank more': { 'a.txt': edited(30, ' changed') },
  'the same line elsewhere in the file': { 'a.txt': edited(20, 'changed') },
  'the same line in another file': { 'b.txt': 'one\nchanged\n' },
  'a line that looks like git’s own': { 'b.txt': 'one\nindex 0000..1111\n@@ -1 +1 @@\n' },
  'another such line': { 'b.txt': 'one\nindex 0000..2222\n@@ -2 +2 @@\n' },
  'bytes that are no text': { 'blob.bin': 'x\0z\n' },
  'other bytes that are no text': { 'blob.bin': 'x\0zz\n' },
};

test('every other change has another name, blanks, places and bytes included', async (t) => {
  const w = await world(t, FILES, named);
  const all = [{ 'a.txt': edited(30, 'changed') }, ...Object.values(OTHERS)];
  const names = new Map<string, number>();
  for (const [i, files] of all.entries()) {
    const name = await patchOf(w, await work(w, `t${i + 1}.1`, w.base, files));
    assert.equal(names.get(name!), undefined, `${Object.keys(OTHERS)[i - 1]}`);
    names.set(name!, i);
  }
});

test('a mode that changes is a change', () => {
  const of = (mode: string) =>
    patchIn(Buffer.from(`diff --git a/x b/x\nold mode 100644\nnew mode ${mode}\n`));
  assert.notEqual(of('100755'), of('120000'));
});

test('where nobody asks, changes have no names', async (t) => {
  const w = await world(t, FILES);
  const done = await work(w, 't1.1', w.base, { 'b.txt': 'two\n' });
  assert.deepEqual([await patchOf(w, done), await onto(w, 't1.1', done, w.base)], [undefined, undefined]);
});

test('a diff is told up to so many characters, and that there is more', async (t) => {
  const w = await world(t, FILES);
  const done = await work(w, 't1.1', w.base, { 'b.txt': 'two\n' });
  const whole = await w.changes.diff(w.base, done, 10_000);
  assert.match(whole.text, /^diff --git a\/b\.txt b\/b\.txt\n[\s\S]*\n-one\n\+two\n$/);
  assert.equal(whole.isCut, false);
  const cut = await w.changes.diff(w.base, done, 20);
  assert.deepEqual(cut, { text: whole.text.slice(0, 20), isCut: true });
  assert.deepEqual(await w.changes.diff(undefined, done, 10_000), whole);
  const own = git(w.repo, 'rev-parse', 'HEAD') as CommitId;
  assert.deepEqual(await w.changes.diff(own, own, 10), { text: '', isCut: false });
});
