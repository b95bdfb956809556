import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { STATE_KEY } from './reap.ts';
import { sweepTemporary } from './sweep-temporary.ts';
import { temporary } from './testing.ts';

test('what a killed process left among temporary folders goes; a living one’s and everybody else’s stay', async (t) => {
  const folder = await temporary(t);
  const gone = 2 ** 22 + 1;
  const names = [
    `swarm-probe-${gone}-a`,
    `swarm-egress-${gone}-b`,
    `swarm-probe-${process.pid}-c`,
    'swarm-test-d',
    'other',
  ];
  for (const name of names) await mkdir(join(folder, name, 'inner'), { recursive: true });
  await sweepTemporary(folder);
  assert.deepEqual((await readdir(folder)).toSorted(), names.slice(2).toSorted());
});

test('what a killed process left running in its folder ends; what runs in a living one’s stays', {
  skip: !existsSync('/proc') && 'processes are found in /proc',
}, async (t) => {
  const folder = await temporary(t);
  const start = async (name: string) => {
    const place = join(folder, name);
    await mkdir(place);
    const child = spawn('sleep', ['600'], { env: { [STATE_KEY]: place } });
    t.after(() => child.kill('SIGKILL'));
    await once(child, 'spawn');
    return child;
  };
  const left = await start(`swarm-probe-${2 ** 22 + 1}-a`);
  const living = await start(`swarm-probe-${process.pid}-b`);
  const ended = once(left, 'exit');
  await sweepTemporary(folder);
  assert.deepEqual((await ended)[1], 'SIGKILL');
  assert.equal(living.exitCode ?? living.signalCode, null);
});
