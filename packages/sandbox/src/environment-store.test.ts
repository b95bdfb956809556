import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createEnvironmentStore } from './environment-store.ts';
import { temporary } from './testing.ts';

const KEY = '0123456789abcdef';

async function checkout(t: TestContext): Promise<string> {
  const workspace = await temporary(t);
  await mkdir(join(workspace, '.git'));
  await mkdir(join(workspace, 'packages/a'), { recursive: true });
  await writeFile(join(workspace, 'package.json'), '{}');
  await writeFile(join(workspace, 'packages/a/package.json'), '{}');
  return workspace;
}

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
  await store.keep(KEY, workspace, before);
  return { folder, store, workspace, before };
}

test('what setup made is put into a fresh workspace: files, modes and links, and nothing else', async (t) => {
  const { store } = await kept(t);
  const fresh = await checkout(t);
  await store.install(KEY, fresh);
  assert.equal((await stat(join(fresh, 'node_modules/.bin/tool'))).mode & 0o777, 0o755);
  assert.equal(await readlink(join(fresh, 'packages/a/node_modules/up')), '../../../node_modules');
  assert.deepEqual(await readdir(join(fresh, '.git')), []);
});

test('many workspaces take an environment at once, and changing one changes no other', async (t) => {
  const { store } = await kept(t);
  const fresh = await Promise.all([1, 2, 3, 4].map(() => checkout(t)));
  await Promise.all(fresh.map((workspace) => store.install(KEY, workspace)));
  await writeFile(join(fresh[0]!, 'node_modules/.bin/tool'), 'poison');
  const later = await checkout(t);
  await store.install(KEY, later);
  for (const workspace of [...fresh.slice(1), later]) {
    assert.equal(await readFile(join(workspace, 'node_modules/.bin/tool'), 'utf8'), '#!/bin/sh\n');
  }
});

test('an environment is there whole or not at all, and the rests of a killed copy are removed', async (t) => {
  const { folder, store, workspace, before } = await kept(t);
  const other = 'fedcba9876543210';
  await mkdir(join(folder, `.${other}.999999999.abc`, 'tree'), { recursive: true });
  assert.equal(await store.has(other), false);
  assert.equal(await store.has(KEY), true);
  await store.keep(KEY, workspace, before);
  assert.deepEqual(await readdir(folder), [KEY]);
});

test('of two that keep the same environment at once, one wins and both are content', async (t) => {
  const { folder, store, workspace, before } = await kept(t);
  const other = 'fedcba9876543210';
  await Promise.all([store.keep(other, workspace, before), store.keep(other, workspace, before)]);
  assert.deepEqual((await readdir(folder)).toSorted(), [KEY, other]);
});

test('a failed copy leaves nothing that could be taken for an environment', async (t) => {
  const { folder, store, workspace, before } = await kept(t);
  const other = 'fedcba9876543210';
  // A name that is no text cannot be asked for again: this unit's copy fails, after the others were made.
  await writeFile(Buffer.concat([Buffer.from(`${workspace}/zz-`), Buffer.of(0xff)]), '');
  await assert.rejects(store.keep(other, workspace, before), /SW0701/);
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
  await store.install(KEY, fresh);
  assert.deepEqual(await readdir(outside), []);
});

test('the eight environments used last are kept', async (t) => {
  const { folder, store, workspace, before } = await kept(t);
  for (let index = 1; index <= 8; index += 1) {
    await store.keep(`${index}`.padStart(16, '0'), workspace, before);
    await store.install(KEY, await checkout(t));
  }
  const names = await readdir(folder);
  assert.equal(names.length, 8);
  assert.ok(names.includes(KEY) && !names.includes('0000000000000001'), names.join(' '));
});

test('the key is the setup command, and the name and content of every lockfile and manifest', async (t) => {
  const store = createEnvironmentStore(await temporary(t));
  const [one, two] = [await checkout(t), await checkout(t)];
  const key = await store.keyOf(one, 'npm ci');
  assert.match(key, /^[0-9a-f]{16}$/);
  assert.equal(await store.keyOf(two, 'npm ci'), key);
  assert.notEqual(await store.keyOf(two, 'npm install'), key);

  await writeFile(join(two, 'README.md'), 'no part of it');
  await setUp(two);
  assert.equal(await store.keyOf(two, 'npm ci'), key, 'neither other files nor what setup made');

  await writeFile(join(two, 'packages/a/package.json'), '{"name":"a"}');
  const changed = await store.keyOf(two, 'npm ci');
  assert.notEqual(changed, key);
  await writeFile(join(two, 'packages/a/requirements-dev.txt'), 'x');
  assert.notEqual(await store.keyOf(two, 'npm ci'), changed);
});
