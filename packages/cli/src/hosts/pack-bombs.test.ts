/** What a compromised host hands over as its attempt's work, over the wire and into a real hub: refused, and nothing is lost. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { AttemptId, CommitId, RunId } from '@swarm/core/model/ids';
import type { AttemptHost, Bench } from '@swarm/core/ports/bench';
import { ALL_SAVED } from '@swarm/core/ports/git';
import { type OpenedHub, openHub } from '@swarm/git';
import { BOMBS } from '@swarm/git/testing';
import { type Home, MemoryWires, openHome, WorkerHost } from '@swarm/mesh';
import { systemClock } from '../running/clock.ts';

const RUN = 'r-20261201-bomb' as RunId;
const signal = new AbortController().signal;
let folder: string;
let hub: OpenedHub;
let home: Home;
let evil: WorkerHost;
/** What the host says it made. */
let work: { readonly head: CommitId; readonly pack: Uint8Array };

const git = (...args: string[]): string =>
  execFileSync('git', args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' },
  }).trim();
const as = ['-c', 'user.name=a', '-c', 'user.email=a@localhost'];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarm-bombs-'));
  git('init', '--quiet', '--initial-branch=main', '.');
  git(...as, 'commit', '--quiet', '--allow-empty', '-m', 'First');
  hub = await openHub({
    stateDir: join(folder, 'state'),
    repository: folder,
    run: RUN,
    target: 'main',
    landOn: `refs/heads/swarm/${RUN}`,
    identity: { name: 'S', email: 's@localhost' },
  });
  const nowhere = { isFull: async () => false, reap: async () => 0, clear: async () => [] };
  const bench = { kind: 'bench', head: hub.base, conflicts: [], prefix: '/', close: async () => {} };
  const saves = { ...bench, save: async () => ({ kind: 'here', report: ALL_SAVED }) } as unknown as Bench;
  const host = (name: string): AttemptHost => ({
    ...nowhere,
    name,
    slots: 1,
    capabilities: [],
    open: async () => saves,
  });
  const wires = new MemoryWires({ clock: systemClock });
  home = openHome({
    wire: wires.wireOf('home'),
    clock: systemClock,
    log: { write: () => {} },
    run: RUN,
    epoch: 1,
    nonce: 'n',
    version: '1',
    leaseMs: 60_000,
    local: host('home'),
    base: hub.base,
    hub: hub.hub,
    factsOf: () => ({ name: 'played' }),
    terms: {},
  });
  const joined = new Promise<void>((resolve) => {
    home.fleet.onChange(() => {
      if (home.fleet.seen().present.length > 0) resolve();
    });
  });
  evil = new WorkerHost({
    wire: wires.wireOf('evil'),
    clock: systemClock,
    name: 'evil',
    slots: 1,
    capabilities: [],
    version: '1',
    session: 's',
    openRoom: async () => ({
      host: host('evil'),
      store: {
        missing: async () => [],
        haves: async () => [],
        take: async () => {},
        work: async () => ({ kind: 'work' as const, ...work }),
      },
      close: async () => {},
    }),
    keepMs: 60_000,
    load: () => ({ load: 0, cpus: 1 }),
    tell: () => {},
  });
  await home.fleet.held([], []);
  await joined;
});

after(async () => {
  await evil.close();
  await home.close();
  await hub.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

let attempts = 0;

async function handOver() {
  attempts += 1;
  const attempt = `t${attempts}.1` as AttemptId;
  const { base } = hub;
  const bench = await home.host.open({ name: attempt, base, attempt, on: { host: 'evil', slot: 1 }, signal });
  assert.ok(bench.kind === 'bench', JSON.stringify(bench));
  const saved = await bench.save('Work\n');
  await bench.close();
  assert.ok(saved.kind === 'pack');
  return { attempt, received: await hub.hub.receive(attempt, base, saved.pack) };
}

describe('a host hands over', () => {
  for (const [what, { pack, why }] of Object.entries(BOMBS))
    test(`${what}: home does not unpack it, and honest work is taken all the same`, async () => {
      work = { head: 'b'.repeat(40) as CommitId, pack: pack() };
      const bad = await handOver();
      assert.equal(bad.received.kind, 'refused');
      assert.match((bad.received as { why: string }).why, why);
      assert.deepEqual(await hub.hub.ingest(bad.attempt), { kind: 'nothing' });
      const head = git(...as, 'commit-tree', '-p', hub.base, '-m', what, `${hub.base}^{tree}`) as CommitId;
      const honest = execFileSync('git', ['pack-objects', '--revs', '--stdout', '-q', '--thin'], {
        cwd: folder,
        input: `${head}\n^${hub.base}\n`,
      });
      work = { head, pack: honest };
      const good = await handOver();
      assert.deepEqual(good.received, { kind: 'received' });
      assert.deepEqual(await hub.hub.ingest(good.attempt), { kind: 'commit', commit: head });
    });
});
