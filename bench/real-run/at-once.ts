/**
 * (a) The recorded tasks as the original system worked them: dispatched at once whatever they touch, merged as they
 * are, no gate, no rule for any conflict, and for each conflict a repair task, which may conflict again.
 */
import { execFileSync, type StdioOptions } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { AGAIN, PLANNED, type PlannedFact, SUMMARY } from './facts.ts';
import { type Played, perHour } from './outcome.ts';
import { isGreenAt, readAt } from './project.ts';
import { VirtualTime } from './virtual-time.ts';
import { BROKEN, editsOf, isBreaking, type WorkOptions } from './work.ts';

interface Job {
  readonly task: PlannedFact;
  readonly isRepair: boolean;
}

/** It is stopped when the recorded run was: by then its repairs breed repairs. */
export async function playAtOnce(repository: string, options: WorkOptions): Promise<Played> {
  const run = new AtOnce(repository, options);
  return run.play();
}

class AtOnce {
  readonly #time = new VirtualTime();
  readonly #repository: string;
  readonly #options: WorkOptions;
  readonly #waiting: Job[] = [];
  #busy = 0;
  #head: string;
  #handoffs = 0;
  #firstTry = 0;
  #landedAt: number[] = [];
  #tokens = { first: 0, repair: 0 };
  #isGreen = true;

  constructor(repository: string, options: WorkOptions) {
    this.#repository = repository;
    this.#options = options;
    this.#head = git(repository, ['rev-parse', 'main']);
  }

  async play(): Promise<Played> {
    const time = this.#time;
    for (const task of PLANNED)
      time.after(task.createdAtMs, () => {
        this.#waiting.push({ task, isRepair: false });
        this.#dispatch();
      });
    await time.run(time.wait(SUMMARY.elapsedMs));
    const { first, repair } = this.#tokens;
    return {
      handoffs: this.#handoffs,
      firstTryLandings: this.#firstTry,
      landed: this.#landedAt.length,
      landedPerHour: perHour(this.#landedAt.length, Math.max(0, ...this.#landedAt)),
      repairTokenShare: repair / (first + repair),
      firstLandingMs: Math.min(...this.#landedAt),
      alwaysGreen: this.#isGreen,
    };
  }

  #dispatch(): void {
    while (this.#busy < SUMMARY.maxWorkers && this.#waiting.length > 0) {
      const job = this.#waiting.shift()!;
      const base = this.#head;
      this.#busy += 1;
      this.#time.after(job.isRepair ? AGAIN.durationMs : job.task.durationMs, () => this.#handIn(job, base));
    }
  }

  #handIn({ task, isRepair }: Job, base: string): void {
    this.#busy -= 1;
    this.#tokens[isRepair ? 'repair' : 'first'] += isRepair ? AGAIN.tokens : task.tokens;
    if (!isRepair) this.#handoffs += 1;
    const isLanded = this.#merge(this.#commit(task, base));
    if (isLanded) {
      this.#landedAt.push(this.#time.now);
      if (!isRepair) this.#firstTry += 1;
    } else this.#waiting.push({ task, isRepair: true });
    this.#dispatch();
  }

  #commit(task: PlannedFact, base: string): string {
    const repository = this.#repository;
    const index = join(repository, 'bench-index');
    const env = { GIT_INDEX_FILE: index };
    git(repository, ['read-tree', base], { env });
    const edits = editsOf(task, this.#options).map(({ path, apply }) => ({
      path,
      text: apply(readAt(repository, base, path)),
    }));
    if (isBreaking(task, this.#options)) edits.push({ path: BROKEN, text: `${task.id}\n` });
    for (const { path, text } of edits) {
      const blob = git(repository, ['hash-object', '-w', '--stdin'], { input: text });
      git(repository, ['update-index', '--add', '--cacheinfo', `100644,${blob},${path}`], { env });
    }
    const tree = git(repository, ['write-tree'], { env });
    rmSync(index);
    return git(repository, ['commit-tree', '-m', task.id, '-p', base, tree]);
  }

  /** False: it conflicts. */
  #merge(work: string): boolean {
    const tree = mergeTree(this.#repository, this.#head, work);
    if (tree === undefined) return false;
    const parents = ['-p', this.#head, '-p', work];
    this.#head = git(this.#repository, ['commit-tree', '-m', 'Merge', ...parents, tree]);
    this.#isGreen &&= isGreenAt(this.#repository, this.#head);
    return true;
  }
}

function mergeTree(repository: string, ours: string, theirs: string): string | undefined {
  try {
    return git(repository, ['merge-tree', '--write-tree', ours, theirs]);
  } catch (error) {
    if ((error as { status?: number }).status === 1) return undefined;
    throw error;
  }
}

function git(
  cwd: string,
  args: readonly string[],
  more: { readonly env?: Readonly<Record<string, string>>; readonly input?: string } = {},
): string {
  const who = { GIT_AUTHOR_NAME: 'Bench', GIT_AUTHOR_EMAIL: 'b@example.invalid' };
  const committer = { GIT_COMMITTER_NAME: 'Bench', GIT_COMMITTER_EMAIL: 'b@example.invalid' };
  const env = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...who, ...committer, ...more.env };
  const options = {
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'ignore'] satisfies StdioOptions,
  } as const;
  return execFileSync('git', args, {
    ...options,
    ...(more.input !== undefined && { input: more.input }),
  }).trim();
}
