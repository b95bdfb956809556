import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { NO_LOCK, temporary, whileLocked } from './testing.ts';
import { createTrash } from './trash.ts';

test('what is discarded is gone, whatever its folders were closed to', async (t) => {
  const folder = await temporary(t);
  await mkdir(join(folder, 'w1/inner'), { recursive: true });
  await writeFile(join(folder, 'w1/inner/file'), '');
  const trash = createTrash(join(folder, 'trash'));
  assert.equal(await trash.discard(join(folder, 'w1')), undefined);
  assert.equal(await trash.discard(join(folder, 'w1')), undefined, 'nothing there is nothing to do');
  assert.deepEqual(await readdir(join(folder, 'trash')), []);
});

test('what cannot be removed frees its name, is told, and goes with a later clean-up', async (t) => {
  const folder = await temporary(t);
  await mkdir(join(folder, 'w1/inner'), { recursive: true });
  const trash = createTrash(join(folder, 'trash'));
  const isLocked = await whileLocked(folder, join(folder, 'w1/inner'), async () => {
    const kept = await trash.discard(join(folder, 'w1'));
    assert.deepEqual(await readdir(folder), ['trash']);
    assert.equal(kept?.path, join(folder, 'w1'));
    assert.match(kept?.why ?? '', /EPERM/);
    assert.equal((await trash.empty()).length, 1, 'as long as it is locked it stays');
  });
  if (!isLocked) return t.skip(NO_LOCK);
  assert.deepEqual(await trash.empty(), []);
  assert.deepEqual(await readdir(join(folder, 'trash')), []);
});

test('what is being removed is not tried again beside it', async (t) => {
  const folder = await temporary(t);
  for (let index = 0; index < 200; index += 1)
    await mkdir(join(folder, `w1/${index}/inner`), { recursive: true });
  const trash = createTrash(join(folder, 'trash'));
  const [kept, ...again] = await Promise.all([
    trash.discard(join(folder, 'w1')),
    ...Array.from({ length: 20 }, trash.empty),
  ]);
  assert.deepEqual([kept, ...again.flat()], [undefined]);
  assert.deepEqual(await readdir(join(folder, 'trash')), []);
});
