/**
 * Fast-forwards the user's target at the operator's word: by compare-and-swap where it is checked out nowhere, in
 * its work tree where that is clean. Whatever could cost the user something is refused, with what to type.
 */
import { SwarmError } from '@swarm/core/errors';
import type { CommitId } from '@swarm/core/model/ids';
import type { ApplyOutcome, Delivery } from '@swarm/core/ports/git';
import { gitDirOf } from './checkout.ts';
import { type HubContext, hasCommits } from './context.ts';
import { identityEnv } from './identity.ts';
import { operationIn } from './operation.ts';
import { type RefState, readRef } from './origin-ref.ts';
import { withoutFilters } from './quiet.ts';

const refused = (why: string, fix: string): ApplyOutcome => ({ kind: 'refused', why, fix });
const shellWord = (name: string) => (/^[\w./-]+$/.test(name) ? name : shell(name));
const shell = (path: string) => `'${path.replaceAll("'", "'\\''")}'`;

export class Deliver implements Delivery {
  readonly #hub: HubContext;
  constructor(hub: HubContext) {
    this.#hub = hub;
  }

  async apply(head: CommitId): Promise<ApplyOutcome> {
    const now = await readRef(this.#hub, this.#hub.targetRef);
    if (!now) return refused(`${this.#hub.targetRef} is gone`, `git branch ${this.#branch()} ${head}`);
    if (now.commit === head) return { kind: 'done', from: head, to: head };
    if (now.symbolicTo)
      return refused(`${this.#branch()} only points to ${now.symbolicTo}`, 'git branch --list');
    const blocked = await this.#notForward(now.commit, head);
    if (blocked) return blocked;
    return now.checkedOutAt === '' ? this.#moveRef(now.commit, head) : this.#inWorkTree(now, head);
  }

  #branch(): string {
    return this.#hub.targetRef.replace('refs/heads/', '');
  }

  async #notForward(from: CommitId, head: CommitId): Promise<ApplyOutcome | undefined> {
    const { git, origin } = this.#hub;
    if (!(await hasCommits(git, origin, [head]))) {
      return refused(`${head} is not in the repository`, `git -C ${shell(origin.gitDir)} fsck`);
    }
    const args = ['--is-ancestor', '--end-of-options', from, head];
    if ((await git.run(origin, 'merge-base', args, { codes: [0, 1] })).code === 0) return undefined;
    return refused(
      `${this.#branch()} has commits that ${head} has not, so it cannot be fast-forwarded`,
      await this.#joining(head),
    );
  }

  /** The run's own branch goes through the gate on what stands now, as any branch does. */
  async #joining(head: CommitId): Promise<string> {
    const { landOn, targetRef } = this.#hub;
    const own = landOn === targetRef ? undefined : await readRef(this.#hub, landOn);
    if (own?.commit !== head) return `git switch ${this.#branch()} && git merge ${head}`;
    const branch = landOn.replace('refs/heads/', '');
    return `swarm land ${branch} --target ${shellWord(this.#branch())} --deliver apply`;
  }

  async #moveRef(from: CommitId, to: CommitId): Promise<ApplyOutcome> {
    const options = {
      stdin: `update ${this.#hub.targetRef} ${to} ${from}\n`,
      env: identityEnv(this.#hub.identity),
    };
    return this.#attempt(from, to, 'git branch --list', () =>
      this.#hub.git.run(this.#hub.origin, 'update-ref', ['--stdin', '-m', 'swarm: apply'], options),
    );
  }

  async #inWorkTree(now: RefState, to: CommitId): Promise<ApplyOutcome> {
    const tree = now.checkedOutAt;
    if (tree === this.#hub.origin.gitDir) {
      const why = `${this.#branch()} is checked out in a work tree that ${tree} does not name`;
      return refused(why, 'swarm apply --repo <the folder it is checked out in>');
    }
    const place = { gitDir: await gitDirOf(tree), workTree: tree };
    const env = { ...(await withoutFilters(this.#hub.git, place)), ...identityEnv(this.#hub.identity) };
    const fix = `git -C ${shell(tree)} merge --ff-only ${to}`;
    const dirt = (await this.#untidy(place, env)) ?? (await this.#filtered(place, now.commit, to, fix));
    if (dirt) return dirt;
    const flags = [
      '--ff-only',
      '--no-overwrite-ignore',
      '--no-verify',
      '--no-autostash',
      '--no-stat',
      '--quiet',
    ];
    return this.#attempt(now.commit, to, fix, () =>
      this.#hub.git.run(place, 'merge', [...flags, to], { env }),
    );
  }

  async #untidy(place: WorkTree, env: Record<string, string>): Promise<ApplyOutcome | undefined> {
    const at = `git -C ${shell(place.workTree)}`;
    const operation = operationIn(place.gitDir);
    if (operation) return refused(`a ${operation} is under way in ${place.workTree}`, `${at} status`);
    const args = ['--porcelain', '-z', '--untracked-files=no', '--ignore-submodules=none'];
    const changes = await this.#hub.git.records(place, 'status', args, { env });
    if (changes.length === 0) return undefined;
    const shown = changes.slice(0, 5).join(', ');
    return refused(
      `${place.workTree} has ${changes.length} uncommitted changes: ${shown}`,
      `${at} stash && swarm apply`,
    );
  }

  /** Files of large-file storage and the like would be written as they lie in git: not for us to do. */
  async #filtered(place: WorkTree, from: CommitId, to: CommitId, fix: string) {
    const { git } = this.#hub;
    const names = ['-r', '-z', '--name-only', '--no-renames', '--no-ext-diff', '--end-of-options', from, to];
    const changed = await git.run(place, 'diff-tree', names);
    const args = ['--stdin', '-z', 'filter'];
    const told = await git.records(place, 'check-attr', args, { stdin: changed.stdout });
    const at = told.findIndex((value, i) => i % 3 === 2 && value !== 'unspecified' && value !== 'unset');
    if (at < 0) return undefined;
    return refused(`${told[at - 2]} passes through the filter ${told[at]}, which swarm does not run`, fix);
  }

  /** Git's own refusal (an untracked file in the way, a lock, a lost race) is an outcome; then nothing moved. */
  async #attempt(from: CommitId, to: CommitId, fix: string, work: () => Promise<unknown>) {
    try {
      await work();
    } catch (error) {
      const problem = error instanceof SwarmError ? error.problems[0] : undefined;
      if (problem?.code !== 'SW0702') throw error;
      return refused(problem.why ?? problem.what, fix);
    }
    const now = await readRef(this.#hub, this.#hub.targetRef);
    if (now?.commit === to) return { kind: 'done', from, to } as const;
    return refused(`${this.#branch()} was moved to ${now?.commit ?? 'nowhere'} meanwhile`, fix);
  }
}

interface WorkTree {
  readonly gitDir: string;
  readonly workTree: string;
}
