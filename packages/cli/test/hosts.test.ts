/**
 * Where an attempt runs is one port: a sandbox that shows nothing where it lies, and a host in another process behind
 * a pipe, keep the same contract as this machine's own, and bring the demo's plan to its landings.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { cp, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { AttemptId, CommitId, RunId } from '@swarm/core/model/ids';
import type { AttemptHost, Bench, BenchAsk } from '@swarm/core/ports/bench';
import type { Prompts } from '@swarm/core/ports/world';
import { readDraft, type TaskDraft } from '@swarm/core/rules/task-format';
import { type OpenedHub, openHub } from '@swarm/git';
import { MemoryFile, openMemoryJournal } from '@swarm/journal';
import { createOrchestrator, type Settings } from '@swarm/orchestrator';
import { needs } from '@swarm/sandbox/testing';
import { systemClock } from '../src/running/clock.ts';
import { localHost } from './support/hosts/local-host.ts';
import { startPipeHost } from './support/hosts/pipe-host.ts';
import { isLong } from './support/long.ts';

const DEMO = join(import.meta.dirname, '../demo');
const SCRIPT = join(DEMO, 'script.json');
const AGENT = [process.execPath, join(import.meta.dirname, 'support/hosts/play-agent.mjs'), SCRIPT];
const RUN = 'r-20261129-demo' as RunId;
const LAND_ON = `refs/heads/swarm/${RUN}`;
const GATE = "node --test 'test/unit/*.test.ts'";
const ENV = { PATH: process.env.PATH, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };
const LIMITS = { wallMs: 120_000, outputBytes: 1_000_000 };

const PROMPTS: Prompts = { render: (name) => ({ system: '', text: name, hash: name }), hash: (name) => name };

interface Home {
  readonly folder: string;
  readonly repository: string;
  readonly opened: OpenedHub;
  readonly host: AttemptHost;
}

type Kind = 'bubblewrap' | 'elsewhere' | 'pipe';

async function home(t: TestContext, kind: Kind): Promise<Home> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'swarm-hosts-')));
  const closing: (() => Promise<unknown>)[] = [];
  t.after(async () => {
    for (const close of closing.reverse()) await close();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  const repository = join(folder, 'wordkit');
  await cp(join(DEMO, 'project'), repository, { recursive: true });
  const git = (...args: string[]) => execFileSync('git', args, { cwd: repository, env: ENV, stdio: 'pipe' });
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('-c', 'user.name=demo', '-c', 'user.email=d@localhost', 'commit', '--quiet', '--message', 'wordkit');
  const state = join(folder, 'state');
  const identity = { name: 'Swarm', email: 'swarm@example.invalid' };
  const opened = await openHub({
    stateDir: state,
    repository,
    run: RUN,
    target: 'main',
    landOn: LAND_ON,
    identity,
  });
  closing.push(() => opened.close());
  if (kind !== 'pipe')
    return { folder, repository, opened, host: localHost({ hub: opened, state, agent: AGENT, kind }) };
  const pipe = startPipeHost(opened.hub, { state: join(folder, 'elsewhere'), agent: AGENT });
  closing.push(() => pipe.stop());
  return { folder, repository, opened, host: pipe.host };
}

const going = (): AbortSignal => new AbortController().signal;

async function benchOf(host: AttemptHost, ask: Omit<BenchAsk, 'signal'>): Promise<Bench> {
  const bench = await host.open({ ...ask, signal: going() });
  assert.equal(bench.kind, 'bench', JSON.stringify(bench));
  return bench as Bench;
}

const shell = (bench: Bench, command: string, name = 'try') => bench.shell({ name, command, limits: LIMITS });

/** What home holds of an attempt once its work came back, as `git show` tells it. */
async function broughtHome({ opened, folder }: Home, attempt: AttemptId, base: CommitId, bench: Bench) {
  const saved = await bench.save('Do it\n');
  if (saved.kind === 'failed') return saved;
  if (saved.kind === 'pack') {
    const received = await opened.hub.receive(attempt, base, saved.pack);
    assert.deepEqual(received, { kind: 'received' });
  }
  const taken = await opened.hub.ingest(attempt);
  if (taken.kind !== 'commit') return taken;
  const args = [
    '--git-dir',
    join(folder, 'state/hub.git'),
    'show',
    '--format=%s',
    '--name-only',
    taken.commit,
  ];
  return { ...taken, shown: execFileSync('git', args, { env: ENV, encoding: 'utf8' }) };
}

