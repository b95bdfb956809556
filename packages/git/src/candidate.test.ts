import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommitId } from '@swarm/core/model/ids';
import { commit, git, LAND, land, landing, RUN, type World, work, world } from '../test/world.ts';
import { markOf } from './landed.ts';

const build = (w: World, onto: CommitId, from: CommitId, name = 't1.1') =>
  w.hub.buildCandidate({ onto, work: from, message: () => landing(name), atSeconds: 1_700_000_000 });

/** Two attempts from the same base, the first landed: what becomes of the second? */
async function second(w: World, first: Record<string, string>, then: Record<string, string>) {
  const one = await work(w, 't1.1', w.base, first);
  const two = await work(w, 't2.1', w.base, then);
  const onto = await land(w, 't1.1', w.base, one);
  return { onto, two, outcome: await build(w, onto, two, 't2.1') };
}

test('a candidate is one commit on the target, with the message given and the tree it names', async (t) => {
  const w = await world(t);
  const done = await work(w, 't1.1', w.base, { 'a.txt': 'two\n', 'new/c.txt': 'c\n' });
  const ask = { onto: w.base, work: done, atSeconds: 1_700_000_000 };
  const built = await w.hub.buildCandidate({ ...ask, message: (tree) => `Subject\n\nSwarm-Gate: ${tree}\n` });
  assert(built.kind === 'clean');
  assert.deepEqual(built.paths, ['a.txt', 'new/c.txt']);
  const raw = git(`${w.stateDir}/hub.git`, 'cat-file', 'commit', built.commit);
  assert.equal(
    raw,
    [
      `tree ${built.tree}`,
      `parent ${w.base}`,
      'author Swarm <swarm@example.invalid> 1700000000 +0000',
      'committer Swarm <swarm@example.invalid> 1700000000 +0000',
      '',
      'Subject',
      '',
      `Swarm-Gate: ${built.tree}`,
    ].join('\n'),
  );
});

test('the same inputs give the same commit', async (t) => {
  const w = await world(t);
  const done = await work(w, 't1.1', w.base, { 'a.txt': 'two\n' });
  assert.deepEqual(await build(w, w.base, done), await build(await reopened(w), w.base, done));
});

/** Two attempts, the second on the first, and the merge they land as. */
async function batch(w: World) {
  const one = await work(w, 't1.1', w.base, { 'a.txt': 'two\n' });
  const two = await work(w, 't2.1', w.base, { 'b.txt': 'two\n' });
  const first = await build(w, w.base, one);
  assert(first.kind === 'clean');
  const second = await build(w, first.commit, two, 't2.1');
  assert(second.kind === 'clean');
  const seal = () =>
    w.hub.sealBatch({
      onto: w.base,
      tip: second.commit,
      message: (tree) => `Land 2 tasks\n\nSwarm-Run: ${RUN}\nSwarm-Gate: g ${tree}\n`,
      atSeconds: 1_700_000_000,
    });
  return { first, second, seal };
}

test('a batch is one merge of the target and the last of its chain, with the tree of that one', async (t) => {
  const w = await world(t);
  const { second, seal } = await batch(w);
  const sealed = await seal();
  assert.equal(sealed.tree, second.tree);
  const raw = git(`${w.stateDir}/hub.git`, 'cat-file', 'commit', sealed.commit);
  assert.deepEqual(raw.split('\n').slice(0, 3), [
    `tree ${second.tree}`,
    `parent ${w.base}`,
    `parent ${second.commit}`,
  ]);
  assert.match(raw, new RegExp(`^Swarm-Gate: g ${second.tree}$`, 'm'));
  assert.deepEqual(await seal(), sealed, 'the same whenever it is built');
});

test('a batch is published whole, and its tasks are found under its merge, by this process and the next', async (t) => {
  const w = await world(t);
  const { first, second, seal } = await batch(w);
  const sealed = await seal();
  const told = await w.hub.publish({ parent: w.base, ...sealed });
  assert.deepEqual(told, { kind: 'published' });
  assert.equal(git(w.repo, 'rev-parse', LAND), sealed.commit);
  assert.equal(git(w.repo, 'rev-list', '--first-parent', '--count', `${w.base}..${LAND}`), '1');
  for (const opened of [w, await reopened(w)]) {
    const marks = await opened.hub.landedSince(w.base, sealed.commit);
    assert.deepEqual(
      marks.map((mark) => [mark.attempt, mark.commit]),
      [
        ['t1.1', first.commit],
        ['t2.1', second.commit],
      ],
    );
  }
  const three = await work(w, 't3.1', w.base, { 'c.txt': 'c\n' });
  const onto = await land(w, 't3.1', sealed.commit, three);
  assert.equal((await w.hub.landedSince(w.base, onto)).length, 3, 'and what lands on top of it');
});

