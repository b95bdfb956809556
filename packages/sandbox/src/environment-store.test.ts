import assert from 'node:assert/strict';
import {
  link,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createEnvironmentStore } from './environment-store.ts';
import { temporary } from './testing.ts';

const KEY = '0123456789abcdef';

async function checkout(t: TestContext): Promise<string> {
  const workspace = await temporary(t);
  await mkdir(join(workspace, '.git/info'), { recursive: true });
  await mkdir(join(workspace, 'packages/a'), { recursive: true });
  await writeFile(join(workspace, 'package.json'), '{}');
  await writeFile(join(workspace, 'packages/a/package.json'), '{}');
  return workspace;
}

const placeOf = (workspace: string) => ({ workspace, home: `${workspace}.home` });

async function setUp(workspace: string): Promise<void> {
  await mkdir(join(workspace, 'node_modules/.bin'), { recursive: true });
  await writeFile(join(workspace, 'node_modules/.bin/tool'), '#!/bin/sh\n', { mode: 0o755 });
  await mkdir(join(workspace, 'packages/a/node_modules'));
  await symlink('../../../node_modules', join(workspace, 'packages/a/node_modules/up'));
  await writeFile(join(workspace, '.git/ignored-by-us'), '');
}

async function kept(t: TestContext) {
  const folder = join(await temporary(t), 'env');
  const store = createEnvironmentStore(folder);
  const workspace = await checkout(t);
  const before = await store.snapshot(workspace);
  await setUp(workspace);
  await store.keep(KEY, placeOf(workspace), before);
  return { folder, store };
}

/** A workspace that was set up, and can be given up. */
async function prepared(t: TestContext) {
  const workspace = await checkout(t);
  const before = new Set(['package.json', 'packages', 'packages/a', 'packages/a/package.json']);
  await setUp(workspace);
  return [placeOf(workspace), before] as const;
}

test('what setup made is put into a fresh workspace: files, modes and links, and nothing else', async (t) => {
  const { store } = await kept(t);
  const fresh = await checkout(t);
  await store.install(KEY, placeOf(fresh));
  assert.equal((await stat(join(fresh, 'node_modules/.bin/tool'))).mode & 0o777, 0o755);
  assert.equal(await readlink(join(fresh, 'packages/a/node_modules/up')), '../../../node_modules');
  assert.deepEqual(await readdir(join(fresh, '.git')), ['info']);
});

test('many workspaces take an environment at once, and changing one changes no other', async (t) => {
  const { store } = await kept(t);
  const fresh = await Promise.all([1, 2, 3, 4].map(() => checkout(t)));
  await Promise.all(fresh.map((workspace) => store.install(KEY, placeOf(workspace))));
  await writeFile(join(fresh[0]!, 'node_modules/.bin/tool'), 'poison');
  const later = await checkout(t);
  await store.install(KEY, placeOf(later));
  for (const workspace of [...fresh.slice(1), later]) {
    assert.equal(await readFile(join(workspace, 'node_modules/.bin/tool'), 'utf8'), '#!/bin/sh\n');
  }
});

test('an environment is there whole or not at all, and the rests of a killed copy are removed', async (t) => {
  const { folder, store } = await kept(t);
  const other = 'fedcba9876543210';
  await mkdir(join(folder, `.${other}.999999999.abc`, 'tree'), { recursive: true });
  assert.equal(await store.has(other), false);
  assert.equal(await store.has(KEY), true);
  await store.keep(KEY, ...(await prepared(t)));
  assert.deepEqual(await readdir(folder), [KEY]);
});

test('of two that keep the same environment at once, one wins and both are content', async (t) => {
  const { folder, store } = await kept(t);
  const other = 'fedcba9876543210';
  const made = [await prepared(t), await prepared(t)];
  await Promise.all(made.map((one) => store.keep(other, ...one)));
  assert.deepEqual((await readdir(folder)).toSorted(), [KEY, other]);
});

test('a failed copy leaves nothing that could be taken for an environment', async (t) => {
  const { folder, store } = await kept(t);
  const other = 'fedcba9876543210';
  const [place, before] = await prepared(t);
  // A name that is no text cannot be asked for again: this unit's copy fails, after the others were made.
  await writeFile(Buffer.concat([Buffer.from(`${place.workspace}/zz-`), Buffer.of(0xff)]), '');
  await assert.rejects(store.keep(other, place, before));
  assert.equal(await store.has(other), false);
  assert.deepEqual(await readdir(folder), [KEY]);
});

test('a workspace that tracks a link where a folder was cannot lead the copy out', async (t) => {
  const { store } = await kept(t);
  const outside = await temporary(t);
  const fresh = await checkout(t);
  await rm(join(fresh, 'packages/a'), { recursive: true });
  await symlink(outside, join(fresh, 'packages/a'));
  await symlink(outside, join(fresh, 'node_modules'));
  await store.install(KEY, placeOf(fresh));
  assert.deepEqual(await readdir(outside), []);
});

test('the eight environments used last are kept, and a pinned one whatever comes after it', async (t) => {
  const { folder, store } = await kept(t);
  const pinned = 'aaaaaaaaaaaaaaaa';
  store.pin(pinned);
  await store.keep(pinned, ...(await prepared(t)));
  for (let index = 1; index <= 9; index += 1) {
    await store.keep(`${index}`.padStart(16, '0'), ...(await prepared(t)));
    await store.install(KEY, placeOf(await checkout(t)));
  }
  const names = await readdir(folder);
  assert.equal(names.length, 9);
  assert.ok(names.includes(KEY) && names.includes(pinned), names.join(' '));
  assert.ok(!names.includes('0000000000000001') && names.includes('0000000000000009'), names.join(' '));
});

