/**
 * Brings branches other people made into the hub. They are fetched once, by commit, into a repository of the run's
 * own, so that a branch that moves or goes changes nothing; each then passes the intake like an attempt's push.
 */
import { existsSync } from 'node:fs';
import type { AttemptId, CommitId } from '@swarm/core/model/ids';
import type { Branches, IngestOutcome } from '@swarm/core/ports/git';
import { bareRepository, configOf } from './bare.ts';
import type { HubContext } from './context.ts';
import { expectObject, type Place } from './git.ts';
import type { Intake } from './intake.ts';
import type { Remote } from './remote.ts';

/** What a branch is about, in its own words: hostile text, capped. */
export interface BranchWords {
  /** Of its oldest own commit: what the branch set out to do. Empty when it has none. */
  readonly subject: string;
  /** Of its own commits, oldest first; merges are not among them. */
  readonly subjects: readonly string[];
}

const SUBJECTS_MAX = 50;
const SUBJECT_MAX = 200;

export class BranchIntake implements Branches {
  private readonly hub: HubContext;
  private readonly intake: Intake;

  constructor(hub: HubContext, intake: Intake) {
    this.hub = hub;
    this.intake = intake;
  }

  private get gathered(): { readonly gitDir: string } {
    return { gitDir: this.hub.layout.branches };
  }

  /** @param from where the branches are: the user's repository when absent. @throws SW0702, SW0703. */
  async gather(commits: readonly CommitId[], from?: Remote): Promise<void> {
    const { gitDir } = this.gathered;
    if (!existsSync(gitDir)) {
      await bareRepository(gitDir, configOf(this.hub.objectFormat, 'intake'), this.hub.layout.hubObjects);
    }
    const wanted = commits.map((commit) => ({ commit, ref: `refs/heads/${commit}` }));
    if (from) await from.fetch(gitDir, wanted);
    else await this.fetchHere(this.gathered, this.hub.origin.gitDir, wanted);
  }

  async wordsOf(commit: CommitId): Promise<BranchWords> {
    const args = ['-z', '--no-merges', '--topo-order', `--max-count=${SUBJECTS_MAX}`, '--format=%s'];
    const range = ['--end-of-options', commit, `^${this.hub.base}`];
    const told = await this.hub.git.records(this.gathered, 'log', ['--no-show-signature', ...args, ...range]);
    const subjects = told.map((subject) => subject.slice(0, SUBJECT_MAX)).reverse();
    return { subject: subjects[0] ?? '', subjects };
  }

  async take(attempt: AttemptId, commit: CommitId): Promise<IngestOutcome> {
    const base = await this.forkOf(commit);
    if (!base) return { kind: 'refused', why: 'it has no commit in common with the target' };
    if (base === commit) return { kind: 'nothing' };
    await this.handOut(attempt, base);
    const intake = await this.intake.make(attempt, [base]);
    await this.fetchHere({ gitDir: intake }, this.hub.layout.branches, [{ commit, ref: 'refs/heads/work' }]);
    return this.intake.ingest(attempt);
  }

  private async forkOf(commit: CommitId): Promise<CommitId | undefined> {
    const args = ['--end-of-options', commit, this.hub.base];
    const found = await this.hub.git.run(this.gathered, 'merge-base', args, { codes: [0, 1] });
    return found.code === 1 ? undefined : expectObject(found.stdout.toString().trim(), 'git merge-base');
  }

  /** The intake takes what descends from the base an attempt was handed; a branch was handed its fork. */
  private handOut(attempt: AttemptId, base: CommitId): Promise<void> {
    return this.hub.mutex.run(() =>
      this.hub.hubRefs.write([`update ${this.hub.refs.handed(attempt)} ${base}`]),
    );
  }

  private async fetchHere(
    into: Place,
    from: string,
    wanted: readonly { readonly commit: CommitId; readonly ref: string }[],
  ): Promise<void> {
    const stdin = wanted.map(({ commit, ref }) => `+${commit}:${ref}\n`).join('');
    const flags = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance'];
    const args = [...flags, '--no-recurse-submodules', '--stdin', '--', from];
    await this.hub.git.run(into, 'fetch', args, { stdin, timeoutMs: 3_600_000 });
  }
}
