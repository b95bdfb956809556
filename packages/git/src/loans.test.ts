import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CommitId } from '@swarm/core/model/ids';
import type { Workspace } from '@swarm/core/ports/git';
import { attempt, CountedGit, commit, git, land, type World, work, world } from '../test/world.ts';

const SECRET = 'a key that nobody else may read';

/** Every object that git finds from inside the workspace, however it is borrowed. */
const seenIn = (it: Workspace): Set<string> =>
  new Set(git(it.path, 'cat-file', '--batch-all-objects', '--batch-check=%(objectname)').split('\n'));

const hubOf = (w: World) => join(w.stateDir, 'hub.git');

/** A task's work with a secret in it, taken into the hub and never landed; and the names of its objects. */
async function leftInHub(w: World): Promise<{ commit: CommitId; blob: string }> {
  const done = await work(w, 't1.1', w.base, { 'secret.txt': SECRET });
  return { commit: done, blob: git(hubOf(w), 'rev-parse', `${done}:secret.txt`) };
}

function assertHidden(it: Workspace, { commit, blob }: { commit: CommitId; blob: string }): void {
  for (const name of [commit, blob]) {
    assert.throws(
      () => git(it.path, 'cat-file', '-p', name),
      /Not a valid object name|could not get|unable/i,
    );
    assert.equal(seenIn(it).has(name), false);
  }
  git(it.path, 'fsck', '--full', '--lost-found');
  assert.equal(existsSync(join(it.path, '.git/lost-found')), false);
  // All that a room shows besides the work tree.
  const shown = it.readOnly.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('/', '')),
  );
  assert.equal(shown.includes(blob), false);
  assert.deepEqual(
    it.readOnly.filter((folder) => folder.includes('hub.git')),
    [],
  );
}

test('work that did not land is in the hub, and no other attempt, gate or check can read it', async (t) => {
  const w = await world(t);
  const left = await leftInHub(w);
  assert.equal(git(hubOf(w), 'cat-file', '-p', left.blob), SECRET);
  assertHidden(await w.workspaces.create({ name: 't2.1', base: w.base, attempt: attempt('t2.1') }), left);
  const other = await work(w, 't3.1', w.base, { 'a.txt': 'three\n' });
  const landed = await land(w, 't3.1', w.base, other);
  assertHidden(await w.workspaces.create({ name: 'gate-l3', base: landed }), left);
  assertHidden(await w.workspaces.create({ name: 'checks-1', base: landed }), left);
  const again = { name: 't2.2', base: landed, from: other, attempt: attempt('t2.2') };
  assertHidden(await w.workspaces.create(again), left);
});

test('a retry reads its own earlier work, whatever became of it', async (t) => {
  const w = await world(t);
  const { commit: from, blob } = await leftInHub(w);
  const landed = await land(w, 't3.1', w.base, await work(w, 't3.1', w.base, { 'a.txt': 'three\n' }));
  const it = await w.workspaces.create({ name: 't1.2', base: landed, from, attempt: attempt('t1.2') });
  assert.equal(git(it.path, 'cat-file', '-p', blob), SECRET);
  assert.equal(readFileSync(join(it.path, 'secret.txt'), 'utf8'), SECRET);
  const beside = await w.workspaces.create({ name: 't4.1', base: landed, attempt: attempt('t4.1') });
  assertHidden(beside, { commit: from, blob });
});

test('what lies on a branch of the user’s own that is not the target is not to be read', async (t) => {
  const w = await world(t);
  git(w.repo, 'switch', '--quiet', '-c', 'private');
  const hidden = commit(w.repo, { 'private.txt': SECRET });
  git(hubOf(w), 'fetch', '--quiet', w.repo, 'private');
  const blob = git(hubOf(w), 'rev-parse', `${hidden}:private.txt`);
  assertHidden(await w.workspaces.create({ name: 't1.1', base: w.base, attempt: attempt('t1.1') }), {
    commit: hidden,
    blob,
  });
});

