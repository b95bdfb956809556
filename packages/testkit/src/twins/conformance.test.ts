/**
 * The twin of git against git: the same random sequence of what the orchestrator and people do is played on the
 * real hub and on the twin, and every answer has to be the same, but for the names of commits.
 */
import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { AttemptId, CommitId } from '@swarm/core/model/ids';
import type { Candidate } from '@swarm/core/model/landing';
import type { Hub, Workspaces } from '@swarm/core/ports/git';
import { openHub } from '@swarm/git';
import { NO_FAULTS } from '../sim/faults.ts';
import { Random } from '../sim/random.ts';
import { Incarnation } from '../sim/scheduler.ts';
import { RUN_ID, World } from '../sim/world.ts';
import { twinHub } from './hub.ts';
import { twinSandbox } from './sandbox.ts';
import { twinWorkspaces } from './workspaces.ts';

/** Few, as a first line: each costs half a second of git. */
const SEQUENCES = 6;
const OPERATIONS = 14;
const PATHS = ['a.txt', 'b.txt', 'c.txt'];
const LAND = 'refs/heads/swarm/sim';
const FILES = { 'a.txt': 'one\n', 'b.txt': 'one\n' };

/** One side: git, or its twin. Commits are handed in and out by its own names. */
interface Side {
  readonly base: CommitId;
  readonly hub: Hub;
  readonly workspaces: Workspaces;
  /** Edits a workspace and pushes its work into the intake. */
  save(path: string, intake: string, files: Readonly<Record<string, string>>): Promise<void>;
  /** Somebody else puts a commit on top of the target. */
  pushOnTop(path: string, text: string): CommitId;
  filesOf(commit: CommitId): Promise<Readonly<Record<string, string>>>;
  /** Waits, letting time pass where time is not real. */
  get<T>(promise: Promise<T>): Promise<T>;
}

// ───────────────────────── the two sides ─────────────────────────

const ENV = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Ann',
  GIT_AUTHOR_EMAIL: 'ann@example.invalid',
  GIT_COMMITTER_NAME: 'Ann',
  GIT_COMMITTER_EMAIL: 'ann@example.invalid',
};
const git = (cwd: string, args: readonly string[], input = ''): string =>
  execFileSync('git', args, {
    cwd,
    env: ENV,
    encoding: 'utf8',
    input,
    stdio: ['pipe', 'pipe', 'pipe'],
  }).trimEnd();

async function realSide(t: TestContext): Promise<Side> {
  const dir = mkdtempSync(join(tmpdir(), 'swarm-twin-'));
  t.after(() => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }));
  const repo = join(dir, 'user');
  mkdirSync(repo);
  git(repo, ['init', '--quiet', '-b', 'main']);
  for (const [path, text] of Object.entries(FILES)) writeFileSync(join(repo, path), text);
  git(repo, ['add', '-A']);
  git(repo, ['commit', '--quiet', '-m', 'Base']);
  const opened = await openHub({
    stateDir: join(dir, 'state'),
    repository: repo,
    run: RUN_ID,
    target: 'main',
    landOn: LAND,
    identity: { name: 'Swarm', email: 'swarm@example.invalid' },
  });
  git(repo, ['update-ref', LAND, opened.base]);
  return {
    ...opened,
    save: async (path, intake, files) => {
      for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
      const [command = '', ...args] = opened.workspaces.saveCommand({
        message: 'Work',
        workspace: path,
        intake,
      });
      execFileSync(command, args, { env: { PATH: ENV.PATH, HOME: '/nonexistent' }, stdio: 'pipe' });
    },
    pushOnTop: (path, text) => pushOnTop(repo, path, text),
    filesOf: async (commit) => {
      const names = git(join(dir, 'state', 'hub.git'), ['ls-tree', '--name-only', commit]).split('\n');
      const pairs = names.map(async (n) => [n, await opened.reader.read(commit, n)] as const);
      return Object.fromEntries((await Promise.all(pairs)).map(([n, text]) => [n, text ?? '']));
    },
    get: (promise) => promise,
  };
}

function pushOnTop(repo: string, path: string, text: string): CommitId {
  const blob = git(repo, ['hash-object', '-w', '--stdin'], text);
  const old = git(repo, ['ls-tree', LAND])
    .split('\n')
    .filter((line) => !line.endsWith(`\t${path}`));
  const made = git(repo, ['mktree'], [...old, `100644 blob ${blob}\t${path}`].join('\n'));
  const commit = git(repo, ['commit-tree', made, '-p', LAND, '-m', 'human']);
  git(repo, ['update-ref', LAND, commit]);
  return commit as CommitId;
}

