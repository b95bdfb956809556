/**
 * The real program in a hermetic world: its own home, configuration, state and temporary folder, one repository,
 * and an agent that does what the task's description says in shell. Nothing of it outlives its test.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { LogLine } from '@swarm/core/log-events';
import { probeBubblewrap } from '@swarm/sandbox';
import { READ_ONCE } from '../../src/testing.ts';
import { type Ended, type Running, start } from './program.ts';
import { endMarked, markedWith } from './strays.ts';

const exec = promisify(execFile);

/**
 * Where bubblewrap does not work the program is tried without isolation, as an operator may choose once; what is about
 * containment, or prints what is said of it, is skipped aloud. Under CI there is no such choice: it has to be there.
 */
const probe = process.env.CI ? undefined : await probeBubblewrap();
export const contained: { readonly skip?: string } =
  probe?.kind === 'missing' ? { skip: `${probe.reason}; fix: ${probe.fix}` } : {};

/** Whoever a world is made for: a test, or a script. */
export interface Owner {
  after(step: () => Promise<void>): void;
}

export interface PlanTask {
  readonly id?: string;
  readonly title: string;
  /** What the script agent runs in the workspace, with `sh -eu`. */
  readonly description?: string;
  readonly scope?: readonly string[];
  readonly acceptance?: string;
  readonly verify?: string;
  readonly agent?: string;
  readonly dependsOn?: readonly string[];
  readonly kind?: 'change' | 'answer';
  readonly candidates?: number;
}

export interface HowStarted {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  readonly through?: readonly string[];
}

/** Runs the task's description as a shell script; the prompt's file is in $PROMPT, and its own folder gone after. */
const AGENT = `
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
const [taskFile, promptFile] = process.argv.slice(2);
const { description } = JSON.parse(readFileSync(taskFile, 'utf8'));
execFileSync('sh', ['-euc', description], { stdio: 'inherit', env: { ...process.env, PROMPT: promptFile } });
`;

/** One program for Node to start, which is dear for it, and no housekeeping after the commit. */
const BEGIN =
  'git init --quiet --initial-branch=main && git add --all && ' +
  'exec git -c maintenance.auto=false commit --quiet --allow-empty -m First';

export class World {
  readonly root: string;
  readonly repository: string;

  private constructor(root: string) {
    this.root = root;
    this.repository = join(root, 'shop');
  }

  /** An empty world; its end checks that no process and no workspace is left. */
  static async make(t: Owner): Promise<World> {
    const world = new World(await mkdtemp(join(tmpdir(), 'swarm-e2e-')));
    t.after(() => world.#end());
    for (const folder of ['home', 'config/swarm', 'state', 'tmp']) {
      await mkdir(join(world.root, folder), { recursive: true });
    }
    await writeFile(join(world.root, 'agent.mjs'), AGENT);
    if (contained.skip) await world.#chooseNoSandbox();
    await world.configure();
    return world;
  }

  /** A world whose repository holds these files, committed. */
  static async with(t: Owner, files: Readonly<Record<string, string>>): Promise<World> {
    const world = await World.make(t);
    await mkdir(world.repository);
    await world.write(files);
    // The same files are the same commit, in every world and at any time.
    const at = '2026-11-21T12:00:00Z';
    const dates = { GIT_AUTHOR_DATE: at, GIT_COMMITTER_DATE: at };
    await world.#program(dates, world.repository, 'sh', ['-c', BEGIN]);
    return world;
  }

  /** What a person's yes to "no isolation, on this machine from now on?" leaves behind. */
  async #chooseNoSandbox(): Promise<void> {
    await mkdir(join(this.root, 'state', 'swarm'), { recursive: true });
    await writeFile(join(this.root, 'state', 'swarm', 'choices.json'), '{"sandbox":"none"}');
  }

