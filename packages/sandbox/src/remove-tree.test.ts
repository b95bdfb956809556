import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { removeTree } from './remove-tree.ts';
import { temporary } from './testing.ts';

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
