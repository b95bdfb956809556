import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommitId, TreeId } from '@swarm/core/model/ids';
import { commitOf, git, land, RUN, type World, work, world } from '../test/world.ts';
import { undoneMarkOf } from './landed.ts';

const message = (...tasks: string[]): string =>
  `Undo it\n\nSwarm-Run: ${RUN}\n${tasks.map((task) => `Swarm-Undoes: ${task}\n`).join('')}Swarm-Gate: none x\n`;

const revert = (w: World, onto: CommitId, ...commits: CommitId[]) =>
  w.hub.buildRevert({ onto, commits, message: () => message('t1'), atSeconds: 1_700_000_000 });

const tree = (w: World, commit: string): string => git(`${w.stateDir}/hub.git`, 'ls-tree', '-r', commit);

/** Lands these changes one after the other, each from the base. */
async function landed(w: World, ...changes: readonly Record<string, string>[]): Promise<CommitId[]> {
  const commits: CommitId[] = [];
  for (const [i, files] of changes.entries()) {
    const onto = commits.at(-1) ?? w.base;
    const name = `t${i + 1}.1`;
    commits.push(await land(w, name, onto, await work(w, name, onto, files)));
  }
  return commits;
}

test('taking a landing back leaves what landed before and after it, as one commit on the head', async (t) => {
  const w = await world(t);
  const [one, two] = await landed(w, { 'a.txt': 'two\n', 'new.txt': 'x\n' }, { 'b.txt': 'two\n' });

  const built = await revert(w, two!, one!);

  assert(built.kind === 'clean');
  assert.deepEqual(built.paths, ['a.txt', 'new.txt']);
  assert.equal(git(`${w.stateDir}/hub.git`, 'diff-tree', '-r', '--name-only', w.base, built.commit), 'b.txt');
  assert.equal(git(`${w.stateDir}/hub.git`, 'rev-parse', `${built.commit}^@`), two);
});

test('several are taken back newest first, so that each meets the tree that followed it', async (t) => {
  const w = await world(t);
  const [one, two, three] = await landed(w, { 'a.txt': 'two\n' }, { 'a.txt': 'three\n' }, { 'c.txt': 'c\n' });

  const built = await revert(w, three!, two!, one!);

  assert(built.kind === 'clean');
  assert.deepEqual(built.paths, ['a.txt']);
  assert.equal(git(`${w.stateDir}/hub.git`, 'cat-file', '-p', `${built.commit}:a.txt`), 'one');
  assert.equal(
    (await revert(w, three!, one!, two!)).kind,
    'conflict',
    'oldest first they stand in each other’s way',
  );
});

test('what landed later on the same lines is a conflict that names the commit and its files', async (t) => {
  const w = await world(t);
  const [one, two] = await landed(w, { 'a.txt': 'two\n', 'b.txt': 'two\n' }, { 'a.txt': 'three\n' });

  const built = await revert(w, two!, one!);

  assert(built.kind === 'conflict');
  assert.deepEqual([built.of, built.files], [one, ['a.txt']]);
  assert.match(built.detail, /a\.txt/);
});

test('what is gone from the head already has nothing to be taken back', async (t) => {
  const w = await world(t);
  const [one, two] = await landed(w, { 'a.txt': 'two\n' }, { 'a.txt': 'one\n' });
  assert.deepEqual(await revert(w, two!, one!), { kind: 'empty' });
});

test('a commit the hub does not have is named', async (t) => {
  const w = await world(t);
  const unknown = 'f'.repeat(40) as CommitId;
  assert.deepEqual(await revert(w, w.base, unknown), { kind: 'missing', of: unknown });
  assert.deepEqual(await revert(w, w.base, w.base), { kind: 'missing', of: w.base });
});

test('one task of a batch is taken back alone, by its own commit beside the first-parent line', async (t) => {
  const w = await world(t);
  const [one, two] = await landed(w, { 'a.txt': 'two\n' }, { 'b.txt': 'two\n' });
  const who = ['-c', 'user.name=x', '-c', 'user.email=x@example.invalid'];
  const merge = git(
    `${w.stateDir}/hub.git`,
    ...[...who, 'commit-tree', `${two}^{tree}`, '-p', w.base, '-p', two!, '-m', 'Land t1, t2'],
  ) as CommitId;

  const built = await revert(w, merge, one!);

  assert(built.kind === 'clean');
  assert.deepEqual(built.paths, ['a.txt']);
  assert.equal(tree(w, built.commit), tree(w, built.tree as TreeId));
});

test('an undo is found on the target by its trailers, and landings by theirs', async (t) => {
  const w = await world(t);
  const [one, two] = await landed(w, { 'a.txt': 'two\n' }, { 'b.txt': 'two\n' });
  const built = await w.hub.buildRevert({
    onto: two!,
    commits: [two!, one!],
    message: () => message('t2', 't1'),
    atSeconds: 1_700_000_000,
  });
  assert(built.kind === 'clean');
  await w.hub.publish({ parent: two!, commit: built.commit, tree: built.tree });

  for (const opened of [w, await w.reopen()]) {
    const head = commitOf(await opened.hub.targetHead());
    assert.deepEqual(await opened.hub.undoneSince(w.base, head), [
      { run: RUN, tasks: ['t2', 't1'], commit: built.commit },
    ]);
    assert.equal((await opened.hub.landedSince(w.base, head)).length, 2);
  }
});

test('only whole trailers of this run make an undo', () => {
  const commit = 'a'.repeat(40) as CommitId;
  const read = (text: string) => undoneMarkOf(RUN, commit, text)?.tasks;
  assert.deepEqual(read(message('t1')), ['t1']);
  assert.equal(read(message('t1').replace(RUN, 'r-20200101-aaaa')), undefined);
  assert.equal(read(message('t1', 'everything')), undefined);
  assert.equal(read(`${message('t1')}\nmore`), undefined);
  assert.equal(read(`Swarm-Undoes: t1\nSwarm-Run: ${RUN}`), undefined, 'a subject has no trailers');
});
