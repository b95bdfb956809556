import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Git } from './git.ts';
import { KeptObjects } from './kept-objects.ts';
import { Objects } from './objects.ts';

const blob = (bytes: number) => ({ type: 'blob' as const, body: Buffer.alloc(bytes) });
const KIB = 1024;

test('small objects are kept up to four mebibytes, the oldest go first, and a large one is not kept', () => {
  const kept = new KeptObjects();
  const names = Array.from({ length: 200 }, (_, i) => `n${i}`);
  for (const name of names) for (let times = 0; times < 3; times++) kept.add(name, blob(32 * KIB));
  kept.add('large', blob(32 * KIB + 1));
  assert.deepEqual([...kept.among([...names, 'large']).keys()], names.slice(-128));
});

test('what was found among the kept stays with whoever asked', () => {
  const kept = new KeptObjects();
  kept.add('first', blob(KIB));
  const found = kept.among(['first', 'second']);
  for (let i = 0; i < 200; i++) kept.add(`n${i}`, blob(32 * KIB));
  assert.equal(kept.among(['first']).size, 0);
  assert.deepEqual([...found.keys()], ['first']);
});

test('what we wrote ourselves is known without asking git', async () => {
  const objects = new Objects(new Git(), { gitDir: '/nowhere' });
  objects.keep('a'.repeat(40), blob(KIB));
  assert.deepEqual(await objects.contents(['a'.repeat(40)]), [blob(KIB)]);
  await assert.rejects(objects.contents(['b'.repeat(40)]));
});
