import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { CONFLICT_MARKER, changedPaths, Objects, type Tree, trailer } from './objects.ts';

const treeOf = (files: Record<string, string>): Tree => new Map(Object.entries(files));

function forked(ours: Record<string, string>, theirs: Record<string, string>) {
  const objects = new Objects();
  const commit = (message: string, files: Record<string, string>, ...parents: string[]) =>
    objects.commit({ parents: parents as never, tree: treeOf(files), message, atSeconds: 0 });
  const base = commit('base', { a: '1', b: '1' });
  const mine = commit('ours', ours, base.id);
  const other = commit('theirs', theirs, base.id);
  return { objects, base, mine, other, merged: objects.merge(mine.id, other.id) };
}

test('the same content has the same name, whatever order its files came in', () => {
  const objects = new Objects();
  const one = objects.commit({ parents: [], tree: treeOf({ a: '1', b: '2' }), message: 'm', atSeconds: 1 });
  const two = objects.commit({ parents: [], tree: treeOf({ b: '2', a: '1' }), message: 'm', atSeconds: 1 });
  assert.equal(one.id, two.id);
  assert.match(one.id, /^[0-9a-f]{40}$/);
});

test('changes of different files merge', () => {
  const { merged } = forked({ a: '2', b: '1' }, { a: '1', b: '2' });
  assert.deepEqual(merged, { kind: 'clean', tree: treeOf({ a: '2', b: '2' }) });
});

test('different changes of one file conflict, and the file shows both', () => {
  const { merged } = forked({ a: '2', b: '1' }, { a: '3', b: '1' });
  assert.equal(merged.kind, 'conflict');
  assert.deepEqual(merged.kind === 'conflict' && merged.files, ['a']);
  assert.ok(merged.tree.get('a')!.startsWith(CONFLICT_MARKER));
});

test('the same change on both sides is no conflict', () => {
  assert.equal(forked({ a: '2', b: '1' }, { a: '2', b: '1' }).merged.kind, 'clean');
});

test('a file deleted on one side and changed on the other conflicts', () => {
  assert.equal(forked({ b: '1' }, { a: '2', b: '1' }).merged.kind, 'conflict');
});

test('a file deleted on their side alone is deleted', () => {
  assert.deepEqual([...forked({ a: '1', b: '2' }, { b: '1' }).merged.tree.keys()], ['b']);
});

test('what was merged before is not merged again', () => {
  const { objects, mine, other } = forked({ a: '2', b: '1' }, { a: '1', b: '2' });
  const joined = objects.commit({
    parents: [mine.id, other.id],
    tree: treeOf({ a: '2', b: '2' }),
    message: 'joined',
    atSeconds: 0,
  });
  assert.equal(objects.mergeBase(joined.id, other.id), other.id);
  assert.deepEqual(changedPaths(objects.treeOf(joined.id), objects.merge(joined.id, other.id).tree), []);
});

test('a trailer counts in the last paragraph only, at the beginning of a line', () => {
  const message = 'title\n\nSwarm-Task: t9\n\nSwarm-Run: r\nSwarm-Task: t1\n x Swarm-Task: t2\n';
  assert.equal(trailer(message, 'Swarm-Task'), 't1');
  assert.equal(trailer('title\n\nSwarm-Task: t9\n\nthe end\n', 'Swarm-Task'), undefined);
});
