import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CommitId } from '@swarm/core/model/ids';
import { CountedGit, commit, git, world, write } from '../test/world.ts';
import { Git } from './git.ts';
import { ObjectReader } from './reader.ts';

test('a base lists the same whether all of it is read or only what changed since another', async (t) => {
  const w = await world(t, { 'a.txt': 'one\n', 'd/b.txt': 'one\n', 'd/e/c.txt': 'one\n', 'd.txt': 'one\n' });
  const change = (make: () => void): CommitId => {
    make();
    git(w.repo, 'add', '-A');
    return commit(w.repo, {});
  };
  const numbered = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`many/${i}.txt`, 'x'.repeat(i)]));
  const bases = [
    w.base,
    commit(w.repo, {
      'd/b.txt': 'longer\n',
      'd/new.txt': 'new\n',
      'd-.txt': '',
      '\u{1F600}.txt': 'x',
      '\uFF21.txt': 'x',
    }),
    change(() => rmSync(join(w.repo, 'd'), { recursive: true })),
    change(() => symlinkSync('a.txt', join(w.repo, 'd'))),
    change(() => {
      rmSync(join(w.repo, 'd'));
      write(w.repo, { 'd/now/a/folder.txt': 'x\n' });
    }),
    change(() => {
      mkdirSync(join(w.repo, 'module'));
      git(w.repo, 'update-index', '--add', '--cacheinfo', `160000,${w.base},module`);
    }),
    commit(w.repo, numbered(50)),
    commit(w.repo, numbered(300)),
    change(() => writeFileSync(join(w.repo, 'a.txt'), Buffer.alloc(5 * 1024 * 1024))),
  ];
  git(join(w.stateDir, 'hub.git'), 'fetch', '--quiet', w.repo, 'main');
  const plain = new ObjectReader({ git: new Git(), hub: { gitDir: join(w.stateDir, 'hub.git') } });
  for (const base of [...bases, ...bases.toReversed()])
    assert.deepEqual(await w.reader.files(base, ''), await plain.files(base, ''));
  const kinds = (await plain.files(bases.at(-1)!, ''))?.map(({ kind }) => kind);
  assert(kinds?.includes('submodule'));
});

test('the files of a base that is near the last one are listed without starting a program', async (t) => {
  const counted = new CountedGit();
  const w = await world(t, undefined, { git: counted });
  const next = commit(w.repo, { 'c.txt': 'three\n' });
  git(join(w.stateDir, 'hub.git'), 'fetch', '--quiet', w.repo, 'main');
  await w.reader.files(w.base, '');
  const before = counted.started;
  assert.deepEqual(
    (await w.reader.files(next, ''))?.map(({ path }) => path),
    ['a.txt', 'b.txt', 'c.txt'],
  );
  assert.equal(counted.started, before);
});
