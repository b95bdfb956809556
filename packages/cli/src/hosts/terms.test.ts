import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SwarmError } from '@swarm/core/errors';
import type { CommitId } from '@swarm/core/model/ids';
import type { RunFile } from '../running/run-file.ts';
import { readTerms, termsOf } from './terms.ts';

const BASE = 'a'.repeat(40) as CommitId;
const file = {
  run: 'r-20261201-abcd',
  identity: { name: 'S', email: 's@localhost' },
  agents: ['builtin'],
  config: {
    workers: { max: 2 },
    agent: { driver: 'builtin' },
    models: {},
    endpoints: [
      {
        name: 'e',
        baseUrl: 'https://api.example',
        weight: 1,
        dialect: 'chat',
        keyEnv: 'MY_KEY',
        keyCommand: ['x'],
        accountOf: 'v',
      },
    ],
    mcp: [{ name: 'm', run: ['server'] }],
    boxes: { command: { create: ['x'] } },
    notify: { command: ['mail'] },
  },
} as unknown as RunFile;

test('a host is told neither where keys are nor what would run outside a sandbox', () => {
  const text = JSON.stringify(termsOf(file, BASE, '/state/shop-1a2b'));
  for (const word of ['MY_KEY', 'keyCommand', 'api.example', 'mcp', 'boxes', 'notify'])
    assert.ok(!text.includes(word), word);
});

test('a host knows which endpoints are accounts at one server, so that it counts their load as home does', () => {
  const { config } = readTerms(termsOf(file, BASE, '/state/shop-1a2b'));
  assert.equal(config.endpoints[0]!.accountOf, 'v');
});

test('a host takes over nothing of that, though home would say it', () => {
  const told = { ...termsOf(file, BASE, '/state/shop-1a2b'), config: file.config };
  const text = JSON.stringify(readTerms(told));
  for (const word of ['MY_KEY', 'keyCommand', 'mcp', 'boxes', 'notify'])
    assert.ok(!text.includes(word), word);
});

test('terms that could be a path, or are none, are refused', () => {
  const good = termsOf(file, BASE, '/state/shop-1a2b');
  for (const bad of [
    { ...good, repository: '../x' },
    { ...good, base: '--all' },
    { ...good, run: 'r' },
    undefined,
  ])
    assert.throws(
      () => readTerms(bad),
      (error: SwarmError) => error.problems[0]!.code === 'SW0341',
    );
});