test('every workspace of a long run has its whole history, from few files, and nothing of a later one', async (t) => {
  const w = await world(t);
  const many = Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`many/${i}.txt`, `${i} of many\n`]));
  const line = Array.from({ length: 40 }, (_, i) =>
    commit(w.repo, i === 20 ? many : { [`f${i}.txt`]: `${i}\n`, [`d/${i}/x.txt`]: `${i}\n` }),
  );
  git(hubOf(w), 'fetch', '--quiet', w.repo, 'main');
  const first = await w.workspaces.create({ name: 'checks-1', base: w.base });
  for (const [i, base] of line.entries()) {
    const it = await w.workspaces.create({ name: 'gate-l1', base });
    const files = readdirSync(it.readOnly[0]!, { recursive: true, encoding: 'utf8' });
    const packs = files.filter((name) => name.endsWith('.pack'));
    assert(packs.length <= 17, `${packs.length} packs`);
    assert(files.length <= 400, `${files.length} files and folders`);
    assert.equal(git(it.path, 'log', '--format=%H').split('\n').length, i + 2);
    if (i % 8 === 0) git(it.path, 'fsck', '--full', '--strict');
    assert.equal(seenIn(it).has(line[i + 1] ?? ''), false);
  }
  git(first.path, 'fsck', '--full', '--strict');
  const kept = readdirSync(join(w.stateDir, 'loans'));
  // Those in use, and the newest.
  assert.equal(kept.length, 34);
  assert(kept.includes(w.base));
});

test('workspaces of a merge and of a target that was put back are whole', async (t) => {
  const w = await world(t);
  const one = await land(w, 't1.1', w.base, await work(w, 't1.1', w.base, { 'a.txt': 'two\n' }));
  await w.workspaces.create({ name: 'gate-l1', base: one });
  const side = await work(w, 't2.1', w.base, { 'c.txt': 'c\n' });
  const tree = git(hubOf(w), 'merge-tree', '--write-tree', one, side);
  const merge = git(hubOf(w), 'commit-tree', tree, '-p', one, '-p', side, '-m', 'Merge') as CommitId;
  const merged = await w.workspaces.create({ name: 'gate-l2', base: merge });
  git(merged.path, 'fsck', '--full', '--strict');
  assert.equal(git(merged.path, 'log', '--format=%H').split('\n').length, 4);
  const other = git(hubOf(w), 'commit-tree', tree, '-m', 'Unrelated') as CommitId;
  const unrelated = await w.workspaces.create({ name: 'gate-l3', base: other });
  git(unrelated.path, 'fsck', '--full', '--strict');
  assert.equal(seenIn(unrelated).has(w.base), false);
});

test('a later run goes on with what is there, and what a killed one left half made is made again', async (t) => {
  const w = await world(t);
  await w.workspaces.create({ name: 'checks-1', base: w.base });
  const head = await land(w, 't1.1', w.base, await work(w, 't1.1', w.base, { 'a.txt': 'two\n' }));
  await w.close();
  mkdirSync(join(w.stateDir, 'loans', `${head}.making`, 'pack'), { recursive: true });
  mkdirSync(join(w.stateDir, 'loans', 'something'));
  const again = await w.reopen();
  const it = await again.workspaces.create({ name: 'checks-2', base: head });
  git(it.path, 'fsck', '--full', '--strict');
  assert.deepEqual(readdirSync(join(w.stateDir, 'loans')).sort(), [head, w.base].sort());
  await again.close();
});

test('a workspace costs one program of git, and one more where its base is far from every other', async (t) => {
  const counted = new CountedGit();
  const w = await world(t, undefined, { git: counted });
  const cost = async (name: string, base: CommitId) => {
    const before = counted.started;
    await w.workspaces.create({ name, base, attempt: attempt(name) });
    return counted.started - before;
  };
  assert.equal(await cost('t1.1', w.base), 2);
  assert.equal(await cost('t2.1', w.base), 1);
  const head = await land(w, 't3.1', w.base, await work(w, 't3.1', w.base, { 'a.txt': 'three\n' }));
  assert.equal(await cost('t4.1', head), 1);
  assert.equal(await cost('t5.1', head), 1);
  assert.equal(await cost('t6.1', w.base), 1);
});