test('an environment that somebody wrote to after it was kept serves nobody, and is gone', async (t) => {
  const { folder, store } = await kept(t);
  assert.ok(await store.install(KEY, placeOf(await checkout(t))));
  const tool = join(folder, KEY, 'tree/node_modules/.bin/tool');
  const { mtime, atime } = await stat(tool);
  await writeFile(tool, '#!/bin/ls\n');
  await utimes(tool, atime, mtime);
  const fresh = await checkout(t);
  assert.equal(await store.install(KEY, placeOf(fresh)), undefined);
  assert.deepEqual(await readdir(fresh), ['.git', 'package.json', 'packages']);
  assert.equal(await store.has(KEY), false);
});

/** Whether two paths are one file. */
const areOne = async (a: string, b: string): Promise<boolean> => (await stat(a)).ino === (await stat(b)).ino;

test('a file that two units share is one file in a fresh workspace too, and not the kept one', async (t) => {
  const folder = join(await temporary(t), 'env');
  const store = createEnvironmentStore(folder);
  const workspace = await checkout(t);
  const before = await store.snapshot(workspace);
  await setUp(workspace);
  await mkdir(join(workspace, '.pnpm-store'));
  await link(join(workspace, 'node_modules/.bin/tool'), join(workspace, '.pnpm-store/tool'));
  await store.keep(KEY, placeOf(workspace), before);
  const fresh = await checkout(t);
  await store.install(KEY, placeOf(fresh));
  const tool = join(fresh, 'node_modules/.bin/tool');
  assert.equal(await areOne(tool, join(fresh, '.pnpm-store/tool')), true);
  assert.equal(await areOne(tool, join(folder, KEY, 'tree/node_modules/.bin/tool')), false);
});

const HOME = {
  '.cache/node/corepack/pnpm/bin.cjs': 'pnpm',
  '.cargo/registry/cache/index/rand.crate': 'crate',
  '.local/bin/pnpm': 'program',
  '.m2/repository/org/junit/junit.jar': 'jar',
  '.npm/_cacache/index': 'store',
  'go/pkg/mod/cache/download/list': 'module',
} as const;
const SECRETS = {
  '.npmrc': '//registry/:_authToken=canary',
  '.config/gh/hosts.yml': 'canary',
  '.m2/settings.xml': 'canary',
  '.cargo/credentials.toml': 'canary',
} as const;

async function homeOf(t: TestContext, files: Readonly<Record<string, string>>) {
  const [place, before] = await prepared(t);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(place.home, path)), { recursive: true });
    await writeFile(join(place.home, path), text);
  }
  return [place, before] as const;
}

test('setup’s home comes with its environment, caches, stores and programs of all kinds, and without credentials', async (t) => {
  const store = createEnvironmentStore(join(await temporary(t), 'env'));
  await store.keep(KEY, ...(await homeOf(t, { ...HOME, ...SECRETS })));
  const fresh = placeOf(await checkout(t));
  await store.install(KEY, fresh);
  assert.deepEqual(await filesIn(fresh.home), Object.keys(HOME));
  const lent = join(await temporary(t), 'home');
  await store.lendHome(KEY, lent);
  assert.deepEqual(await filesIn(lent), Object.keys(HOME));
});

test('a package store too large for every workspace goes to a setup alone', async (t) => {
  const store = createEnvironmentStore(join(await temporary(t), 'env'));
  const [place, before] = await homeOf(t, HOME);
  // A file that is all hole: as large as it says, and nothing on the disk.
  await truncate(join(place.home, '.npm/_cacache/index'), 300 * 1024 * 1024);
  await store.keep(KEY, place, before);
  const fresh = placeOf(await checkout(t));
  await store.install(KEY, fresh);
  const small = Object.keys(HOME).filter((path) => !path.startsWith('.npm'));
  assert.deepEqual(await filesIn(fresh.home), small);
  const lent = join(await temporary(t), 'home');
  await store.lendHome(KEY, lent);
  assert.deepEqual(await filesIn(lent), Object.keys(HOME));
});

const filesIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted();

test('what git would take of setup’s files is named: folders of package managers whole, other files with their content', async (t) => {
  const store = createEnvironmentStore(join(await temporary(t), 'env'));
  const [place, before] = await prepared(t);
  await writeFile(join(place.workspace, '.npmrc'), 'token');
  await mkdir(join(place.workspace, 'gen [1]'));
  await writeFile(join(place.workspace, 'gen [1]/a b.ts'), '');
  await store.keep(KEY, place, before);
  const fresh = await checkout(t);
  const left = await store.install(KEY, placeOf(fresh));
  assert.deepEqual(
    left
      ?.toSorted((a, b) => (a.pattern < b.pattern ? -1 : 1))
      .map(({ pattern, file }) => [pattern, file?.path]),
    [
      ['/.npmrc', '.npmrc'],
      ['/gen\\ \\[1\\]/a\\ b.ts', 'gen [1]/a b.ts'],
      ['/node_modules', undefined],
      ['/packages/a/node_modules', undefined],
    ],
  );
  const empty = left?.find(({ file }) => file?.path.endsWith('b.ts'))?.file?.blobs;
  assert.equal(empty?.[0], 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391', 'as git names an empty file');
  assert.match(await readFile(join(fresh, '.git/info/exclude'), 'utf8'), /^\/\.npmrc$/m);
});
