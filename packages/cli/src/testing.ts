/** The real program in a hermetic world: its own home, its own repository, one run told by hand in a real journal. */
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Event } from '@swarm/core/events';
import type { LogEventName, LogFields } from '@swarm/core/log-events';
import type { RunId } from '@swarm/core/model/ids';
import { openFileJournal } from '@swarm/journal';
import { createLog } from '@swarm/telemetry';
import { remember } from './finding/door.ts';
import { newRunPaths, repositoryPaths } from './finding/paths.ts';
import { type RunFile, writeRunFile } from './running/run-file.ts';

const exec = promisify(execFile);

export const RUN = 'r-20261121-k3f7';
const BEGIN = Date.UTC(2026, 10, 21, 10, 0, 0);
const USAGE = { calls: 1, inputTokens: 1000, outputTokens: 234, costUsd: 0.05, priced: true };

const { NODE_COMPILE_CACHE } = process.env;
/** What Node keeps of a source it has read, where the suite shares that: a program under test starts sooner. */
export const READ_ONCE: Readonly<Record<string, string>> = NODE_COMPILE_CACHE ? { NODE_COMPILE_CACHE } : {};

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class World {
  readonly root: string;
  readonly home: string;
  readonly repository: string;
  readonly folder: string;
  readonly #entries: Event[][] = [];
  base = '';
  landed = '';

  private constructor(root: string) {
    this.root = root;
    this.home = join(root, 'home');
    this.repository = join(root, 'shop');
    this.folder = join(this.repository, '.git', 'swarm', 'runs', RUN);
  }

  static async make(): Promise<World> {
    const world = new World(await mkdtemp(join(tmpdir(), 'swarm-cli-')));
    await mkdir(world.home);
    await mkdir(world.repository);
    await world.git('init', '--quiet', '--initial-branch=main');
    await writeFile(join(world.repository, 'README.md'), 'shop\n');
    await world.git('add', 'README.md');
    await world.git('commit', '--quiet', '-m', 'First');
    world.base = await world.git('rev-parse', 'HEAD');
    return world;
  }

  remove = (): Promise<void> => rm(this.root, { recursive: true });

  /** Hermetic: nothing of the machine's but where programs are. */
  environment(extra: Record<string, string> = {}): Record<string, string> {
    const xdg = {
      XDG_CONFIG_HOME: join(this.home, '.config'),
      XDG_STATE_HOME: join(this.home, '.local/state'),
    };
    return { PATH: process.env.PATH ?? '', HOME: this.home, ...xdg, ...READ_ONCE, ...extra };
  }

  /** Runs `swarm` with these arguments, in the repository. */
  async swarm(
    args: readonly string[],
    options: { cwd?: string; env?: Record<string, string> } = {},
  ): Promise<Ended> {
    const main = process.env.SWARM_TESTED ?? join(import.meta.dirname, 'main.ts');
    const child = spawn(process.execPath, ['--conditions=swarm-src', main, ...args], {
      cwd: options.cwd ?? this.repository,
      env: this.environment(options.env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr, code] = await Promise.all([
      textOf(child.stdout),
      textOf(child.stderr),
      new Promise<number | null>((resolve) => child.on('close', resolve)),
    ]);
    return { code, stdout, stderr };
  }

  /** A run in the middle of its work: t1 landed after one rejection by the gate, t2 waits for it no more, t3 failed. */
  async tellRun(): Promise<void> {
    const tree = await this.#plant('a.txt', 'one\n');
    const message = (t: string): string =>
      `Add a\n\nSwarm-Run: ${RUN}\nSwarm-Task: t1\nSwarm-Attempt: t1.1\nSwarm-Gate: g1 ${t}\n`;
    this.landed = await this.git('commit-tree', tree, '-p', this.base, '-m', message(tree));
    const work = await this.git('commit-tree', tree, '-p', this.base, '-m', 'work');
    await this.git('update-ref', `refs/heads/swarm/${RUN}`, this.landed);
    const candidate = { parent: this.base, commit: this.landed, tree };
    const members = [{ task: 't1', attempt: 't1.1', commit: this.landed }];
    const change = { commit: work, base: this.base, filesChanged: ['a.txt'], linesAdded: 1, linesRemoved: 0 };
    const said = { status: 'complete', summary: 'added a', concerns: [], suggestions: [] };
    const handoff = { taskId: 't1', attempt: 't1.1', ...said, change, toolCalls: 3, durationMs: 9000 };
    this.#say({ type: 'run.opened', run: RUN, request: this.#request(), version: '0.1.0', configHash: 'c' });
    this.#say(
      accepted('t1', 'Add a', []),
      accepted('t2', 'Use a \u001b[31mred\u202e', ['t1']),
      accepted('t3', 'Ask', []),
    );
    this.#say(started('t1.1', this.base));
    this.#say({ type: 'agent.started', attempt: 't1.1', driver: 'builtin', promptHash: 'p' });
    this.#say({
      type: 'attempt.ended',
      attempt: 't1.1',
      reason: 'handed-in',
      detail: '',
      usage: USAGE,
      handoff,
    });
    this.#say({ type: 'landing.started', landing: 'l1', members, candidate });
    const verdict = {
      gate: 'g1',
      durationMs: 2000,
      signatures: [],
      output: '',
      flaky: false,
      remembered: false,
    };
    this.#say({ type: 'gate.ended', landing: 'l1', result: { outcome: 'passed', ...verdict } });
    this.#say({ type: 'landing.landed', landing: 'l1', members, candidate });
    this.#say(started('t2.1', this.landed));
    this.#say({ type: 'task.cancelled', task: 't3', reason: 'not wanted', by: 'operator' });
    await this.#writeRun();
  }

  /** Events are written as plain objects: what the disk holds is what the test is about. */
  #say(...events: readonly object[]): void {
    this.#entries.push(events as Event[]);
  }

  #request(): object {
    const limits = { workers: 2, attempts: 3, tasks: 100, attemptTokens: 1e6 };
    const where = { target: 'main', landOn: `refs/heads/swarm/${RUN}`, deliver: 'branch', base: this.base };
    return {
      text: 'Add a and use it',
      mode: 'plan',
      ...where,
      gate: 'true',
      gateHash: 'g1',
      limits,
      overlap: 'serialize',
      outside: 'warn',
    };
  }

  /** What the run pins, and this operator's own record of it. */
  async #pin(): Promise<void> {
    const { target, landOn, deliver, gate } = this.#request() as Record<string, string>;
    const file = {
      v: 1,
      run: RUN,
      openedAt: new Date(BEGIN).toISOString(),
      version: '0.1.0',
      mode: 'plan',
      repository: this.repository,
      isBare: false,
      target,
      landOn,
      deliver,
      gate,
      setup: null,
      sandbox: 'bubblewrap',
      identity: { name: 'a', email: 'a@b' },
      promptHashes: {},
      configHash: 'c',
      config: { workers: {}, gate: {}, agent: {}, checks: {} },
    } as unknown as RunFile;
    const repository = await repositoryPaths(this.repository, false, this.environment());
    await writeRunFile(newRunPaths(repository, RUN as RunId), file);
    await remember(repository, file, this.environment());
  }

  async #writeRun(): Promise<void> {
    await this.#pin();
    const { journal } = await openFileJournal(join(this.folder, 'journal.ndjson'), { create: true });
    await journal.append(
      this.#entries.map((events, i) => ({ seq: i + 1, at: BEGIN + i * 1000, cause: 'test', events })),
    );
    await journal.close();
    const log = createLog({
      path: join(this.folder, 'log.ndjson'),
      run: RUN,
      clock: { now: () => BEGIN },
      redact: [],
    });
    const write = (name: LogEventName, fields: LogFields) => log.write(name, fields);
    write('run.opened', { msg: 'run opened' });
    write('landing.landed', { msg: 'landed t1', task: 't1' as never, attempt: 't1.1' as never });
    write('attempt.started', { msg: 't2.1 started', task: 't2' as never, attempt: 't2.1' as never });
    await log.close();
  }

  async #plant(path: string, text: string): Promise<string> {
    await writeFile(join(this.root, 'blob'), text);
    const blob = await this.git('hash-object', '-w', join(this.root, 'blob'));
    await this.git('update-index', '--add', '--cacheinfo', `100644,${blob},${path}`);
    const tree = await this.git('write-tree');
    await this.git('reset', '--quiet');
    return tree;
  }

  async git(...args: string[]): Promise<string> {
    const names = {
      GIT_AUTHOR_NAME: 'a',
      GIT_AUTHOR_EMAIL: 'a@b',
      GIT_COMMITTER_NAME: 'a',
      GIT_COMMITTER_EMAIL: 'a@b',
    };
    const { stdout } = await exec('git', args, { cwd: this.repository, env: this.environment(names) });
    return stdout.trim();
  }
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function accepted(task: string, title: string, dependsOn: readonly string[]): object {
  const spec = {
    title,
    description: title,
    scope: [],
    acceptance: '',
    priority: 5,
    dependsOn,
    kind: 'change',
    requires: [],
  };
  return { type: 'task.accepted', task, spec, source: { by: 'plan', label: title } };
}

const started = (attempt: string, base: string): object => ({
  type: 'attempt.started',
  attempt,
  base,
  worker: 'local',
  reserved: { tokens: 0, usd: 0 },
});
