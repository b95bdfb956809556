/**
 * Brings branches other people made into the hub. They are fetched once, by commit, into a repository of the run's
 * own, so that a branch that moves or goes changes nothing; each then passes the intake like an attempt's push.
 */
import { existsSync } from 'node:fs';
import type { AttemptId, CommitId } from '@swarm/core/model/ids';
import type { Branches, IngestOutcome } from '@swarm/core/ports/git';
import { bareRepository, configOf } from './bare.ts';
import {
  type BranchWords,
  type History,
  historyOf,
  lineOf,
  type Stacked,
  stackedOrder,
  wordsAlone,
} from './branch-history.ts';
import { writeCommit } from './commit.ts';
import type { HubContext } from './context.ts';
import { expectObject } from './git.ts';
import type { Intake } from './intake.ts';
import type { Work } from './intake-work.ts';
import { fetchHere, refetch, shellWord } from './origin-fetch.ts';
import { commitsOf } from './own-commits.ts';
import { readOwnRef } from './own-ref.ts';
import type { Remote } from './remote.ts';
import type { Stacks } from './stacks.ts';

export class BranchIntake implements Branches {
  readonly #hub: HubContext;
  readonly #intake: Intake;
  readonly #stacks: Stacks;
  #history: History = new Map();
  /** Judged together and in the hub; read anew after a restart. */
  #taken: Promise<Set<CommitId>> | undefined;

  constructor(hub: HubContext, intake: Intake, stacks: Stacks) {
    this.#hub = hub;
    this.#stacks = stacks;
    this.#intake = intake;
  }

  get #gathered(): { readonly gitDir: string } {
    return { gitDir: this.#hub.layout.branches };
  }

