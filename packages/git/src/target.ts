/**
 * The reference landings are published to, in the user's repository: read, and moved by compare-and-swap. No
 * checkout, no index and no hook of that repository is touched; its objects are durable before the reference moves.
 */

import { SwarmError } from '@swarm/core/errors';
import type { CommitId } from '@swarm/core/model/ids';
import type { Candidate } from '@swarm/core/model/landing';
import type { PublishOutcome } from '@swarm/core/ports/git';
import type { HubContext } from './context.ts';
import { fetchFromOrigin } from './origin-fetch.ts';
import { checkedOutIn, OriginRef, type RefState } from './origin-ref.ts';
import { sendObjects } from './transfer.ts';

/** How far the hub's own reference may be behind, while landings follow one another. */
const CATCH_UP_MS = 1_000;

export class Target {
  readonly #hub: HubContext;
  readonly #ref: OriginRef;
  /** The target as last seen or set; undefined until it was seen once. */
  #mirror: CommitId | undefined;
  /** What the hub's own reference says. */
  #written: CommitId | undefined;
  #mirroring: Promise<void> = Promise.resolve();
  #dueAt = 0;

  /** @param mirror what `refs.target` holds in the hub at opening. */
  constructor(hub: HubContext, mirror: CommitId | undefined) {
    this.#hub = hub;
    this.#ref = new OriginRef(hub, hub.landOn);
    this.#mirror = mirror;
    this.#written = mirror;
  }

  /** Before anything was published the base is the head; a reference that was there and is not is undefined. */
  async head(): Promise<CommitId | undefined> {
    const state = await this.#ref.read();
    if (!state) return this.#mirror ? undefined : this.#hub.base;
    if (state.commit !== this.#mirror) await this.#hub.mutex.run(() => this.#follow(state.commit));
    return state.commit;
  }

  async publish(candidate: Candidate): Promise<PublishOutcome> {
    return this.#hub.mutex.run(async () => {
      await this.#mirroring.catch(() => this.#catchUp());
      const now = await this.#ref.read();
      const settled = await this.#judge(candidate, now);
      if (settled) return settled;
      await sendObjects(this.#hub, candidate);
      const failure = await this.#swap(candidate, now).then(
        () => undefined,
        (error: unknown) => error,
      );
      return failure === undefined ? this.#published(candidate.commit) : this.#explain(candidate, failure);
    });
  }

  /** Everything that can be refused without writing; undefined when the way is free. */
  async #judge(candidate: Candidate, now: RefState | undefined): Promise<PublishOutcome | undefined> {
    if (now?.commit === candidate.commit) return this.#published(candidate.commit);
    const where = now ? now.checkedOutAt : await checkedOutIn(this.#hub, this.#hub.landOn);
    if (where) return { kind: 'refused', why: `${this.#hub.landOn} is checked out in ${where}` };
    if (now?.symbolicTo)
      return { kind: 'refused', why: `${this.#hub.landOn} only points to ${now.symbolicTo}` };
    if (now) return now.commit === candidate.parent ? undefined : { kind: 'moved', head: now.commit };
    return this.#mirror || candidate.parent !== this.#hub.base ? { kind: 'gone' } : undefined;
  }

  /** Done when the reference was read back and says so. */
  async #swap({ parent, commit }: Candidate, now: RefState | undefined): Promise<void> {
    const ref = this.#hub.landOn;
    const change = now ? `update ${ref} ${commit} ${parent}` : `create ${ref} ${commit}`;
    await this.#hub.landing.write([change]);
    const told = await this.#ref.commit();
    if (told !== commit) throw new Error(`${ref} says ${told ?? 'nothing'} after it was moved to ${commit}`);
  }

  /**
   * The first landing is remembered before it is told: from then on a missing target is gone, not new. Later ones
   * once in a while, and as the caller goes on: a hub that is behind after a crash follows at its first look.
   */
  async #published(commit: CommitId): Promise<PublishOutcome> {
    if (this.#mirror === commit) return { kind: 'published' };
    const isFirst = this.#mirror === undefined;
    this.#mirror = commit;
    if (isFirst) await this.#catchUp();
    else if (performance.now() >= this.#dueAt) {
      this.#mirroring = this.#hub.mutex.run(() => this.#catchUp());
      this.#mirroring.catch(() => undefined); // For the next landing, which tries once more.
    }
    return { kind: 'published' };
  }

  /** The hub's own reference to where the target is. */
  async #catchUp(): Promise<void> {
    if (!this.#mirror || this.#mirror === this.#written) return;
    const commit = this.#mirror;
    await this.#hub.hubRefs.write([`update ${this.#hub.refs.target} ${commit}`]);
    this.#written = commit;
    this.#dueAt = performance.now() + CATCH_UP_MS;
    this.#mirroring = Promise.resolve();
  }

  /** The hub is left with all that was published. The caller holds the mutex. */
  close(): Promise<void> {
    return this.#catchUp();
  }

  /** The command failed; only the reference itself says what became of it. */
  async #explain(candidate: Candidate, error: unknown): Promise<PublishOutcome> {
    const why = error instanceof SwarmError ? (error.problems[0]?.why ?? error.message) : String(error);
    const now = await this.#ref.read().catch(() => 'unreadable' as const);
    if (now === 'unreadable') return { kind: 'unknown', why };
    if (now?.commit === candidate.commit) return this.#published(candidate.commit);
    if (now && now.commit !== candidate.parent) return { kind: 'moved', head: now.commit };
    if (!now && this.#mirror) return { kind: 'gone' };
    return { kind: 'refused', why };
  }

  async #follow(commit: CommitId): Promise<void> {
    if (!(await this.#hub.objects.findCommit(commit))) {
      await fetchFromOrigin(this.#hub, commit, this.#hub.refs.target);
      this.#hub.boundary.look();
      this.#written = commit;
    }
    this.#mirror = commit;
    await this.#catchUp();
  }
}
