import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { attempt, git, save, type World, world, write } from '../test/world.ts';

const pointer = (letter: string) =>
  `version https://git-lfs.github.com/spec/v1\noid sha256:${letter.repeat(64)}\nsize 12345\n`;
const BASE = {
  'a.txt': 'one\n',
  'img/kept.png': pointer('a'),
  'img/raw.png': 'never a pointer\n',
  'img/own/free.png': 'free\n',
  '.gitattributes': '[attr]big filter=lfs diff=lfs merge=lfs -text\n*.png big\n"with space.bin" filter=lfs\n',
  'img/own/.gitattributes': '*.png -filter\n',
};

/** What becomes of work that changes these files of a repository with git-lfs. */
async function taken(w: World, name: string, files: Record<string, string>) {
  const it = await w.workspaces.create({ name, base: w.base, attempt: attempt(name) });
  write(it.path, files);
  if ('mode' in files) chmodSync(join(it.path, 'img/kept.png'), 0o755);
  save(w, it);
  return w.hub.ingest(attempt(name));
}

const refused: Record<string, Record<string, string>> = {
  'new content': { 'img/new.png': 'raw\n' },
  'content over a pointer': { 'img/kept.png': 'raw\n' },
  'content at a name with a space': { 'deep/with space.bin': 'raw\n' },
  'content that only begins as a pointer does': { 'img/new.png': `${pointer('b')}${'x'.repeat(1_024)}` },
  'content at a path that the work itself gives to git-lfs': {
    'doc/.gitattributes': '*.pdf filter=lfs\n',
    'doc/x.pdf': 'raw\n',
  },
};
test('content where git-lfs keeps a pointer is refused by name', async (t) => {
  const w = await world(t, BASE);
  for (const [i, [what, files]] of Object.entries(refused).entries()) {
    const outcome = await taken(w, `t${i + 1}.1`, files);
    assert(outcome.kind === 'refused', `${what}: ${outcome.kind}`);
    const path = Object.keys(files).at(-1)!;
    assert(
      outcome.why.startsWith(`"${path}" is kept by git-lfs, and its content stands where a pointer belongs`),
      what,
    );
  }
});

const fine: Record<string, Record<string, string>> = {
  'another file': { 'a.txt': 'two\n' },
  'another pointer': { 'img/kept.png': pointer('c'), 'img/new.png': pointer('d') },
  'an empty file': { 'img/empty.png': '' },
  'a file that was no pointer in the base either': { 'img/raw.png': 'raw again\n' },
  'a file that a folder further in takes out': { 'img/own/free.png': 'free again\n' },
  'a file that the work itself takes away from git-lfs': { '.gitattributes': '', 'img/kept.png': 'raw\n' },
};
test('with git-lfs, what is a pointer or none of its files is taken', async (t) => {
  const w = await world(t, BASE);
  for (const [i, [what, files]] of Object.entries(fine).entries())
    assert.equal((await taken(w, `t${i + 1}.1`, files)).kind, 'commit', what);
});

test('a pointer of the base that only gets another mode is taken', async (t) => {
  assert.equal((await taken(await world(t, BASE), 't1.1', { mode: '' })).kind, 'commit');
});

test('git itself sees the same paths as kept by git-lfs', async (t) => {
  const w = await world(t, BASE);
  const paths = ['img/new.png', 'deep/with space.bin', 'img/own/free.png', 'a.txt'];
  const told = git(w.repo, 'check-attr', 'filter', '--', ...paths).split('\n');
  assert.deepEqual(
    told.map((line) => line.replace(/^.*: /, '')),
    ['lfs', 'lfs', 'unset', 'unspecified'],
  );
});
