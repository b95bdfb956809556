import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { DiskMeter } from './disk-meter.ts';
import { removeTree } from './remove-tree.ts';
import { eventually, temporary } from './testing.ts';

const MIB = 1024 ** 2;

test('folders that grew past their limit are found so also where somebody else frees more meanwhile', async (t) => {
  // Of its own in memory, where there is one: elsewhere others fill it too.
  const folder = existsSync('/dev/shm') ? await mkdtemp('/dev/shm/swarm-test-') : await temporary(t);
  t.after(() => removeTree(folder));
  const [own, others] = [join(folder, 'own'), join(folder, 'others')];
  await writeFile(others, Buffer.alloc(128 * MIB, 'x'), { flush: true });
  await mkdir(own);
  const meter = new DiskMeter([own], 8 * MIB);
  await writeFile(join(own, 'file'), Buffer.alloc(16 * MIB, 'x'), { flush: true });
  await rm(others);
  await eventually('it is over', () => meter.isOver());
});

test('folders are counted by the clock only where somebody has run since they were', async (t) => {
  const folder = existsSync('/dev/shm') ? await mkdtemp('/dev/shm/swarm-test-') : await temporary(t);
  t.after(() => removeTree(folder));
  const [own, others] = [join(folder, 'own'), join(folder, 'others')];
  await writeFile(others, Buffer.alloc(128 * MIB, 'x'), { flush: true });
  await mkdir(own);
  let now = 0;
  const meter = new DiskMeter([own], 8 * MIB, () => now);
  now += 60_000;
  assert.equal(await meter.isOver(), false);
  await writeFile(join(own, 'file'), Buffer.alloc(16 * MIB, 'x'), { flush: true });
  await rm(others);
  now += 60_000;
  assert.equal(await meter.isOver(0, false), false, 'nobody ran: nothing is counted');
  assert.equal(await meter.isOver(0, true), true);
});

test('folders that somebody filled who is still again are counted when their time has come', async (t) => {
  const folder = existsSync('/dev/shm') ? await mkdtemp('/dev/shm/swarm-test-') : await temporary(t);
  t.after(() => removeTree(folder));
  const [own, others] = [join(folder, 'own'), join(folder, 'others')];
  await writeFile(others, Buffer.alloc(128 * MIB, 'x'), { flush: true });
  await mkdir(own);
  let now = 60_000;
  const meter = new DiskMeter([own], 8 * MIB, () => now);
  now += 60_000;
  assert.equal(await meter.isOver(), false);
  await writeFile(join(own, 'file'), Buffer.alloc(16 * MIB, 'x'), { flush: true });
  await rm(others);
  assert.equal(await meter.isOver(0, true), false, 'it was counted a moment ago');
  now += 60_000;
  assert.equal(await meter.isOver(0, false), true);
});

test('folders that nobody fills are never over', async (t) => {
  const folder = await temporary(t);
  const meter = new DiskMeter([folder], 8 * MIB);
  await writeFile(join(folder, 'some'), Buffer.alloc(4 * MIB, 'x'), { flush: true });
  // More than there is room for without a name: counted at once, and that is all that counts.
  assert.equal(await meter.isOver(2 * MIB), false);
  assert.equal(await meter.isOver(6 * MIB), true);
});
