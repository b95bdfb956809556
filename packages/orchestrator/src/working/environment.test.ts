import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Workspace } from '@swarm/core/ports/git';
import type { SandboxResult } from '@swarm/core/ports/running';
import { commit } from '@swarm/core/testing';
import { Environments } from './environment.ts';
import { NO_SPACE, ran } from './testing-bench.ts';

const BASE = commit('base');
const SETUP = { command: 'make ready', timeoutMs: 1_000, trusted: BASE };
const at = (name: string, head = BASE): Workspace => ({
  name,
  path: `/${name}`,
  readOnly: [],
  head,
  conflicts: [],
});

/** A store in memory; a workspace's key is what `keys` says of its path, or the base's. */
function given(setup: (signal: AbortSignal) => Promise<SandboxResult>, keys: Record<string, string> = {}) {
  const kept = new Set<string>();
  const deeds: string[] = [];
  const environments = new Environments({
    environments: {
      has: async (key) => kept.has(key),
      snapshot: async () => new Set(),
      keep: async (key) => void kept.add(key),
      install: async (key, path) => void deeds.push(`install ${key} in ${path}`),
      keyOf: async (path) => keys[path] ?? 'basekey',
    },
    workspaces: {
      create: async ({ name, base, from }) => {
        if (from) deeds.push(`${name} holds ${from === commit('work') ? 'the work' : from}`);
        return at(name, base);
      },
      remove: async (name) => void deeds.push(`remove ${name}`),
    },
    log: { write: () => {} },
    run: (workspace, _setup, isTrusted, signal) => {
      deeds.push(`setup in ${workspace.name}${isTrusted ? ' with network' : ''}`);
      return setup(signal);
    },
  });
  return { environments, deeds };
}

/** The base alone. */
const BARE = { base: SETUP.trusted };

const going = (): AbortSignal => new AbortController().signal;

test('setup runs once for each key, and each workspace gets what it left', async () => {
  const { environments, deeds } = given(async () => ran());
  for (const name of ['a', 'b']) await environments.prepare(at(name), BARE, SETUP, going());
  assert.deepEqual(deeds, [
    'setup in setup-basekey with network',
    'remove setup-basekey',
    'install basekey in /a',
    'install basekey in /b',
  ]);
});

test('an attempt that is called off takes nobody’s setup with it', async () => {
  const done = Promise.withResolvers<SandboxResult>();
  const begun = Promise.withResolvers<void>();
  const { environments } = given((signal) => {
    begun.resolve();
    signal.addEventListener('abort', () => done.resolve(ran({ end: 'aborted', exitCode: undefined })));
    return done.promise;
  });
  const asker = new AbortController();
  const first = environments.prepare(at('a'), BARE, SETUP, asker.signal);
  const second = environments.prepare(at('b'), BARE, SETUP, going());
  await begun.promise;
  await new Promise(setImmediate);
  asker.abort();
  assert.deepEqual(await first, { kind: 'aborted' });
  done.resolve(ran());
  assert.deepEqual(await second, { kind: 'ready' });
});

test('lockfiles that are not the base’s are set up without network, whoever asks first', async () => {
  const { environments, deeds } = given(async () => ran(), { '/a': 'other' });
  await environments.prepare(at('a', commit('work')), { base: commit('work') }, SETUP, going());
  assert.deepEqual(deeds, [
    'remove setup-trusted',
    'setup in setup-other',
    'remove setup-other',
    'install other in /a',
  ]);
});

test('a setup that fails says how, and that the disk was full where it was', async () => {
  const failing = given(async () => ran({ exitCode: 3, output: 'no such package' }));
  assert.deepEqual(await failing.environments.prepare(at('a'), BARE, SETUP, going()), {
    kind: 'failed',
    isDiskFull: false,
    detail: 'setup `make ready` ended with 3:\nno such package',
  });
  const full = await given(async () => ran({ exitCode: 1, output: NO_SPACE })).environments.prepare(
    at('a'),
    BARE,
    SETUP,
    going(),
  );
  assert.equal(full.kind === 'failed' && full.isDiskFull, true);
});

test('earlier work merged onto the base brings its own lockfiles: they are set up as they lie there, without network', async () => {
  const { environments, deeds } = given(async () => ran(), { '/a': 'other' });
  await environments.prepare(at('a'), { ...BARE, from: commit('work') }, SETUP, going());
  assert.deepEqual(deeds, [
    'remove setup-trusted',
    'setup-other holds the work',
    'setup in setup-other',
    'remove setup-other',
    'install other in /a',
  ]);
});
