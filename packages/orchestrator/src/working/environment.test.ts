import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommitId } from '@swarm/core/model/ids';
import type { Workspace } from '@swarm/core/ports/git';
import type { SandboxResult } from '@swarm/core/ports/running';
import { commit } from '@swarm/core/testing';
import { Environments } from './environment.ts';
import { NO_SPACE, ran } from './testing-bench.ts';

const BASE = commit('base');
const SETUP = {
  command: 'make ready',
  timeoutMs: 1_000,
  trusted: BASE,
  landed: BASE,
  network: 'base' as 'base' | 'work',
};
const at = (name: string, head = BASE): Workspace => ({
  name,
  path: `/${name}`,
  readOnly: [],
  head,
  conflicts: [],
});
const OF_BASE = { base: BASE };

interface Given {
  readonly setup?: (signal: AbortSignal) => Promise<SandboxResult>;
  /** What the tree of a commit needs; the base's word where nothing is said. */
  readonly needs?: Readonly<Record<CommitId, string>>;
  readonly isKnown?: boolean;
  /** Installs that find what was kept changed. */
  readonly changed?: number;
}

/** A store in memory; what a tree needs is asked of the commit its workspace was made at. */
function given({ setup = async () => ran(), needs = {}, isKnown = false, changed = 0 }: Given = {}) {
  const kept = new Set<string>();
  const deeds: string[] = [];
  const told: string[] = [];
  const trees = new Map<string, CommitId>();
  let changes = changed;
  const environments = new Environments({
    inTurn: (work) => work(),
    environments: {
      needOf: async (path) => ({ hash: needs[trees.get(path) ?? BASE] ?? 'basis', isKnown }),
      has: async (key) => kept.has(key),
      pin: (key) => void deeds.push(`pin ${short(key)}`),
      snapshot: async () => new Set(),
      keep: async (key) => void kept.add(key),
      async install(key, { workspace }) {
        changes -= 1;
        if (changes >= 0) return void kept.delete(key);
        deeds.push(`install ${short(key)} in ${workspace}`);
        return [];
      },
      lendHome: async () => {},
    },
    workspaces: {
      async create({ name, base, from }) {
        trees.set(`/${name}`, from ?? base);
        return at(name, base);
      },
      remove: async () => {},
    },
    log: {
      write: (name, { msg, level }) => void (name === 'setup.ended' && told.push(`${level}: ${msg}`)),
    },
    run: ({ path }, _setup, { isTrusted, hasNetwork }, signal) => {
      deeds.push(
        `setup on ${words.get(trees.get(path)!)}${hasNetwork ? ' with network' : ''}${isTrusted ? ' and tokens' : ''}`,
      );
      return setup(signal);
    },
  });
  const prepare = (name: string, made: { base: CommitId; from?: CommitId } = OF_BASE, ask = SETUP) => {
    trees.set(`/${name}`, made.from ?? made.base);
    return environments.prepare(at(name, made.base), made, ask, going());
  };
  return { environments, deeds, told, prepare, trees };
}

const [HEAD, WORK, OTHER] = ['head', 'work', 'other'].map((word) => commit(word)) as [
  CommitId,
  CommitId,
  CommitId,
];
const words = new Map([
  [BASE, 'the base'],
  [HEAD, 'the head'],
  [WORK, 'the work'],
  [OTHER, 'the other'],
]);
const short = (key: string): string =>
  [...words].reduce((text, [id, word]) => text.replaceAll(id, word.split(' ')[1]!), key);

const going = (): AbortSignal => new AbortController().signal;

test('setup runs once for each need, on the tree of the trusted commit, and each workspace gets what it left', async () => {
  const { prepare, deeds } = given();
  await prepare('a', { base: WORK });
  await prepare('b');
  assert.deepEqual(
    deeds.filter((deed) => !deed.startsWith('pin')),
    [
      'setup on the base with network and tokens',
      'install basis-base-base in /a',
      'install basis-base-base in /b',
    ],
  );
  assert.deepEqual(new Set(deeds.filter((deed) => deed.startsWith('pin'))), new Set(['pin basis-base-base']));
});

test('an environment that is made of nothing but lists serves every base with the same', async () => {
  const { prepare, deeds } = given({ isKnown: true });
  await prepare('a');
  assert.deepEqual(deeds.at(-1), 'install basis in /a');
});

