/**
 * A target at a remote: every landing is one push of exactly the tested commit, and has landed only once the remote
 * said so. What a cut connection leaves open is asked of the remote, never guessed. The run's branch in the user's
 * repository follows, so that what was pushed can be looked at, verified and applied there.
 */
import type { CommitId } from '@swarm/core/model/ids';
import type { Candidate } from '@swarm/core/model/landing';
import type { PublishOutcome } from '@swarm/core/ports/git';
import { writeHooks } from './carried.ts';
import type { HubContext } from './context.ts';
import { identityEnv } from './identity.ts';
import { isAncestor } from './landed.ts';
import { readRef } from './origin-ref.ts';
import type { Remote } from './remote.ts';
import { sendHistory } from './transfer.ts';

/** How long what the remote last said is taken for what it is: a push compares anyway, this only saves asking. */
const FRESH_MS = 1_000;
/** Times a remote is asked what became of a push, when it does not answer, and the first pause between them, ms. */
const ASKS_MAX = 4;
const ASK_AGAIN_MS = 500;

export class RemoteTarget {
  readonly #hub: HubContext;
  readonly #remote: Remote;
  readonly #branch: string;
  /** What the remote last said it has, and when (monotonic ms). */
  #seen: { readonly commit: CommitId; readonly at: number } | undefined;

  constructor(hub: HubContext, remote: Remote, branch: string) {
    this.#hub = hub;
    this.#remote = remote;
    this.#branch = branch;
  }

  /** @throws SW0703 when the remote does not answer. */
  async head(): Promise<CommitId | undefined> {
    if (this.#seen && performance.now() - this.#seen.at < FRESH_MS) return this.#seen.commit;
    const commit = await this.#remote.head(this.#branch);
    if (commit) await this.#follow(commit);
    return commit;
  }

  async publish(candidate: Candidate): Promise<PublishOutcome> {
    const { parent, commit } = candidate;
    const hooks = await writeHooks(this.#hub);
    const pushed = await this.#remote.push({
      from: this.#hub.layout.hub,
      branch: this.#branch,
      parent,
      commit,
      hooks,
    });
    switch (pushed.kind) {
      case 'taken':
        return this.#published(commit);
      case 'elsewhere':
        return this.#elsewhere(candidate, pushed.head);
      case 'unclear':
        return this.#askWhatCame(candidate, pushed.why);
    }
  }

  /** Nothing is owed: what the remote has is the truth, and it is asked anew. */
  async close(): Promise<void> {}

  /** Only the remote itself says what became of a push that did not end well. */
  async #askWhatCame(candidate: Candidate, why: string): Promise<PublishOutcome> {
    const now = await this.#askPatiently();
    if (now.kind === 'silent') {
      const next = 'what became of the landing is asked again by: swarm resume';
      return { kind: 'refused', why: `${why}; ${now.why}; ${next}` };
    }
    if (now.head !== candidate.parent) return this.#elsewhere(candidate, now.head);
    const fix = `let it take what is pushed to ${this.#branch}, or use --deliver branch`;
    return { kind: 'refused', why: `${this.#remote.name} did not take the landing: ${why}; ${fix}` };
  }

  async #askPatiently(): Promise<
    { kind: 'told'; head: CommitId | undefined } | { kind: 'silent'; why: string }
  > {
    for (let asked = 1; ; asked++) {
      try {
        return { kind: 'told', head: await this.#remote.head(this.#branch) };
      } catch (error) {
        if (asked === ASKS_MAX)
          return { kind: 'silent', why: (error as Error).message.replace(/^error\[\w+\]: /, '') };
        await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS * 2 ** (asked - 1)));
      }
    }
  }

  async #elsewhere({ commit }: Candidate, head: CommitId | undefined): Promise<PublishOutcome> {
    if (head === commit) return this.#published(commit);
    if (!head) return { kind: 'gone' };
    await this.#follow(head);
    return { kind: 'moved', head };
  }

  async #published(commit: CommitId): Promise<PublishOutcome> {
    await this.#follow(commit);
    return { kind: 'published' };
  }

  async #follow(commit: CommitId): Promise<void> {
    if (!(await this.#hub.objects.findCommit(commit))) {
      await this.#remote.fetch(this.#hub.layout.hub, [{ commit, ref: this.#hub.refs.target }]);
    }
    if (this.#seen?.commit !== commit) {
      await this.#hub.mutex.run(() => this.#hub.hubRefs.write([`update ${this.#hub.refs.target} ${commit}`]));
      await this.#copyHere(commit);
    }
    this.#seen = { commit, at: performance.now() };
  }

  /** Forward only: where somebody has it checked out, or took it elsewhere, the branch is theirs. */
  async #copyHere(commit: CommitId): Promise<void> {
    const hub = this.#hub;
    const now = await readRef(hub, hub.landOn);
    if (now?.commit === commit || (!now && commit === hub.base) || now?.checkedOutAt || now?.symbolicTo)
      return;
    if (now && !(await this.#isBehind(now.commit, commit))) return;
    const known = now?.commit ?? (await readRef(hub, hub.targetRef))?.commit;
    await sendHistory(hub, commit, known && (await hub.objects.findCommit(known)) ? [known] : []);
    const stdin = now ? `update ${hub.landOn} ${commit} ${now.commit}\n` : `create ${hub.landOn} ${commit}\n`;
    const env = identityEnv(hub.identity);
    await hub.git.run(hub.origin, 'update-ref', ['--stdin', '-m', 'swarm: pushed'], { stdin, env });
  }

  async #isBehind(commit: CommitId, ahead: CommitId): Promise<boolean> {
    return (await this.#hub.objects.findCommit(commit)) !== undefined && isAncestor(this.#hub, commit, ahead);
  }
}
