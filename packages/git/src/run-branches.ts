/** A run's branches at a remote: they follow what has landed, and what somebody else put there stays. */
import type { CommitId } from '@swarm/core/model/ids';
import type { BranchPush, RunBranches } from '@swarm/core/ports/forge';
import { wordsOf, writeHooks } from './carried.ts';
import { type HubContext, hasCommits } from './context.ts';
import { isAncestor } from './landed.ts';
import type { Remote } from './remote.ts';

export class PushedBranches implements RunBranches {
  readonly #hub: HubContext;
  readonly #remote: Remote;

  constructor(hub: HubContext, remote: Remote) {
    this.#hub = hub;
    this.#remote = remote;
  }

  async push(branch: string, commit: CommitId): Promise<BranchPush> {
    try {
      return await this.#push(`refs/heads/${branch}`, commit);
    } catch (error) {
      return { kind: 'silent', why: wordsOf(error) };
    }
  }

  /** The remote is asked what it has each time: another machine, or a kill, may have been here before. */
  async #push(ref: string, commit: CommitId): Promise<BranchPush> {
    const there = await this.#remote.at(ref);
    if (there === commit) return { kind: 'there' };
    if (there !== undefined && !(await this.#isBehind(there, commit)))
      return this.#foreign(there, ref, commit);
    const hooks = await writeHooks(this.#hub);
    const pushed = await this.#remote.pushRef({
      from: this.#hub.layout.hub,
      ref,
      parent: there,
      commit,
      hooks,
    });
    if (pushed.kind === 'taken') return { kind: 'there' };
    // A connection that ended too early may have ended after the push: only the remote knows.
    const now = await this.#remote.at(ref);
    if (now === commit) return { kind: 'there' };
    if (pushed.kind === 'unclear') return { kind: 'silent', why: pushed.why };
    return now === undefined
      ? { kind: 'silent', why: 'the branch is gone there' }
      : this.#foreign(now, ref, commit);
  }

  /** All of the run's own history is in the hub: what is not there is somebody else's. */
  async #isBehind(there: CommitId, commit: CommitId): Promise<boolean> {
    return (await hasCommits(this.#hub.git, this.#hub.hub, [there])) && isAncestor(this.#hub, there, commit);
  }

  async #foreign(head: CommitId, ref: string, commit: CommitId): Promise<BranchPush> {
    const kept = `${this.#hub.refs.root}/foreign/${ref.replace(/^refs\/heads\//, '')}`;
    await this.#remote.fetch(this.#hub.layout.hub, [{ commit: head, ref: kept }]);
    return { kind: (await isAncestor(this.#hub, commit, head)) ? 'ahead' : 'elsewhere', head };
  }
}
