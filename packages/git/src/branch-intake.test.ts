import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CommitId } from '@swarm/core/model/ids';
import { attempt, commit, git, world } from '../test/world.ts';

function branch(repo: string, name: string, files: Record<string, string>, message?: string): CommitId {
  git(repo, 'checkout', '--quiet', '-B', name, 'main');
  const made = commit(repo, files, message);
  git(repo, 'checkout', '--quiet', 'main');
  return made;
}

test('a branch is taken as it was when it was gathered, though it is gone since, and taking it twice is taking it once', async (t) => {
  const w = await world(t);
  const made = branch(w.repo, 'feature', { 'c.txt': 'c\n' });
  await w.branches.gather([made]);
  git(w.repo, 'branch', '--quiet', '-D', 'feature');
  git(w.repo, 'reflog', 'expire', '--expire=now', '--all');
  git(w.repo, 'gc', '--quiet', '--prune=now');

  const taken = { kind: 'commit', commit: made };
  assert.deepEqual(await w.branches.take(attempt('t1.1'), made), taken);
  const again = await w.reopen();
  assert.deepEqual(await again.branches.take(attempt('t1.1'), made), taken);
  assert.deepEqual((await again.hub.measure(made, w.base))?.filesChanged, ['c.txt']);
});

test('a branch the target has already gives nothing', async (t) => {
  const w = await world(t);
  await w.branches.gather([w.base]);
  assert.deepEqual(await w.branches.take(attempt('t1.1'), w.base), { kind: 'nothing' });
});

test('a branch passes the same limits as an attempt’s push', async (t) => {
  const w = await world(t, { 'a.txt': 'a\n' }, { limits: { objectBytes: 1_000, paths: 3 } });
  const large = branch(w.repo, 'large', { 'large.txt': 'x'.repeat(2_000) });
  const many = branch(w.repo, 'many', { 'b/1': '1', 'b/2': '2', 'b/3': '3', 'b/4': '4' });
  await w.branches.gather([large, many]);
  const why = async (name: string, commitId: CommitId) => {
    const taken = await w.branches.take(attempt(name), commitId);
    return taken.kind === 'refused' ? taken.why : taken.kind;
  };
  assert.match(await why('t1.1', large), /larger than 1000 bytes/);
  assert.match(await why('t2.1', many), /changes more than 3 paths/);
});

test('a branch that shares no commit with the target is refused', async (t) => {
  const w = await world(t);
  git(w.repo, 'checkout', '--quiet', '--orphan', 'stranger');
  const made = commit(w.repo, { 'z.txt': 'z\n' });
  git(w.repo, 'checkout', '--quiet', 'main');
  await w.branches.gather([made]);
  const taken = await w.branches.take(attempt('t1.1'), made);
  assert.deepEqual(taken, { kind: 'refused', why: 'it has no commit in common with the target' });
});

test('a branch’s words are those of its own commits, oldest first, merges left out', async (t) => {
  const w = await world(t);
  branch(w.repo, 'feature', { 'c.txt': 'c\n' }, 'Add c');
  commit(w.repo, { 'later.txt': 'l\n' }, 'Later on main');
  git(w.repo, 'checkout', '--quiet', 'feature');
  git(w.repo, 'merge', '--quiet', '--no-edit', 'main~1');
  const made = commit(w.repo, { 'd.txt': 'd\n' }, 'Add d');
  git(w.repo, 'checkout', '--quiet', 'main');
  await w.branches.gather([made]);
  assert.deepEqual(await w.branches.wordsOf(made), { subject: 'Add c', subjects: ['Add c', 'Add d'] });
});

test('branches are judged together, and the one that is refused keeps none of the others out', async (t) => {
  const w = await world(t, { 'a.txt': 'a\n' }, { limits: { objectBytes: 1_000 } });
  const good = [1, 2, 3, 4, 5].map((n) =>
    branch(w.repo, `good-${n}`, { [`g${n}.txt`]: `${n}\n` }, `Add ${n}`),
  );
  const large = branch(w.repo, 'large', { 'large.txt': 'x'.repeat(2_000) });
  await w.branches.gather([...good.slice(0, 3), large, ...good.slice(3)]);
  const held = (repository: string) => {
    const all = git(repository, 'cat-file', '--batch-all-objects', '--batch-check=%(objectname)').split('\n');
    return [...good, large].map((commitId) => all.includes(commitId));
  };
  const hub = join(w.stateDir, 'hub.git');
  assert.deepEqual(held(hub), [true, true, true, false, false, false], 'those of the half that is fit');

  const again = await w.reopen();
  for (const [i, made] of good.entries())
    assert.deepEqual(await again.branches.take(attempt(`t${i + 1}.1`), made), {
      kind: 'commit',
      commit: made,
    });
  const refused = await again.branches.take(attempt('t6.1'), large);
  assert.match(refused.kind === 'refused' ? refused.why : refused.kind, /larger than 1000 bytes/);
});
