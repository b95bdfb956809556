import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { TreeId } from '@swarm/core/model/ids';
import fc from 'fast-check';
import { bomb } from '../test/bomb.ts';
import { plant, twigs } from '../test/twigs.ts';
import { git, tempDir } from '../test/world.ts';
import { Git } from './git.ts';
import { changesBetween, type ReadTrees, treeReader } from './intake-trees.ts';
import { Objects } from './objects.ts';
import { parseRaw } from './path-lint.ts';

const ROOMY = { paths: 10_000, unpackedBytes: 1e6 };

function repository(t: TestContext, ...init: string[]) {
  const path = join(tempDir(t), 'r.git');
  git('/', 'init', '--quiet', '--bare', ...init, path);
  const objects = new Objects(new Git(), { gitDir: path });
  t.after(() => objects.close());
  const tree = (...entries: string[]) => {
    const args = ['mktree', '-z', '--missing'];
    return execFileSync('git', args, {
      cwd: path,
      input: entries.join(''),
      encoding: 'utf8',
    }).trim() as TreeId;
  };
  return { path, objects, tree, read: treeReader(objects) };
}

/** What git says of the same two trees. */
function byGit(path: string, from: string, to: string) {
  const args = ['diff-tree', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', from, to];
  return parseRaw(execFileSync('git', args, { cwd: path, stdio: ['pipe', 'pipe', 'pipe'] }));
}

for (const format of ['sha1', 'sha256']) {
  test(`the changes between any two trees are those git tells, in its order, under ${format}`, async (t) => {
    const { path, objects, read } = repository(t, `--object-format=${format}`);
    let changed = 0;
    await fc.assert(
      fc.asyncProperty(twigs, async (some) => {
        const trees = [];
        for (const commit of plant(path, some)) trees.push((await objects.commit(commit)).tree);
        for (const [from, to] of [trees, trees.slice(1), trees.slice().reverse()] as [TreeId, TreeId][]) {
          const told = await changesBetween(read, from, to, ROOMY);
          assert.deepEqual(told, byGit(path, from, to));
          changed += told.length;
        }
      }),
      { numRuns: format === 'sha1' ? 40 : 5 },
    );
    assert(changed > 10, `${changed} changes in all`);
  });
}

test('repositories inside, links, other modes and folders in the place of files are told as git tells them', async (t) => {
  const { path, read, tree } = repository(t);
  const [one, other] = ['1', '2'].map((digit) => digit.repeat(40)) as [string, string];
  const inner = tree(`100644 blob ${one}\tx\0`);
  const [folder, empty] = [`040000 tree ${inner}\td\0`, `040000 tree ${tree()}\td\0`];
  const kinds = [folder, empty, `160000 commit ${one}\td\0`, `160000 commit ${other}\td\0`];
  const files = ['100644', '100755', '120000'].map((mode) => `${mode} blob ${one}\td\0`);
  const trees = [...kinds, ...files, ''].map((entry) => tree(`100644 blob ${one}\ta\0`, entry));
  for (const from of trees) {
    for (const to of trees)
      assert.deepEqual(await changesBetween(read, from, to, ROOMY), byGit(path, from, to));
  }
});

test('modes of long ago are what git takes them for', async (t) => {
  const { path, read } = repository(t);
  const id = Buffer.from('12'.repeat(20), 'hex');
  const trees = ['100664', '100644', '100775', '100600'].map((mode) => {
    const input = Buffer.concat([Buffer.from(`${mode} f\0`), id]);
    const args = ['hash-object', '-t', 'tree', '-w', '--literally', '--stdin'];
    return execFileSync('git', args, { cwd: path, input, encoding: 'utf8' }).trim() as TreeId;
  });
  for (const from of trees) {
    for (const to of trees)
      assert.deepEqual(await changesBetween(read, from, to, ROOMY), byGit(path, from, to));
  }
});

/** How many trees are read before the walk gives up. */
async function looksAt(read: ReadTrees, from: TreeId, to: TreeId, limits: typeof ROOMY, why: RegExp) {
  let looks = 0;
  const counted: ReadTrees = (names) => {
    looks += names.length;
    return read(names);
  };
  await assert.rejects(changesBetween(counted, from, to, limits), why);
  return looks;
}

test('the walk ends at the first path, folder or byte too many, whatever more there would be', async (t) => {
  const { path, read, tree } = repository(t);
  const [none, files, folders] = [tree(), bomb(path), bomb(path, 'nothing')];
  const limits = { paths: 500, unpackedBytes: 1e6 };
  assert((await looksAt(read, none, files, limits, /more than 500 (paths|folders)/)) < 100);
  assert((await looksAt(read, files, none, limits, /more than 500 (paths|folders)/)) < 100);
  assert((await looksAt(read, none, folders, limits, /more than 500 folders/)) < 100);
  const flat = tree(...Array.from({ length: 501 }, (_, i) => `100644 blob ${'1'.repeat(40)}\tf${i}\0`));
  assert.equal(await looksAt(read, none, flat, limits, /more than 500 paths/), 2);
  const few = { paths: 1e6, unpackedBytes: 20_000 };
  assert((await looksAt(read, none, folders, few, /take more than 20000 bytes/)) < 100);
});

test('a path longer than any disk takes is refused where it grows too long, not at its end', async (t) => {
  const { read, tree } = repository(t);
  const none = tree();
  let id = tree(`100644 blob ${'1'.repeat(40)}\tx\0`);
  for (let level = 0; level < 40; level++) id = tree(`040000 tree ${id}\t${'n'.repeat(250)}\0`);
  const looks = await looksAt(read, none, id, { ...ROOMY, unpackedBytes: 1e9 }, /longer than 4096 bytes/);
  assert(looks < 20, `${looks} trees read`);
});

test('a tree that is not there, or no tree at all, is SW0702', async (t) => {
  const { path, read, tree } = repository(t);
  const blob = execFileSync('git', ['hash-object', '-w', '--stdin'], {
    cwd: path,
    input: 'x',
    encoding: 'utf8',
  }).trim();
  const lost = tree(`040000 tree ${'1'.repeat(40)}\td\0`);
  await assert.rejects(changesBetween(read, tree(), lost, ROOMY), /SW0702.*is not in the hub/);
  await assert.rejects(changesBetween(read, tree(), blob as TreeId, ROOMY), /SW0702.*is no tree but a blob/);
});