for (const kind of ['bubblewrap', 'elsewhere', 'pipe'] as const) {
  describe(`a host (${kind})`, await needs('bubblewrap'), () => {
    test('opens a bench at a commit, and what is done there comes home as a commit on it', async (t) => {
      const at = await home(t, kind);
      const { base } = at.opened;
      const attempt = 't1.1' as AttemptId;
      const bench = await benchOf(at.host, { name: attempt, base, attempt });
      assert.equal(bench.head, base);
      assert.deepEqual(bench.conflicts, []);
      const lines: string[] = [];
      const ran = await bench.shell({
        name: 'try',
        command: 'pwd; echo new > made.txt; echo more >> README.md; exit 3',
        limits: LIMITS,
        onLine: (stream, line) => lines.push(`${stream} ${line}`),
      });
      assert.deepEqual([ran.end, ran.exitCode, lines], ['exited', 3, [`stdout ${bench.prefix}`]]);
      const home1 = await broughtHome(at, attempt, base, bench);
      assert.equal('shown' in home1 && home1.shown, 'Do it\n\nREADME.md\nmade.txt\n');
      await bench.close();
    });

    test('whose bench changed nothing brings nothing home', async (t) => {
      const at = await home(t, kind);
      const attempt = 't1.1' as AttemptId;
      const bench = await benchOf(at.host, { name: attempt, base: at.opened.base, attempt });
      assert.deepEqual(await broughtHome(at, attempt, at.opened.base, bench), { kind: 'nothing' });
      await bench.close();
    });

    test('brings earlier work onto the present base, conflicts and all', async (t) => {
      const at = await home(t, kind);
      const { base, hub } = at.opened;
      const work = async (id: string, command: string): Promise<CommitId> => {
        const attempt = id as AttemptId;
        const bench = await benchOf(at.host, { name: id, base, attempt });
        await shell(bench, command);
        const taken = await broughtHome(at, attempt, base, bench);
        await bench.close();
        assert.equal(taken.kind, 'commit', JSON.stringify(taken));
        return (taken as { commit: CommitId }).commit;
      };
      const [mine, theirs] = [
        await work('t1.1', 'echo mine > same.txt'),
        await work('t2.1', 'echo theirs > same.txt'),
      ];
      assert.equal(await hub.isAncestor(base, theirs), true);
      const bench = await benchOf(at.host, {
        name: 't1.2',
        base: theirs,
        from: mine,
        attempt: 't1.2' as AttemptId,
      });
      assert.deepEqual(bench.conflicts, ['same.txt']);
      assert.match((await shell(bench, 'cat same.txt')).output, /<<<<<<</);
      await bench.close();
      // A merge without conflicts is made on the host, and comes home under the work that stands on it.
      const third = await work('t3.1', 'echo other > other.txt');
      const next = 't1.3' as AttemptId;
      const clean = await benchOf(at.host, { name: next, base: third, from: mine, attempt: next });
      assert.deepEqual(clean.conflicts, []);
      await shell(clean, 'echo more > more.txt');
      const taken = await broughtHome(at, next, third, clean);
      assert.equal('shown' in taken && taken.shown, 'Do it\n\nmore.txt\n', JSON.stringify(taken));
      await clean.close();
    });

    test('prepares what setup makes once, for every bench', async (t) => {
      const { host, opened } = await home(t, kind);
      const setup = {
        command: 'mkdir -p deps && date +%N > deps/x',
        timeoutMs: 60_000,
        trusted: opened.base,
        landed: opened.base,
        network: 'base' as const,
      };
      const seen = [];
      for (const name of ['gate-l1', 'gate-l2']) {
        const bench = await benchOf(host, { name, base: opened.base, setup });
        seen.push((await shell(bench, 'cat deps/x', name)).output);
        await bench.close();
      }
      assert.match(seen[0]!, /^\d+\n$/);
      assert.equal(seen[0], seen[1]);
      const bad = await host.open({
        name: 'gate-l3',
        base: opened.base,
        signal: going(),
        setup: { ...setup, command: 'echo no such package; exit 4' },
      });
      assert.deepEqual(bad.kind === 'cannot-run' && [bad.reason, bad.detail], [
        'setup-failed',
        'setup `echo no such package; exit 4` ended with 4:\nno such package',
      ]);
    });

    test('shows setup’s home to every bench, and takes what setup left for nobody’s work', async (t) => {
      const at = await home(t, kind);
      const setup = {
        command:
          'echo tool > "$HOME/tool"; echo token > .npmrc; echo a > made; echo b > seen; mkdir node_modules; echo x > node_modules/x',
        timeoutMs: 60_000,
        trusted: at.opened.base,
        landed: at.opened.base,
        network: 'base' as const,
      };
      const ask = { name: 't1.1', base: at.opened.base, attempt: 't1.1' as AttemptId, setup };
      const bench = await benchOf(at.host, ask);
      const work = 'cat "$HOME/tool"; echo mine > made; echo more > node_modules/y; echo z > new';
      assert.equal((await shell(bench, work)).output, 'tool\n');
      const brought = await broughtHome(at, ask.attempt, ask.base, bench);
      assert.equal('shown' in brought && brought.shown, 'Do it\n\nmade\nnew\n');
      await bench.close();
    });

    test('stops a command that is called off, and an opening that was', async (t) => {
      const { host, opened } = await home(t, kind);
      const bench = await benchOf(host, { name: 'gate-l1', base: opened.base });
      const controller = new AbortController();
      const ran = await bench.shell({
        name: 'slow',
        command: 'echo up; sleep 600',
        limits: { ...LIMITS, wallMs: 590_000 },
        signal: controller.signal,
        onLine: () => controller.abort(),
      });
      assert.equal(ran.end, 'aborted');
      await bench.close();
      const off = await host.open({ name: 'gate-l2', base: opened.base, signal: AbortSignal.abort() });
      assert.equal(off.kind === 'cannot-run' && off.reason, 'aborted');
      assert.deepEqual(await host.clear(), []);
    });

    test('removes the benches that are left over', async (t) => {
      const { host, opened } = await home(t, kind);
      await benchOf(host, { name: 'gate-l1', base: opened.base });
      assert.deepEqual(await host.clear(), ['gate-l1']);
      assert.deepEqual(await host.clear(), []);
    });

    // This machine's own sandbox plays it in the demo's own test.
    if (kind === 'bubblewrap' || (kind === 'elsewhere' && !isLong)) return;
    test('brings the demo’s plan to its landings', { timeout: 900_000 }, async (t) => {
      const at = await home(t, kind);
      const landed = await playDemo(at);
      assert.deepEqual(landed, ['t1', 't2', 't3', 't4', 't5', 't6', 't7']);
      // Wherever the host keeps them.
      assert.deepEqual(globSync('**/workspaces/*', { cwd: at.folder }), []);
    });
  });
}

