import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { SwarmError } from '@swarm/core/errors';
import { type KeySource, keyFix } from './key-words.ts';
import { keyOf } from './keys.ts';
import { knownSecrets } from './known-secrets.ts';
import { renewable } from './models.ts';
import type { RunFile } from './run-file.ts';

const KEY = 'sk-kept-elsewhere-1';

async function home(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-keys-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

async function keyFile(t: TestContext, text: string, mode = 0o600) {
  const folder = await home(t);
  const path = join(folder, 'model.key');
  await writeFile(path, text);
  await chmod(path, mode);
  return { path, env: { HOME: folder } };
}

/** The key comes to it from outside, so that the command does not say it. */
const printing = (script: string): KeySource => ({ keyCommand: ['sh', '-c', script] });

function refusalOf(source: KeySource) {
  try {
    keyOf(source, { MINE: KEY, PATH: process.env.PATH ?? '' });
  } catch (error) {
    assert.ok(error instanceof SwarmError);
    const [problem] = error.problems;
    assert.equal(problem!.code, 'SW0403');
    assert.ok(!JSON.stringify(problem).includes(KEY), 'nothing of a key is shown');
    return problem!;
  }
  return assert.fail('it was taken');
}

describe('a key in a file', () => {
  test('is read without the line’s end, from the home folder too', async (t) => {
    const { path, env } = await keyFile(t, `${KEY}\n`);
    assert.equal(keyOf({ keyFile: path }, {}), KEY);
    assert.equal(keyOf({ keyFile: '~/model.key' }, env), KEY);
  });

  for (const [mode, who] of [
    [0o640, 'the group'],
    [0o604, 'everybody'],
    [0o622, 'others, to write'],
  ] as const)
    test(`that is open to ${who} is refused, with what closes it`, async (t) => {
      const { path } = await keyFile(t, KEY, mode);
      const { why, fix } = refusalOf({ keyFile: path });
      assert.deepEqual([why, fix], ['others may read or write it', `chmod 600 ${path}`]);
    });

  test('that is not there, is empty, is no file, is too large or holds two lines is refused', async (t) => {
    const { path: empty } = await keyFile(t, ' \n');
    const { path: large } = await keyFile(t, 'x'.repeat(20_000));
    const { path: twoLines } = await keyFile(t, `${KEY}\n${KEY}`);
    const folder = await home(t);
    await chmod(folder, 0o700);
    const whys = [join(folder, 'none'), empty, folder, large, twoLines].map(
      (path) => refusalOf({ keyFile: path }).why,
    );
    assert.match(whys[0]!, /ENOENT/);
    assert.deepEqual(whys.slice(1, 4), ['it is empty', 'it is no file', 'it is larger than 16384 bytes']);
    assert.match(whys[4]!, /line break/);
  });
});

describe('a key that a command prints', () => {
  test('is asked for once by a process, and has the operator’s environment', async (t) => {
    const asked = join(await home(t), 'asked');
    const source = printing(`printf x >> '${asked}'; echo "$MINE"`);
    const env = { MINE: KEY, PATH: process.env.PATH ?? '' };
    assert.deepEqual([keyOf(source, env), keyOf(source, env)], [KEY, KEY]);
    assert.equal(await readFile(asked, 'utf8'), 'x');
  });

  const wrong: readonly [string, KeySource, RegExp][] = [
    ['fails', printing('echo "$MINE"; exit 3'), /it ended with 3/],
    ['prints nothing', printing(''), /it printed nothing/],
    ['prints without end', printing('yes "$MINE"'), /more than 16384 bytes/],
    ['is not there', { keyCommand: ['/nonexistent/keychain'] }, /no such program/],
  ];
  for (const [what, source, why] of wrong)
    test(`that ${what} is refused, and nothing it printed is shown`, () => {
      assert.match(refusalOf(source).why!, why);
    });
});

test('keys from files and commands are known secrets, as those from variables are', async (t) => {
  const { path } = await keyFile(t, `${KEY}\n`);
  const endpoints = [{ keyFile: path }, printing('echo "$MINE-2"'), { keyEnv: 'MINE' }, {}];
  const env = { MINE: `${KEY}-3`, PATH: process.env.PATH ?? '' };
  const values = knownSecrets({ config: { endpoints } }, env).map(({ value }) => value);
  assert.deepEqual(new Set(values), new Set([KEY, `${KEY}-3-2`, `${KEY}-3`]));
});

test('a key that is asked for anew is known as a secret before it is used, and is the one known from then on', async (t) => {
  const asked = join(await home(t), 'asked');
  const source = printing(`echo >> '${asked}'; echo "$MINE-$(wc -l < '${asked}')"`);
  const env = { MINE: KEY, PATH: process.env.PATH ?? '' };
  assert.equal(keyOf(source, env), `${KEY}-1`);
  const file = { config: { endpoints: [{ name: 'a', ...source }] } } as unknown as RunFile;
  const learnt: string[] = [];
  const over = renewable({ file, env }, (key) => learnt.push(key));
  const { renewal } = over({ name: 'a', baseUrl: 'http://127.0.0.1:1/v1' });
  assert.equal(await renewal!.renew(`${KEY}-1`), true);
  assert.deepEqual([learnt, renewal!.key, keyOf(source, env)], [[`${KEY}-2`], `${KEY}-2`, `${KEY}-2`]);
  assert.equal(over({ name: 'b', baseUrl: 'http://127.0.0.1:1/v1' }).renewal, undefined);
});

test('what gives an endpoint a valid key can be typed, wherever its key comes from', () => {
  assert.equal(keyFix({ keyEnv: 'MINE' }), 'export MINE=<a valid key>');
  assert.equal(keyFix({ keyFile: '~/my key' }), `(umask 077; printf %s '<a valid key>' > ~/'my key')`);
  assert.match(keyFix({ keyCommand: ['pass', 'show', 'a b'] }), /^pass show 'a b' {3}# has to print/);
});
