/** Root is contained in another way than everybody else: where the tests run as root they run as a user too. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { findOnPath } from './find-on-path.ts';
import { SYSTEM_PATH } from './providers/bubblewrap.ts';
import { temporary } from './testing.ts';

const USER = 61_000;
const FILES = ['probes/try.test.ts', 'providers/bubblewrap.test.ts', 'remove-tree.test.ts'];
const isRoot = process.getuid?.() === 0;

test('what holds for root holds for an ordinary user', {
  skip: !isRoot && 'it is one who runs this',
}, async (t) => {
  const setpriv = findOnPath('setpriv', SYSTEM_PATH);
  if (setpriv === undefined) return t.skip('there is no setpriv to become a user with');
  const home = await temporary(t);
  await mkdir(join(home, 'tmp'));
  for (const folder of [home, join(home, 'tmp')]) await chown(folder, USER, USER);
  const becomes = [`--reuid=${USER}`, `--regid=${USER}`, '--clear-groups', process.execPath];
  const files = FILES.map((file) => join(import.meta.dirname, file));
  const args = [...becomes, '--conditions=swarm-src', '--test', '--test-reporter=tap', ...files];
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const ran = promisify(execFile)(setpriv, args, {
    env: { ...env, HOME: home, TMPDIR: join(home, 'tmp') },
    maxBuffer: 64 * 1024 ** 2,
  });
  const said = await ran.catch((error: { stdout?: string }) => ({ stdout: `${error.stdout}\nfailed` }));
  assert.match(said.stdout, /^# pass [1-9]/m, said.stdout);
  const wrong = said.stdout.split('\n').filter((line) => /^\s*not ok|^failed/.test(line));
  assert.deepEqual(wrong, []);
});