test('changes to different files both land', async (t) => {
  const { outcome } = await second(await world(t), { 'a.txt': 'two\n' }, { 'b.txt': 'two\n' });
  assert(outcome.kind === 'clean');
  assert.deepEqual(outcome.paths, ['b.txt']);
});

test('a conflict is a value with its files and what git says of them', async (t) => {
  const { outcome } = await second(
    await world(t),
    { 'a.txt': 'two\n' },
    { 'a.txt': 'three\n', 'b.txt': 'x\n' },
  );
  assert.deepEqual(outcome, {
    kind: 'conflict',
    files: ['a.txt'],
    detail: 'CONFLICT (content): Merge conflict in a.txt',
  });
});

test('two changes are tried against one another before either lands, and nothing comes of it', async (t) => {
  const w = await world(t);
  const one = await work(w, 't1.1', w.base, { 'a.txt': 'two\n' });
  const two = await work(w, 't2.1', w.base, { 'a.txt': 'three\n', 'b.txt': 'x\n' });
  const far = await work(w, 't3.1', w.base, { 'c.txt': 'x\n' });
  assert.deepEqual(await w.hub.probe(one, two), ['a.txt']);
  assert.deepEqual(await w.hub.probe(two, far), []);
  assert.deepEqual(await w.hub.probe(one, 'f'.repeat(40) as CommitId), [], 'one that is not there');
  assert.equal(await w.hub.targetHead(), w.base);
});

test('what git says of many conflicts is capped', async (t) => {
  const many = (text: string) =>
    Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`some/folder/file-${i}.txt`, text]));
  const w = await world(t, many('one\n'));
  const { outcome } = await second(w, many('two\n'), many('three\n'));
  assert(outcome.kind === 'conflict');
  assert.equal(outcome.files.length, 300);
  assert.equal(outcome.detail.length, 8 * 1024);
});

test('work that is on the target already is empty', async (t) => {
  const { outcome } = await second(await world(t), { 'a.txt': 'two\n' }, { 'a.txt': 'two\n' });
  assert.deepEqual(outcome, { kind: 'empty' });
});

test('work that is not in the hub is missing', async (t) => {
  const w = await world(t);
  assert.deepEqual(await build(w, w.base, 'ab'.repeat(20) as CommitId), { kind: 'missing' });
});

test('a merge that would touch a path the branch did not is collateral', async (t) => {
  const body = Array.from({ length: 40 }, (_, i) => `line ${i}\n`).join('');
  const w = await world(t, { 'old.txt': body });
  const two = await work(w, 't2.1', w.base, { 'old.txt': body.replace('line 3\n', 'line three\n') });
  git(w.repo, 'mv', 'old.txt', 'new.txt');
  const onto = commit(w.repo, {}, 'Rename');
  git(w.repo, 'branch', `swarm/${RUN}`);
  assert.equal(await w.hub.targetHead(), onto);
  assert.deepEqual(await build(w, onto, two), { kind: 'collateral', paths: ['new.txt'] });
});

test('a merge driver of the repository settles nothing', async (t) => {
  const w = await world(t, { 'a.txt': 'one\n', '.gitattributes': '* merge=mine\n' });
  git(w.repo, 'config', 'merge.mine.driver', 'true');
  const { outcome } = await second(w, { 'a.txt': 'two\n' }, { 'a.txt': 'three\n' });
  assert.equal(outcome.kind, 'conflict');
});

test('a new file is not carried along when the target renames its folder', async (t) => {
  const w = await world(t, { 'lib/one.txt': 'one\n', 'lib/two.txt': 'two\n' });
  const two = await work(w, 't2.1', w.base, { 'lib/three.txt': 'three\n' });
  git(w.repo, 'mv', 'lib', 'src');
  const onto = commit(w.repo, {}, 'Rename folder');
  git(w.repo, 'branch', `swarm/${RUN}`);
  await w.hub.targetHead();
  const outcome = await build(w, onto, two);
  assert(outcome.kind === 'clean');
  assert.deepEqual(outcome.paths, ['lib/three.txt']);
});

test('measure counts files and lines against the merge base, and binary files without lines', async (t) => {
  const w = await world(t);
  const done = await work(w, 't1.1', w.base, {
    'a.txt': 'two\nthree\n',
    'bin.dat': 'a\0b',
    'tab\u00e9 x.txt': 'é\n',
  });
  assert.deepEqual(await w.hub.measure(done, w.base), {
    commit: done,
    base: w.base,
    filesChanged: ['a.txt', 'bin.dat', 'tab\u00e9 x.txt'],
    linesAdded: 3,
    linesRemoved: 1,
  });
  assert.equal(await w.hub.measure(w.base, w.base), undefined);
});

