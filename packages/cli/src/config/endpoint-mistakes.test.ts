import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keysFromRepository, mistakesIn } from './mistakes.ts';

const at = { name: 'v', base_url: 'http://127.0.0.1:1/v1' };
const told = (endpoint: object): string =>
  mistakesIn({ endpoints: [{ ...at, ...endpoint }] }, (keyPath) => keyPath)
    .map(({ what, where, fix }) => `${where} | ${what} | ${fix}`)
    .join('\n');

test('accounts that cannot be told apart, or have no key of their own, are told with what to type', () => {
  const rows = [
    [{ accounts: [{ name: 'a', key_env: 'A' }] }, /^$/],
    [
      { accounts: [{ name: 'a' }] },
      /^endpoints\[0\]\.accounts\[0\] \| the account "a" has no key \| key_env = /,
    ],
    [
      {
        accounts: [
          { name: 'a', key_env: 'A' },
          { name: 'a', key_env: 'B' },
        ],
      },
      /^endpoints\[0\]\.accounts \| two accounts are called "a" \| name = "a-2"$/,
    ],
    [
      { key_env: 'A', accounts: [{ name: 'a', key_env: 'B' }] },
      /both `key_env` and `accounts` \| write `key_env` into/,
    ],
    [
      { accounts: [{ name: 'a', key_env: 'A', key_file: '~/k' }] },
      /an account has both `key_env` and `key_file`/,
    ],
    [{ accounts: [{ name: 'a/b', key_env: 'A' }] }, /endpoints\[0\]\.accounts\[0\]\.name/],
    [{ accounts: [] }, /endpoints\[0\]\.accounts/],
    [{ auth: 'basic' }, /endpoints\[0\]\.auth/],
  ] as const;
  for (const [endpoint, is] of rows) assert.match(told(endpoint), is);
});

test('what stands where accounts or the name of a variable should is never repeated: it may be a key', () => {
  for (const endpoint of [
    { accounts: 'sk-live-123' },
    { accounts: [{ name: 'a', key_env: 'sk-live-123' }] },
  ]) {
    assert.notEqual(told(endpoint), '');
    assert.doesNotMatch(told(endpoint), /sk-live/);
  }
});

test('a repository chooses neither a program nor a file for the key of an account', () => {
  const accounts = [
    { name: 'a', key_command: ['touch', 'x'] },
    { name: 'b', key_file: '~/.ssh/id_rsa' },
    { name: 'c', key_env: 'C' },
  ];
  const problems = keysFromRepository({ endpoints: [{ ...at, accounts }] }, (keyPath) => keyPath);
  assert.deepEqual(
    problems.map(({ where }) => where),
    ['endpoints[0].accounts[0].key_command', 'endpoints[0].accounts[1].key_file'],
  );
});