test('what one attempt’s tree made serves that tree alone, offline, and no other that needs the same', async () => {
  const { prepare, deeds } = given({ needs: { [WORK]: 'more', [OTHER]: 'more' } });
  for (const made of [{ base: WORK }, { base: OTHER }, { base: WORK }, { base: BASE, from: OTHER }])
    await prepare('a', made);
  assert.deepEqual(deeds, [
    'setup on the work',
    'install more-own-work in /a',
    'setup on the other',
    'install more-own-other in /a',
    'install more-own-work in /a',
    'setup on the other',
    'install more-other-base in /a',
  ]);
});

test('what the target’s head needs is made of its own tree, offline, and serves what is built on it', async () => {
  const { prepare, deeds } = given({ needs: { [HEAD]: 'more', [WORK]: 'more' } });
  await prepare('a', { base: WORK }, { ...SETUP, landed: HEAD });
  await prepare('b', { base: HEAD }, { ...SETUP, landed: HEAD });
  assert.deepEqual(deeds, [
    'setup on the head',
    'install more-head-head in /a',
    'install more-head-head in /b',
  ]);
});

test('where the operator opened the network to work, its setup has it, and never what is the base’s alone', async () => {
  const { prepare, deeds } = given({ needs: { [WORK]: 'more' } });
  await prepare('a', { base: WORK }, { ...SETUP, network: 'work' });
  assert.equal(deeds[0], 'setup on the work with network');
});

test('a setup that fails for want of the network names the way out', async () => {
  const { prepare } = given({ needs: { [WORK]: 'more' }, setup: async () => ran({ exitCode: 1 }) });
  const failed = await prepare('a', { base: WORK });
  assert.match(failed.kind === 'failed' ? failed.detail : '', /--setup-network work/);
});

test('an environment that was changed after it was kept is made again, once', async () => {
  const once = given({ changed: 1 });
  assert.equal((await once.prepare('a')).kind, 'ready');
  assert.equal(once.deeds.filter((deed) => deed.startsWith('setup')).length, 2);
  assert.equal((await given({ changed: 2 }).prepare('a')).kind, 'failed');
});

test('an attempt that is called off takes nobody’s setup with it', async () => {
  const done = Promise.withResolvers<SandboxResult>();
  const begun = Promise.withResolvers<void>();
  const { environments } = given({
    setup: (signal) => {
      begun.resolve();
      signal.addEventListener('abort', () => done.resolve(ran({ end: 'aborted', exitCode: undefined })));
      return done.promise;
    },
  });
  const asker = new AbortController();
  const first = environments.prepare(at('a'), OF_BASE, SETUP, asker.signal);
  const second = environments.prepare(at('b'), OF_BASE, SETUP, going());
  await begun.promise;
  await new Promise(setImmediate);
  asker.abort();
  assert.deepEqual(await first, { kind: 'aborted' });
  done.resolve(ran());
  assert.deepEqual(await second, { kind: 'ready', left: [] });
});

test('a setup that fails says how, and that the disk was full where it was', async () => {
  const failing = given({ setup: async () => ran({ exitCode: 3, output: 'no such package' }) });
  assert.deepEqual(await failing.prepare('a'), {
    kind: 'failed',
    isDiskFull: false,
    detail: 'setup `make ready` ended with 3:\nno such package',
  });
  const full = await given({ setup: async () => ran({ exitCode: 1, output: NO_SPACE }) }).prepare('a');
  assert.equal(full.kind === 'failed' && full.isDiskFull, true);
});

test('a host that setup asked for and may not reach is told first, with the line for it; also where it did without', async () => {
  const refused = ['codeload.github.com:443'];
  const line = /asked for codeload\.github\.com:443, which .*egress = \["codeload\.github\.com"\]/;
  const failing = given({ setup: async () => ran({ exitCode: 1, output: 'x\n'.repeat(9_000), refused }) });
  const failed = await failing.prepare('a');
  assert.match(failed.kind === 'failed' ? failed.detail.split('\n')[0]! : '', line);
  assert.match(failing.told.at(-1)!, /^error: setup failed: exited 1; it asked for/);
  const done = given({ setup: async () => ran({ refused }) });
  assert.equal((await done.prepare('a')).kind, 'ready');
  assert.match(done.told.at(-1)!, /^warn: setup done in .*; it asked for/);
});

test('how a setup ended is told in words: one that was called off has not failed', async () => {
  for (const [result, said] of [
    [ran(), /^info: setup done in \d+\.\d s$/],
    [ran({ exitCode: 2 }), /^error: setup failed: exited 2$/],
    [ran({ end: 'timeout', exitCode: undefined }), /^error: setup failed: timeout$/],
    [ran({ end: 'aborted', exitCode: undefined }), /^info: setup was called off$/],
  ] as const) {
    const { prepare, told } = given({ setup: async () => result });
    await prepare('t1.1');
    assert.match(told.at(-1)!, said);
  }
});