test('landings are found oldest first, by every commit that came since', async (t) => {
  const w = await world(t);
  const first = await land(w, 't1.1', w.base, await work(w, 't1.1', w.base, { 'a.txt': 'two\n' }));
  assert.deepEqual(tasks(await w.hub.landedSince(w.base, first)), ['t1.1']);
  const next = await land(w, 't2.1', first, await work(w, 't2.1', first, { 'b.txt': 'two\n' }));
  assert.deepEqual(tasks(await w.hub.landedSince(w.base, next)), ['t1.1', 't2.1']);
  assert.deepEqual(tasks(await w.hub.landedSince(w.base, first)), ['t1.1']);
  assert.deepEqual(tasks(await (await w.reopen()).hub.landedSince(w.base, next)), ['t1.1', 't2.1']);
});

test('landings found one by one are those found at once, whatever else was pushed between', async (t) => {
  const w = await world(t);
  const first = await land(w, 't1.1', w.base, await work(w, 't1.1', w.base, { 'a.txt': 'two\n' }));
  await w.hub.landedSince(w.base, first);
  git(w.repo, 'switch', '--quiet', `swarm/${RUN}`);
  for (const message of ['Theirs', landing('t2.1'), `Sly\n\n${landing('t3.1')}\nThe end.`, landing('t4.1')]) {
    commit(w.repo, { 'b.txt': message }, message);
  }
  git(w.repo, '-c', 'i18n.commitEncoding=ISO-8859-1', 'commit', '--allow-empty', '-q', '-m', landing('t5.1'));
  git(w.repo, 'switch', '--quiet', 'main');
  const head = await w.hub.targetHead();
  const before = await w.hub.landedSince(w.base, git(w.repo, 'rev-parse', `${LAND}~1`) as CommitId);
  assert.deepEqual(tasks(before), ['t1.1', 't2.1', 't4.1']);
  assert.deepEqual(tasks(await w.hub.landedSince(w.base, head!)), ['t1.1', 't2.1', 't4.1', 't5.1']);
  assert.deepEqual(tasks(await (await w.reopen()).hub.landedSince(w.base, head!)), [
    't1.1',
    't2.1',
    't4.1',
    't5.1',
  ]);
  assert.deepEqual(tasks(await w.hub.landedSince(w.base, first)), ['t1.1'], 'a target set back is read anew');
});

test('landings behind a merge commit are found too', async (t) => {
  const w = await world(t);
  git(w.repo, 'switch', '--quiet', '-c', 'side');
  commit(w.repo, { 'a.txt': 'two\n' }, landing('t1.1'));
  git(w.repo, 'switch', '--quiet', 'main');
  git(w.repo, 'merge', '--quiet', '--no-ff', '-m', 'Batch', 'side');
  git(w.repo, 'branch', `swarm/${RUN}`);
  const head = await w.hub.targetHead();
  assert.deepEqual(tasks(await w.hub.landedSince(w.base, head!)), ['t1.1']);
});

const forgeries: Record<string, string> = {
  'in the middle of a message': `S\n\nSwarm-Run: ${RUN}\nSwarm-Task: t1\nSwarm-Attempt: t1.1\n\nThe end.\n`,
  'among prose in the last paragraph': `S\n\nWords.\nSwarm-Run: ${RUN}\nSwarm-Task: t1\nSwarm-Attempt: t1.1\n`,
  'in the subject': `Swarm-Run: ${RUN}\nSwarm-Task: t1\nSwarm-Attempt: t1.1\n`,
  'of another run': 'S\n\nSwarm-Run: r-20261121-aaaa\nSwarm-Task: t1\nSwarm-Attempt: t1.1\n',
  'of an attempt of another task': `S\n\nSwarm-Run: ${RUN}\nSwarm-Task: t1\nSwarm-Attempt: t2.1\n`,
  'said twice': `S\n\nSwarm-Run: ${RUN}\nSwarm-Task: t1\nSwarm-Task: t2\nSwarm-Attempt: t1.1\n`,
  'without an attempt': `S\n\nSwarm-Run: ${RUN}\nSwarm-Task: t1\n`,
};
for (const [what, message] of Object.entries(forgeries)) {
  test(`trailers ${what} are no landing`, () => {
    assert.equal(markOf(RUN, 'a'.repeat(40) as CommitId, message), undefined);
    assert(markOf(RUN, 'a'.repeat(40) as CommitId, landing('t1.1')), 'the true form counts');
  });
}

const tasks = (marks: readonly { attempt: string }[]) => marks.map((mark) => mark.attempt);
const reopened = async (w: World): Promise<World> => ({ ...w, ...(await w.reopen()) });