/** @returns the tasks that landed, by name. */
async function playDemo({ opened, host, folder }: Home): Promise<readonly string[]> {
  const { hub, reader, delivery, base } = opened;
  const ports = {
    clock: systemClock,
    journal: await openMemoryJournal(new MemoryFile()),
    hub,
    reader,
    delivery,
    host,
    prompts: PROMPTS,
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
  const orchestrator = createOrchestrator(ports, settings(base, await plan()));
  const outcome = await orchestrator.run();
  assert.equal(outcome.kind, 'closed', JSON.stringify(outcome));
  const log = [
    '--git-dir',
    join(folder, 'state/hub.git'),
    'log',
    '--format=%(trailers:key=Swarm-Task,valueonly)',
  ];
  const head = execFileSync('git', ['-C', join(folder, 'wordkit'), 'rev-parse', LAND_ON], {
    env: ENV,
    encoding: 'utf8',
  });
  const told = execFileSync('git', [...log, `${base}..${head.trim()}`], { env: ENV, encoding: 'utf8' });
  return [...new Set(told.split('\n').filter(Boolean))].toSorted();
}

/** What the demo's planner answers, in its order. */
async function plan(): Promise<readonly TaskDraft[]> {
  const { answers } = JSON.parse(await readFile(SCRIPT, 'utf8')) as {
    answers: { role: string; text?: string }[];
  };
  const tasks = answers
    .filter(({ role, text }) => role === 'planner' && text !== undefined)
    .flatMap(({ text }) => (JSON.parse(text!) as { tasks: unknown[] }).tasks);
  return tasks.map((task) => {
    const read = readDraft(task);
    assert.ok(read.ok, JSON.stringify(read));
    return read.draft;
  });
}

function settings(base: CommitId, drafts: readonly TaskDraft[]): Settings {
  return {
    open: {
      run: RUN,
      configHash: 'test',
      request: {
        text: 'Grow wordkit',
        mode: 'plan',
        target: 'main',
        landOn: LAND_ON,
        deliver: 'branch',
        base,
        gate: GATE,
        gateHash: 'test',
        gatePolicy: 'batch',
        gateParallel: 2,
        overlap: 'serialize',
        checksMinMs: 3_600_000,
        checksMaxMs: 3_600_000,
        limits: { workers: 3, attempts: 4, tasks: 50, attemptTokens: 1_000_000 },
      },
    },
    plan: drafts,
    version: 'test',
    host: 'test',
    pid: process.pid,
    attempt: { steps: 100, wallMs: 300_000, quietMs: 300_000 },
    gate: { timeoutMs: 300_000, flakyRetries: 1, preGate: true },
    checks: { timeoutMs: 300_000 },
    setup: { timeoutMs: 300_000, network: 'base' },
    drainMs: 1_000,
    sweepMs: 60_000,
    tasksPerIteration: 20,
    plannerContextChars: 20_000,
  };
}
