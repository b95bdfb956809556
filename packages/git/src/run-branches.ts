/** A run's branches at a remote: they follow what has landed, and what somebody else put there stays. */
import type { CommitId } from '@swarm/core/model/ids';
import type { BranchPush, Rebuilt, RunBranches } from '@swarm/core/ports/forge';
import { wordsOf, writeHooks } from './carried.ts';
import { type HubContext, hasCommits } from './context.ts';
import { identityEnv } from './identity.ts';
import { isAncestor } from './landed.ts';
import { readRef } from './origin-ref.ts';
import { join, replay, takeBack } from './rebuilt.ts';
import type { Remote } from './remote.ts';
import { stepOf } from './revert.ts';
import { sendHistory } from './transfer.ts';

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

  async head(branch: string): Promise<CommitId | undefined> {
    const ref = `refs/heads/${branch}`;
    const there = await this.#remote.at(ref);
    if (there !== undefined && !(await this.has(there))) await this.#keep(there, ref);
    return there;
  }

  async offer(branch: string, commit: CommitId): Promise<void> {
    const ref = `refs/heads/${branch}`;
    const now = await readRef(this.#hub, ref);
    if (now?.commit === commit || now?.symbolicTo || now?.checkedOutAt) return;
    if (now && !(await this.#isBehind(now.commit, commit))) return;
    await this.#hub.mutex.run(() => sendHistory(this.#hub, commit, [this.#hub.base]));
    const from = now?.commit ?? '0'.repeat(commit.length);
    const options = { stdin: `update ${ref} ${commit} ${from}\n`, env: identityEnv(this.#hub.identity) };
    await this.#hub.git.run(this.#hub.origin, 'update-ref', ['--stdin', '-m', 'swarm: stack'], options);
  }

  has(commit: CommitId): Promise<boolean> {
    return hasCommits(this.#hub.git, this.#hub.hub, [commit]);
  }

  async paths(change: CommitId): Promise<readonly string[]> {
    const step = await stepOf(this.#hub, change);
    return step ? this.#hub.diffs.paths(step.before, step.after) : [];
  }

  replay(ask: Parameters<RunBranches['replay']>[0]): Promise<Rebuilt> {
    return replay(this.#hub, ask);
  }

  takeBack(ask: Parameters<RunBranches['takeBack']>[0]): Promise<Rebuilt> {
    return takeBack(this.#hub, ask);
  }

  join(ask: Parameters<RunBranches['join']>[0]): Promise<Rebuilt> {
    return join(this.#hub, ask);
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
    return (await this.has(there)) && isAncestor(this.#hub, there, commit);
  }

  async #foreign(head: CommitId, ref: string, commit: CommitId): Promise<BranchPush> {
    await this.#keep(head, ref);
    return { kind: (await isAncestor(this.#hub, commit, head)) ? 'ahead' : 'elsewhere', head };
  }

  async #keep(head: CommitId, ref: string): Promise<void> {
    const kept = `${this.#hub.refs.root}/foreign/${ref.replace(/^refs\/heads\//, '')}`;
    await this.#remote.fetch(this.#hub.layout.hub, [{ commit: head, ref: kept }]);
  }
}
