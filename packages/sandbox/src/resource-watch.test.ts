import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ResourceName } from '@swarm/core/model/landing';
import { removeTree } from './remove-tree.ts';
import { meterOf, watchResources } from './resource-watch.ts';
import { temporary } from './testing.ts';

const MIB = 1024 ** 2;

test('what a command wrote before it could be looked at counts, as in a container that takes its time to be known', async (t) => {
  // Of its own in memory, where there is one: the meter goes by free space, which everybody changes elsewhere.
  const folder = existsSync('/dev/shm') ? await mkdtemp('/dev/shm/swarm-test-') : await temporary(t);
  t.after(() => removeTree(folder));
  const bounds = { diskBytes: 8 * MIB };
  const folders = [folder];
  const disk = meterOf(bounds, folders);
  await writeFile(join(folder, 'file'), Buffer.alloc(32 * MIB, 'x'), { flush: true });
  const command = spawn('sleep', ['600'], { stdio: 'ignore' });
  t.after(() => command.kill('SIGKILL'));
  const passed = await new Promise<ResourceName>((tell) => {
    const looks = watchResources({ pid: command.pid!, bounds, folders, inMemory: [], disk, marks: [] }, tell);
    t.after(() => looks[Symbol.dispose]());
  });
  assert.equal(passed, 'disk');
});

test('a process that is given a command’s marks after it was seen without them counts with the command', async (t) => {
  const mark = `SWARM_TEST_MARK=${process.pid}-late`;
  const command = spawn('sleep', ['600'], { stdio: 'ignore' });
  const served = spawn('sh', ['-c', `sleep 2; exec env ${mark} sleep 600`], { stdio: 'ignore', env: {} });
  for (const child of [command, served]) t.after(() => child.kill('SIGKILL'));
  const passed = await new Promise<ResourceName>((tell) => {
    const more = { folders: [], inMemory: [], marks: [mark] };
    const looks = watchResources({ pid: command.pid!, bounds: { processes: 1 }, ...more }, tell);
    t.after(() => looks[Symbol.dispose]());
  });
  assert.equal(passed, 'processes');
});