  /**
   * All are fetched at once, and what is one line of commits is judged at once.
   * @param from where the branches are: the user's repository when absent. @throws SW0702, SW0703.
   */
  async gather(commits: readonly CommitId[], from?: Remote): Promise<void> {
    const { gitDir } = this.#gathered;
    if (!existsSync(gitDir)) {
      const { objectFormat, layout, boundary } = this.#hub;
      bareRepository(gitDir, configOf(objectFormat, 'intake'), layout.hubObjects, boundary);
    }
    const wanted = commits.map((commit) => ({ commit, ref: `refs/heads/${commit}` }));
    if (from) await from.fetch(gitDir, wanted);
    else await fetchHere(this.#hub, this.#gathered, this.#hub.origin.gitDir, wanted);
    this.#history = await historyOf(this.#hub.git, this.#gathered, commits, this.#hub.base);
    await this.#takeTogether(commits);
  }

  /** What was gathered, each behind those it is built on. */
  async inOrder(commits: readonly CommitId[]): Promise<readonly Stacked[]> {
    if (this.#history.size > 0)
      return stackedOrder((commit) => this.#history.get(commit)?.parents ?? [], commits);
    const parents = await commitsOf({ ...this.#hub, hub: this.#gathered }, commits);
    return stackedOrder((commit) => parents.get(commit) ?? [], commits);
  }

  /** @param upon what it is built on, which speaks for itself; so does what landed before. */
  async wordsOf(commit: CommitId, upon: readonly CommitId[] = []): Promise<BranchWords> {
    const line = lineOf(this.#history, commit);
    if (!line) return wordsAlone(this.#hub.git, this.#gathered, commit, this.#hub.base);
    const landed = await this.#landedOf(commit, line.fork);
    return lineOf(this.#history, commit, new Set([...upon, ...landed]))!.words;
  }

  /** What is on the base itself has landed nothing since. */
  async #landedOf(commit: CommitId, fork: CommitId): Promise<readonly CommitId[]> {
    const { base, objects } = this.#hub;
    if (fork === base || !(await objects.findCommit(commit))) return [];
    return this.#stacks.held(base, commit, fork);
  }

  async take(attempt: AttemptId, commit: CommitId): Promise<IngestOutcome> {
    if ((await this.#takenBefore()).has(commit)) return { kind: 'commit', commit };
    const base = await this.#forkOf(commit);
    if (!base) return { kind: 'refused', why: this.#whyApart() };
    if (base === commit) return { kind: 'nothing' };
    await this.#handOut(attempt, base);
    const intake = await this.#intake.make(attempt, [base]);
    await fetchHere(this.#hub, { gitDir: intake }, this.#hub.layout.branches, [
      { commit, ref: 'refs/heads/work' },
    ]);
    return this.#intake.ingest(attempt);
  }

  #whyApart(): string {
    const why = 'it has no commit in common with the target';
    if (!this.#hub.boundary.isThere) return why;
    const { gitDir, isPartial } = this.#hub.origin;
    const fix = isPartial ? refetch(gitDir) : `git -C ${shellWord(gitDir)} fetch --unshallow`;
    return `${why}, as far as this clone has its history; ${fix}`;
  }

  // ───────────── many at once ─────────────

  /** Those that are refused together are divided, until each that is refused stands alone: `take` says why. */
  async #takeTogether(commits: readonly CommitId[]): Promise<void> {
    const taken = await this.#takenBefore();
    const works = commits.flatMap((pushed) => {
      const line = taken.has(pushed) ? undefined : lineOf(this.#history, pushed);
      return line ? [{ pushed, base: line.fork }] : [];
    });
    if (works.length > 0 && (await this.#admit(this.#gathered.gitDir, works))) await this.#divide(works);
  }

  async #divide(works: readonly Work[]): Promise<void> {
    const half = Math.ceil(works.length / 2);
    for (const part of [works.slice(0, half), works.slice(half)]) {
      if (part.length < 2) continue;
      const { together, hubObjects, branches } = this.#hub.layout;
      await this.#hub.cleanUp.discard(together);
      bareRepository(together, configOf(this.#hub.objectFormat, 'intake'), hubObjects, this.#hub.boundary);
      const wanted = part.map(({ pushed }) => ({ commit: pushed, ref: `refs/heads/${pushed}` }));
      await fetchHere(this.#hub, { gitDir: together }, branches, wanted);
      if (await this.#admit(together, part)) await this.#divide(part);
    }
    await this.#hub.cleanUp.discard(this.#hub.layout.together);
  }

  /** Undefined: they are in the hub, and pinned there. */
  #admit(source: string, works: readonly Work[]): Promise<string | undefined> {
    return this.#intake.takeTogether(source, works, () => this.#pin(works.map(({ pushed }) => pushed)));
  }

  /** One reference holds them all: it names a commit of ours whose parents they are. */
  async #pin(commits: readonly CommitId[]): Promise<void> {
    const taken = await this.#takenBefore();
    for (const commit of commits) taken.add(commit);
    const { tree } = await this.#hub.objects.commit(this.#hub.base);
    const parents = [...taken];
    const message = () => `Branches taken in for ${this.#hub.run}\n`;
    const holder = await writeCommit(this.#hub, { tree, parents, atSeconds: 0, message: message() });
    await this.#hub.mutex.run(() => this.#hub.hubRefs.write([`update ${this.#hub.refs.taken} ${holder}`]));
  }

  #takenBefore(): Promise<Set<CommitId>> {
    this.#taken ??= this.#readTaken();
    return this.#taken;
  }

  async #readTaken(): Promise<Set<CommitId>> {
    const told = await readOwnRef(this.#hub, this.#hub.refs.taken);
    return new Set(told ? (await this.#hub.objects.commit(told)).parents : []);
  }

  // ───────────── one alone ─────────────

  async #forkOf(commit: CommitId): Promise<CommitId | undefined> {
    const args = ['--end-of-options', commit, this.#hub.base];
    const found = await this.#hub.git.run(this.#gathered, 'merge-base', args, { codes: [0, 1] });
    return found.code === 1 ? undefined : expectObject(found.stdout.toString().trim(), 'git merge-base');
  }

  /** The intake takes what descends from the base an attempt was handed; a branch was handed its fork. */
  #handOut(attempt: AttemptId, base: CommitId): Promise<void> {
    return this.#hub.mutex.run(() =>
      this.#hub.hubRefs.write([`update ${this.#hub.refs.handed(attempt)} ${base}`]),
    );
  }
}
