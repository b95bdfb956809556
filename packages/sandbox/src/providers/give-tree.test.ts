import assert from 'node:assert/strict';
import { chownSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporary } from '../testing.ts';
import { giveTree } from './give-tree.ts';

const USER = 61_183;
const OTHER = 54_321;
const ROOT = { skip: process.getuid?.() !== 0 && 'only root gives files away' };

const ownersIn = (folder: string): number[] => [
  ...new Set([
    lstatSync(folder).uid,
    ...readdirSync(folder, { recursive: true }).map((name) => lstatSync(join(folder, `${name}`)).uid),
  ]),
];

function fill(folder: string, files: number): void {
  mkdirSync(join(folder, 'a/b'), { recursive: true });
  for (let n = 0; n < files; n++) writeFileSync(join(folder, n % 2 ? 'a/b' : 'a', `${n}`), '');
}

for (const files of [3, 1_500]) {
  test(`a tree of ${files} files is given whole`, ROOT, async (t) => {
    const folder = join(await temporary(t), 'tree');
    fill(folder, files);
    await giveTree(folder, USER);
    assert.deepEqual(ownersIn(folder), [USER]);
  });
}

test('a tree deeper than is walked here is given whole', ROOT, async (t) => {
  const folder = join(await temporary(t), 'tree');
  mkdirSync(join(folder, 'd/'.repeat(60)), { recursive: true });
  await giveTree(folder, USER);
  assert.deepEqual(ownersIn(folder), [USER]);
});

test('a link is given, and not what it leads to', ROOT, async (t) => {
  const top = await temporary(t);
  const folder = join(top, 'tree');
  fill(folder, 1);
  mkdirSync(join(top, 'outside'));
  writeFileSync(join(top, 'outside/file'), '');
  symlinkSync(join(top, 'outside'), join(folder, 'to-folder'));
  symlinkSync(join(top, 'outside/file'), join(folder, 'to-file'));
  await giveTree(folder, USER);
  for (const name of ['to-folder', 'to-file']) assert.equal(lstatSync(join(folder, name)).uid, USER);
  assert.deepEqual(ownersIn(join(top, 'outside')), [0]);
});

test('what belongs to somebody else already is left alone, its times too', ROOT, async (t) => {
  const folder = join(await temporary(t), 'tree');
  fill(folder, 2);
  const [mine, theirs] = [join(folder, 'a/0'), join(folder, 'a/b/1')];
  chownSync(mine, USER, USER);
  chownSync(theirs, OTHER, OTHER);
  const before = lstatSync(mine, { bigint: true }).ctimeNs;
  await giveTree(folder, USER);
  assert.equal(lstatSync(mine, { bigint: true }).ctimeNs, before);
  assert.equal(lstatSync(theirs).uid, OTHER);
});

test('a folder that is not there is told with the command that would do it', ROOT, async (t) => {
  const folder = join(await temporary(t), 'none');
  await assert.rejects(giveTree(folder, USER), (error: { problems: { code: string; fix: string }[] }) => {
    assert.equal(error.problems[0]?.code, 'SW0701');
    assert.equal(error.problems[0]?.fix, `chown -hR ${USER}:${USER} ${folder}`);
    return true;
  });
});
