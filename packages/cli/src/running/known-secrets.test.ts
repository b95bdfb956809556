import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CommitId } from '@swarm/core/model/ids';
import { knownSecrets, looksSecret, untrackedSecrets } from './known-secrets.ts';

test('known are the endpoints’ keys, what setup alone is given, headers for a collector, and tokens in the operator’s own files', async (t) => {
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
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=otlp-key-7',
  };
  const config = {
    endpoints: [{ keyEnv: 'OPENAI_API_KEY' }, { keyEnv: 'UNSET' }, {}],
    shown: { env: ['NODE_ENV'], setupEnv: ['REGISTRY_TOKEN', 'NODE_ENV'], mounts: [], egress: [] },
  };
  assert.deepEqual(
    knownSecrets({ config }, env).map(({ value }) => value),
    ['sk-key-5', 'reg-token-6', 'otlp-key-7', 'npm-token-1', 'netrc-pass-2', 'git-pass-3', 'gho-token-4'],
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

test('known too are variables whose names say so, and the passwords of addresses', () => {
  const env = {
    GH_TOKEN: 'gh-token-1',
    DJANGO_SECRET_KEY: 'secret-key-2',
    DATABASE_URL: 'postgres://app:pass%2Fword-3@db.example/app',
    AWS_ACCESS_KEY_ID: 'AKIA12345678',
    SSH_AUTH_SOCK: '/tmp/agent-1.sock',
    REGION: 'eu-west-1',
  };
  const known = knownSecrets({ config: { endpoints: [] } }, env);
  assert.deepEqual(
    known.map(({ name, value }) => [name, value]),
    [
      ['GH_TOKEN', 'gh-token-1'],
      ['DJANGO_SECRET_KEY', 'secret-key-2'],
      ['the password in DATABASE_URL', 'pass/word-3'],
    ],
  );
});

test('of a file of variables that git does not track the secrets are known, and not its settings', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-env-'));
  t.after(() => rm(folder, { recursive: true }));
  const text = [
    'REGION=eu-west-1',
    'export API_TOKEN="quoted-token-1"',
    'NO_NAME=aB3dE6gH9jK2mN5pQ8sT',
    'JWT_SECRET=shown-in-example-2',
    'DB=mysql://u:pass-word-3@db/x',
    '',
  ].join('\n');
  for (const name of ['.env', '.env.local', '.env.example']) await writeFile(join(folder, name), text);
  const tracked: Record<string, string> = {
    '.env.local': text,
    '.env.example': 'JWT_SECRET=shown-in-example-2',
  };
  const reader = { read: async (_: CommitId, path: string) => tracked[path] };
  const known = await untrackedSecrets(folder, reader, 'x' as CommitId);
  assert.deepEqual(
    known.map(({ name, value }) => [name, value]),
    [
      ['API_TOKEN of .env', 'quoted-token-1'],
      ['NO_NAME of .env', 'aB3dE6gH9jK2mN5pQ8sT'],
      ['the password in DB of .env', 'pass-word-3'],
    ],
  );
});