  // ───────────── the repository ─────────────

  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(this.repository, path)), { recursive: true });
      await writeFile(join(this.repository, path), text);
    }
  }

  async commit(files: Readonly<Record<string, string>>, message: string): Promise<void> {
    await this.write(files);
    await this.git('add', '--all');
    await this.git('commit', '--quiet', '--allow-empty', '-m', message);
  }

  git = (...args: string[]): Promise<string> => this.gitIn(this.repository, ...args);

  gitIn = (cwd: string, ...args: string[]): Promise<string> => this.gitWith({}, cwd, ...args);

  gitWith = (dates: Readonly<Record<string, string>>, cwd: string, ...args: string[]): Promise<string> =>
    this.#program(dates, cwd, 'git', args);

  async #program(
    dates: Readonly<Record<string, string>>,
    cwd: string,
    name: string,
    args: readonly string[],
  ): Promise<string> {
    const names = {
      ...dates,
      GIT_AUTHOR_NAME: 'owner',
      GIT_AUTHOR_EMAIL: 'owner@shop.test',
      GIT_COMMITTER_NAME: 'owner',
      GIT_COMMITTER_EMAIL: 'owner@shop.test',
      GIT_OPTIONAL_LOCKS: '0',
    };
    const { stdout } = await exec(name, args, {
      cwd,
      env: this.environment(names),
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout.trimEnd();
  }

  // ───────────── the program ─────────────

  /** Nothing of the machine's but where programs are; the Node that runs the tests comes first. */
  environment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
    return {
      PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
      HOME: join(this.root, 'home'),
      XDG_CONFIG_HOME: join(this.root, 'config'),
      XDG_STATE_HOME: join(this.root, 'state'),
      TMPDIR: join(this.root, 'tmp'),
      TZ: 'UTC',
      ...READ_ONCE,
      ...extra,
    };
  }

  /** The operator's own configuration: the script agent, and what is given as TOML on top. */
  async configure(toml = ''): Promise<void> {
    const run = [process.execPath, join(this.root, 'agent.mjs'), '{task_file}', '{prompt_file}'];
    const agent = `[agent.command]\nrun = ${JSON.stringify(run)}\n`;
    await writeFile(join(this.root, 'config', 'swarm', 'config.toml'), `${toml}\n${agent}`);
  }

  start(args: readonly string[], options: HowStarted = {}): Running {
    const { cwd = this.repository, env, through = [] } = options;
    return start(args, { cwd, env: this.environment(env), through });
  }

  swarm(args: readonly string[], options: HowStarted = {}): Promise<Ended> {
    return this.start(args, options).ended;
  }

  /** Writes a plan file and gives the arguments of a run of it by the script agent. */
  async plan(tasks: readonly PlanTask[], ...more: string[]): Promise<string[]> {
    const file = join(this.root, 'plan.json');
    await writeFile(file, JSON.stringify(tasks));
    return ['run', '--plan', file, '--agent', 'command', '--setup', 'none', ...more];
  }

  /** Looks again and again until it is so; rejects after a minute. */
  async until(isSo: () => boolean): Promise<void> {
    const over = performance.now() + 60_000;
    while (!isSo()) {
      assert.ok(performance.now() < over, `not so after a minute: ${isSo}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Lets go on what waits for the file `go` in the world's folder. */
  release = (): Promise<void> => writeFile(join(this.root, 'go'), '');

  /** Whoever comes from now on waits for it again. */
  hold = (): Promise<void> => rm(join(this.root, 'go'), { force: true });

  // ───────────── what a run left ─────────────

  /** Where the repository's runs lie, for all its work trees. */
  get runs(): string {
    return join(this.repository, '.git', 'swarm', 'runs');
  }

  /** Folder of the only run; one that was killed before its first decision was none. */
  async runFolder(): Promise<string> {
    const runs = this.runs;
    const names = await readdir(runs).catch(() => []);
    const sizes = await Promise.all(names.map((name) => sizeOf(join(runs, name, 'journal.ndjson'))));
    const begun = names.filter((_, i) => sizes[i]! > 0);
    assert.equal(begun.length, 1, `one run: ${begun.join(', ')}`);
    return join(runs, begun[0]!);
  }

  async log(): Promise<readonly LogLine[]> {
    const text = await readFile(join(await this.runFolder(), 'log.ndjson'), 'utf8');
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as LogLine);
  }

  /** Name of the branch the only run lands on. */
  async branch(): Promise<string> {
    return `swarm/${(await this.runFolder()).split('/').at(-1)}`;
  }

  /** Workspaces still on disk, of every repository of this world. */
  async workspaces(): Promise<readonly string[]> {
    const state = join(this.root, 'state', 'swarm');
    const keys = await readdir(state).catch(() => []);
    const lists = keys.map((key) => readdir(join(state, key, 'workspaces')).catch(() => []));
    return (await Promise.all(lists)).flat();
  }

  /** Processes that belong to this world: their environment or command line names its folder. */
  strays = (): readonly string[] => markedWith(this.root);

  /** What the program left in the temporary folder it was given. */
  leftovers = (): Promise<readonly string[]> => readdir(join(this.root, 'tmp'), { recursive: true });

  async #end(): Promise<void> {
    await endMarked(this.root);
    await rm(this.root, { recursive: true, force: true, maxRetries: 5 });
  }
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    (found) => found.size,
    () => 0,
  );
