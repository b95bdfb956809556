import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { boxChoice } from '@swarm/sandbox/testing';
import { defaults } from '../config/load.ts';
import type { Config } from '../config/resolved.ts';
import { insideOf } from '../running/look-sandbox.ts';
import { othersThere, programsThere } from './programs.ts';

/** A machine whose operator has a program that the box has not, and a box with one of its own. */
function machine(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'programs-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const program = (path: string): void => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), '#!/bin/sh\n');
    chmodSync(join(root, path), 0o755);
  };
  program('bin/of-the-operator');
  program('box/of-the-box');
  const env = { HOME: root, PATH: `${root}/bin:/usr/bin:/bin`, XDG_STATE_HOME: join(root, 'state') };
  const { create, exec, destroy } = boxChoice(join(root, 'boxes'));
  const inBox = [...exec, 'env', `PATH=${root}/box:/usr/bin:/bin`];
  const { config } = defaults(undefined, env);
  const boxed: Config = {
    ...config,
    workers: { ...config.workers, sandbox: 'command' },
    boxes: { command: { create, exec: inBox, destroy } },
  };
  return { root, env, boxed };
}

const ASKED = ['sh', 'of-the-operator', 'of-the-box', 'of-nobody'];

test('a sandbox with programs of its own is asked for them inside, and not judged by this machine’s', async (t) => {
  const { root, env, boxed } = machine(t);
  assert.deepEqual(await programsThere(ASKED, boxed, env), new Set(['sh', 'of-the-box']));
  assert.deepEqual(await othersThere(ASKED, boxed, env), new Map());
  const places = await insideOf(boxed, 'command', env)!(ASKED);
  assert.equal(places.get('of-the-box'), join(root, 'box/of-the-box'));
  assert.equal(insideOf(boxed, 'bubblewrap', env), undefined);
  assert.deepEqual(await readdir(join(root, 'state/swarm/boxes')), [], 'no box is left');
});
