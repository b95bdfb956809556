import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { removeTree } from './remove-tree.ts';
import { hostileTree, NO_LOCK, temporary, whileLocked } from './testing.ts';

test('a tree goes with its read-only folders, and what its links lead to stays', async (t) => {
  const folder = await temporary(t);
  await mkdir(join(folder, 'tree/cache/module'), { recursive: true });
  await mkdir(join(folder, 'outside'));
  await writeFile(join(folder, 'tree/cache/module/file'), '');
  await writeFile(join(folder, 'outside/file'), '');
  await symlink('../outside', join(folder, 'tree/link'));
  await chmod(join(folder, 'tree/cache/module'), 0o555);
  await chmod(join(folder, 'tree/cache'), 0o555);
  await removeTree(join(folder, 'tree'));
  assert.deepEqual(await readdir(folder), ['outside']);
  assert.deepEqual(await readdir(join(folder, 'outside')), ['file']);
  await removeTree(join(folder, 'not-there'));
});

test('a tree goes whatever was made of it: closed folders, names that are no text, thousands of folders deep', async (t) => {
  const folder = await temporary(t);
  hostileTree(folder);
  await removeTree(join(folder, 'tree'));
  assert.deepEqual(await readdir(folder), []);
});

test('what cannot be removed is told with what hindered it, and everything else is gone', async (t) => {
  const folder = await temporary(t);
  await mkdir(join(folder, 'tree/kept'), { recursive: true });
  await mkdir(join(folder, 'tree/gone'));
  const isLocked = await whileLocked(folder, join(folder, 'tree/kept'), async () => {
    await assert.rejects(removeTree(join(folder, 'tree')), /SW0701.*cannot be removed/s);
    assert.deepEqual(await readdir(join(folder, 'tree')), ['kept']);
  });
  if (!isLocked) t.skip(NO_LOCK);
});
