import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { knownSecrets, looksSecret } from './known-secrets.ts';

test('known are the endpoints’ keys, what setup alone is given, and tokens in the operator’s own files', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'swarm-home-'));
  t.after(() => rm(home, { recursive: true }));
  await mkdir(join(home, '.config/gh'), { recursive: true });
  const files = {
    '.npmrc': 'registry=https://r.example/\n//r.example/:_authToken=npm-token-1\n',
    '.netrc': 'machine git.example login me password netrc-pass-2\n',
    '.git-credentials': 'https://me:git-pass-3@git.example\n',
    '.config/gh/hosts.yml': 'github.example:\n    oauth_token: gho-token-4\n',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(home, name), text);
  const env = {
    HOME: home,
    OPENAI_API_KEY: 'sk-key-5',
    REGISTRY_TOKEN: 'reg-token-6',
    NODE_ENV: 'production',
  };
  const config = {
    endpoints: [{ keyEnv: 'OPENAI_API_KEY' }, { keyEnv: 'UNSET' }, {}],
    shown: { env: ['NODE_ENV'], setupEnv: ['REGISTRY_TOKEN', 'NODE_ENV'], mounts: [], egress: [] },
  };
  assert.deepEqual(
    knownSecrets({ config }, env).map(({ value }) => value),
    ['sk-key-5', 'reg-token-6', 'npm-token-1', 'netrc-pass-2', 'git-pass-3', 'gho-token-4'],
  );
  assert.deepEqual(knownSecrets({ config }, { HOME: '/nonexistent' }), []);
});

test('a word, a path, an address and a version are no secrets', () => {
  for (const value of [
    'production',
    '/opt/node22/bin',
    './x1/y2y2y2',
    'https://r1.example/npm',
    'v20.11.1-rc1',
    'abc123',
  ])
    assert.equal(looksSecret(value), false, value);
  assert.equal(looksSecret('https://me:pass123@r.example'), true);
});