function twinSide(): Side {
  const files = new Map(Object.entries(FILES));
  const world = new World({ seed: 1, faults: () => NO_FAULTS, files, commandMsMax: 60_000, isTraced: false });
  const inc = new Incarnation(world.scheduler, world.random);
  const workspaces = twinWorkspaces(world, inc);
  const sandbox = twinSandbox(world, inc);
  return {
    base: world.base,
    hub: twinHub(world, inc),
    workspaces,
    save: async (path, intake, changed) => {
      const workspace = [...world.workspaces.values()].find((w) => w.path === path)!;
      for (const [name, text] of Object.entries(changed)) workspace.tree.set(name, text);
      const argv = workspaces.saveCommand({ message: 'Work', workspace: path, intake });
      const limits = { wallMs: 1_000, outputBytes: 1_000 };
      const room = await sandbox.open({ workspace: path, readOnly: [], readWrite: [] });
      await room.run({ name: 'save', argv, env: {}, network: 'none', limits });
    },
    pushOnTop: (path, text) => {
      const tree = new Map(world.objects.treeOf(world.target)).set(path, text);
      world.target = world.objects.commit({
        parents: [world.target],
        tree,
        message: 'human',
        atSeconds: 0,
      }).id;
      return world.target;
    },
    filesOf: async (commit) => Object.fromEntries(world.objects.treeOf(commit)),
    get: async (promise) => {
      let isDone = false;
      void promise.finally(() => {
        isDone = true;
      });
      while (!isDone) await world.scheduler.step();
      return promise;
    },
  };
}

// ───────────────────────── a play on both ─────────────────────────

/** A commit by the same label on both sides. */
type Pair = readonly [CommitId, CommitId];

class Play {
  readonly #sides: readonly [Side, Side];
  readonly #random: Random;
  /** Ever on the target, in order. */
  readonly #line: Pair[];
  readonly #work: { readonly attempt: AttemptId; readonly commit: Pair }[] = [];
  readonly #candidates: { readonly real: Candidate; readonly twin: Candidate }[] = [];
  #count = 0;

  constructor(real: Side, twin: Side, random: Random) {
    this.#sides = [real, twin];
    this.#random = random;
    this.#line = [[real.base, twin.base]];
  }

  async step(): Promise<void> {
    const all = [() => this.#attempt(), () => this.#build(), () => this.#publish(), () => this.#human()];
    all.push(() => this.#revert());
    await this.#random.pick([...all, all[0]!, all[1]!, all[2]!])();
    await this.#look();
  }

  /** Asks both the same and returns both answers. */
  async #both<T>(ask: (side: Side, i: 0 | 1) => Promise<T>): Promise<readonly [T, T]> {
    const [real, twin] = this.#sides;
    return [await real.get(ask(real, 0)), await twin.get(ask(twin, 1))];
  }

  #text(): string {
    this.#count += 1;
    return `${'x'.repeat(40)} ${this.#count * 7919} ${this.#random.next()}\n`;
  }

