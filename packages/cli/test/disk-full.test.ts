/** A disk with no room left costs no task an attempt: the run pauses, is left, and goes on where there is room again. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RunId } from '@swarm/core/model/ids';
import { readDraft } from '@swarm/core/rules/task-format';
import { openHub } from '@swarm/git';
import { MemoryFile, openMemoryJournal } from '@swarm/journal';
import { createOrchestrator, type Settings } from '@swarm/orchestrator';
import { needs } from '@swarm/sandbox/testing';
import { systemClock } from '../src/running/clock.ts';
import { localHost } from './support/hosts/local-host.ts';

const RUN = 'r-20261129-full' as RunId;
const LAND_ON = `refs/heads/swarm/${RUN}`;
const ENV = { PATH: process.env.PATH, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };
const AGENT = ['sh', '-c', 'head -c 4000000 /dev/urandom > big.bin'];

const mayMount = process.getuid?.() === 0 ? {} : { skip: 'only root can mount a small disk' };

test('a full disk pauses the run, and once there is room the same task lands', {
  ...(await needs('bubblewrap')),
  ...mayMount,
}, async (t) => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'swarm-full-')));
  const state = join(folder, 'state');
  await mkdir(state);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', state]);
  t.after(async () => {
    execFileSync('umount', ['-l', state]);
    await rm(folder, { recursive: true, force: true });
  });
  const repository = join(folder, 'repository');
  await mkdir(repository);
  await writeFile(join(repository, 'a.txt'), 'one\n');
  const git = (...args: string[]) => execFileSync('git', args, { cwd: repository, env: ENV, stdio: 'pipe' });
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('-c', 'user.name=d', '-c', 'user.email=d@localhost', 'commit', '--quiet', '--message', 'base');
  const identity = { name: 'Swarm', email: 'swarm@example.invalid' };
  const hub = await openHub({
    stateDir: state,
    repository,
    run: RUN,
    target: 'main',
    landOn: LAND_ON,
    identity,
  });
  t.after(() => hub.close());
  const file = new MemoryFile();
  const start = async (isNew: boolean) => {
    const ports = {
      clock: systemClock,
      journal: await openMemoryJournal(file),
      hub: hub.hub,
      reader: hub.reader,
      delivery: hub.delivery,
      host: localHost({ hub, state, agent: AGENT, kind: 'bubblewrap' }),
      prompts: {
        render: (name: string) => ({ system: '', text: name, hash: name }),
        hash: (name: string) => name,
      },
      files: {
        writeHandoff: async () => {},
        writeReport: async () => {},
        writePlannerAnswer: async () => {},
        writeGateOutput: async (name: string) => name,
        writeEvidence: async () => undefined,
        readEvidence: async () => undefined,
      },
      log: { write: () => {} },
    };
    const orchestrator = createOrchestrator(ports, settings(hub.base, isNew));
    return { outcome: await orchestrator.run(), state: orchestrator.state };
  };
  const full = await start(true);
  assert.equal(full.outcome.kind === 'stopped' && full.outcome.why, 'paused', JSON.stringify(full.outcome));
  assert.equal(full.state.paused?.reason, 'disk-full');
  const ended = [...full.state.attempts.values()].map((a) => (a.state === 'ended' ? a.ending : a.state));
  assert.deepEqual(ended, ['disk-full']);
  execFileSync('mount', ['-o', 'remount,size=200m', state]);
  const after = await start(false);
  assert.equal(after.outcome.kind, 'closed', JSON.stringify(after.outcome));
  assert.equal(after.state.landedCount, 1);
});

function settings(base: Parameters<typeof String>[0], isNew: boolean): Settings {
  const draft = readDraft({ id: 'big', title: 'Write much' });
  assert.ok(draft.ok);
  const request = {
    text: 'much',
    mode: 'plan',
    target: 'main',
    landOn: LAND_ON,
    deliver: 'branch',
    base,
    gateHash: 'none',
    gatePolicy: 'batch',
    gateParallel: 1,
    overlap: 'serialize',
    checksMinMs: 3_600_000,
    checksMaxMs: 3_600_000,
    limits: { workers: 1, attempts: 1, tasks: 9, attemptTokens: 1_000 },
  };
  return {
    ...(isNew && { open: { run: RUN, configHash: 'test', request: request as never }, plan: [draft.draft] }),
    version: 'test',
    host: 'test',
    pid: process.pid,
    attempt: { steps: 9, wallMs: 300_000, quietMs: 300_000 },
    gate: { timeoutMs: 300_000, flakyRetries: 0, preGate: false },
    checks: { timeoutMs: 300_000 },
    setup: { timeoutMs: 300_000, network: 'base' },
    drainMs: 1_000,
    sweepMs: 60_000,
    tasksPerIteration: 9,
    plannerContextChars: 1_000,
  };
}
