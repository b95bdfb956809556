/** A repository keeps its name where it is moved to, and no other gets it: with the name goes what its runs may do. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { folderName } from './work-trees.ts';

test('a folder keeps its name when it is moved, and what comes after it on the disk gets another', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'swarm-name-'));
  t.after(() => rm(root, { recursive: true }));
  const [shop, moved] = [join(root, 'shop'), join(root, 'moved')];
  await mkdir(shop);
  const name = await folderName(shop);
  await rename(shop, moved);
  assert.equal(await folderName(moved), name);

  // File systems give the number of what was removed to what is made next.
  await rm(moved, { recursive: true });
  for (const next of ['a', 'b', 'c']) {
    await mkdir(join(root, next));
    assert.notEqual(await folderName(join(root, next)), name);
  }
});