  async #attempt(): Promise<void> {
    const attempt = `t${this.#work.length + 1}.1` as AttemptId;
    const base = this.#random.pick(this.#line);
    const from =
      this.#work.length > 0 && this.#random.chance(0.4) ? this.#random.pick(this.#work).commit : undefined;
    const made = await this.#both((side, i) =>
      side.workspaces.create({ name: attempt, attempt, base: base[i], ...(from && { from: from[i] }) }),
    );
    assert.deepEqual([...made[1].conflicts].sort(), [...made[0].conflicts].sort(), 'conflicts of a retry');
    const changed = Object.fromEntries(
      [this.#random.pick(PATHS), ...made[0].conflicts].map((p) => [p, this.#text()]),
    );
    const files = this.#random.chance(0.9) || made[0].conflicts.length > 0 ? changed : {};
    await this.#both((side, i) => side.save(made[i].path, made[i].intake!, files));
    const taken = await this.#both((side) => side.hub.ingest(attempt));
    if (from && Object.keys(files).length === 0) return; // whether a bare merge is work differs, and lands alike
    assert.equal(taken[1].kind, taken[0].kind, 'ingest');
    const [real, twin] = taken;
    if (real.kind !== 'commit' || twin.kind !== 'commit') return;
    const commit: Pair = [real.commit, twin.commit];
    this.#work.push({ attempt, commit });
    const facts = await this.#both((side, i) => side.hub.measure(commit[i], base[i]));
    assert.deepEqual(facts[1]?.filesChanged, facts[0]?.filesChanged, 'measured paths');
  }

  async #build(): Promise<void> {
    if (this.#work.length === 0) return;
    const { attempt, commit } = this.#random.pick(this.#work);
    const onto = this.#random.chance(0.7) ? this.#line.at(-1)! : this.#random.pick(this.#line);
    const message = landing(attempt);
    const probed = await this.#both((side, i) => side.hub.probe(onto[i], commit[i]));
    assert.deepEqual([...probed[1]].sort(), probed[0], 'probe');
    const built = await this.#both((side, i) =>
      side.hub.buildCandidate({ onto: onto[i], work: commit[i], message: () => message, atSeconds: 1_000 }),
    );
    const [real, twin] = built;
    assert.equal(twin.kind, real.kind, 'candidate');
    if (real.kind === 'conflict' && twin.kind === 'conflict')
      assert.deepEqual([...twin.files].sort(), real.files);
    if (real.kind !== 'clean' || twin.kind !== 'clean') return;
    assert.deepEqual(twin.paths, real.paths);
    const files = await this.#both((side, i) =>
      side.filesOf(built[i].kind === 'clean' ? built[i].commit : side.base),
    );
    assert.deepEqual({ ...files[1] }, { ...files[0] }, 'merged files');
    const of = (side: 0 | 1, c: typeof real): Candidate => ({
      parent: onto[side],
      commit: c.commit,
      tree: c.tree,
    });
    this.#candidates.push({ real: of(0, real), twin: of(1, twin) });
  }

  /** Takes one or two values of the target back, and has it published like any candidate. */
  async #revert(): Promise<void> {
    const onto = this.#line.at(-1)!;
    const commits = this.#line.slice(1).reverse().slice(this.#random.between(0, 2)).slice(0, 2);
    if (commits.length === 0) return;
    const message = `Undo\n\nSwarm-Run: ${RUN_ID}\nSwarm-Undoes: t1\n`;
    const [real, twin] = await this.#both((side, i) =>
      side.hub.buildRevert({
        onto: onto[i],
        commits: commits.map((pair) => pair[i]),
        message: () => message,
        atSeconds: 1_000,
      }),
    );
    assert.equal(twin.kind, real.kind, 'revert');
    if (real.kind === 'conflict' && twin.kind === 'conflict')
      assert.deepEqual([...twin.files].sort(), real.files, 'files a revert conflicts in');
    if (real.kind !== 'clean' || twin.kind !== 'clean') return;
    assert.deepEqual(twin.paths, real.paths);
    const of = (parent: CommitId, { commit, tree }: typeof real): Candidate => ({ parent, commit, tree });
    this.#candidates.push({ real: of(onto[0], real), twin: of(onto[1], twin) });
  }

  async #publish(): Promise<void> {
    if (this.#candidates.length === 0) return;
    const candidate = this.#random.pick(this.#candidates.slice(-2));
    const [real, twin] = await this.#both((side, i) =>
      side.hub.publish(i === 0 ? candidate.real : candidate.twin),
    );
    assert.equal(twin.kind, real.kind, 'publish');
    const isNew = this.#line.at(-1)![0] !== candidate.real.commit;
    if (real.kind === 'published' && isNew) this.#line.push([candidate.real.commit, candidate.twin.commit]);
  }

  async #human(): Promise<void> {
    const [path, text] = [this.#random.pick(PATHS), this.#text()];
    const [real, twin] = this.#sides;
    this.#line.push([real.pushOnTop(path, text), twin.pushOnTop(path, text)]);
  }

  async #look(): Promise<void> {
    const last = this.#line.at(-1)!;
    assert.deepEqual(await this.#both((side) => side.hub.targetHead()), last, 'target');
    const marks = await this.#both((side, i) => side.hub.landedSince(this.#line[0]![i], last[i]));
    const told = marks.map((list) => list.map((m) => `${m.task} ${m.attempt}`));
    assert.deepEqual(told[1], told[0], 'landings');
    const undone = await this.#both((side, i) => side.hub.undoneSince(this.#line[0]![i], last[i]));
    const [real, twin] = undone.map((list) => list.map((m) => m.tasks.join()));
    assert.deepEqual(twin, real, 'undos');
    const other = this.#random.pick(this.#line);
    const before = await this.#both((side, i) => side.hub.isAncestor(other[i], last[i]));
    assert.equal(before[1], before[0], 'ancestry');
  }
}

const landing = (attempt: string): string =>
  `Do it\n\nSwarm-Run: ${RUN_ID}\nSwarm-Task: ${attempt.split('.')[0]}\nSwarm-Attempt: ${attempt}\n`;

for (let seed = 1; seed <= SEQUENCES; seed++) {
  test(`the twin answers as git does, whatever is asked in whatever order (${seed})`, async (t) => {
    const play = new Play(await realSide(t), twinSide(), new Random(seed));
    for (let n = 0; n < OPERATIONS; n++) await play.step();
  });
}
