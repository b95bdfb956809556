import assert from 'node:assert/strict';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
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
