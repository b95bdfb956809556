/**
 * Which commits of a branch the target holds already, as landings of branches that say so. A landing is a squash: to
 * git the branch it came from is a stranger, and one that was built upon it would conflict with its own beginnings. So
 * the landing is shown to git as the merge that it was: a commit nobody will see, with the tree of the target, whose
 * parents are the target and what of the branch it holds. What was taken back is held no more.
 */
import type { CommitId } from '@swarm/core/model/ids';
import type { BranchMark, LandingMark } from './branch-marks.ts';
import { writeCommit } from './commit.ts';
import type { HubContext } from './context.ts';
import { isAncestor } from './landed.ts';
import { type Commits, commitsOf, type Own, OwnCommits } from './own-commits.ts';
import { stepOf, takeBack } from './revert.ts';
import { TargetMarks } from './target-marks.ts';

export interface Joined {
  /** To be merged with: `onto`, or what stands for it. */
  readonly commit: CommitId;
  /** What a merge of it with the branch starts from. Undefined: as the two stand. */
  readonly bases: readonly CommitId[] | undefined;
}

export class Stacks {
  readonly #hub: HubContext;
  readonly #own: OwnCommits;
  readonly #marks: TargetMarks;
  /** Own commits of every branch of which a landing was read. */
  readonly #landed = new Set<CommitId>();
  /** Own commits of branches that landed before the run's base, as far as they are in the hub. */
  #before: Commits = new Map();

  constructor(hub: HubContext) {
    this.#hub = hub;
    this.#own = new OwnCommits(hub);
    this.#marks = new TargetMarks(hub);
  }

  /** `onto` with what it holds of `work`, which is in the hub. The same inputs give the same bytes. */
  async join(onto: CommitId, work: CommitId, fork: CommitId): Promise<Joined> {
    const { own, held } = await this.#heldOf(onto, work, fork);
    if (held.length === 0) return { commit: onto, bases: undefined };
    const { tree } = await this.#hub.objects.commit(onto);
    const parents = [onto, ...held];
    const commit = await writeCommit(this.#hub, { tree, parents, atSeconds: 0, message: 'standing' });
    const bases = own.fork ? held : await this.#basesOf(commit, work);
    return { commit, bases };
  }

  /** The topmost commits of `work` that `onto` holds by landings. */
  async held(onto: CommitId, work: CommitId, fork: CommitId): Promise<readonly CommitId[]> {
    return (await this.#heldOf(onto, work, fork)).held;
  }

  async #heldOf(onto: CommitId, work: CommitId, fork: CommitId) {
    await this.#readMarks(onto, fork);
    const own = await this.#own.of(work);
    const held = this.#isKnown(own) ? await this.#stillHeld(onto, work, own) : [];
    return { own, held };
  }

  #isKnown({ commits }: Own): boolean {
    for (const commit of commits.keys()) if (this.#landed.has(commit)) return true;
    return false;
  }

  async #readMarks(onto: CommitId, fork: CommitId): Promise<void> {
    const past = (await this.#marks.newBefore(fork)).filter(isLanding);
    if (past.length > 0) {
      this.#before = new Map([
        ...this.#before,
        ...(await commitsOf(
          this.#hub,
          past.map(({ work }) => work),
        )),
      ]);
      for (const { work } of past) this.#know(reachedFrom(work, this.#before));
    }
    for (const { work } of (await this.#marks.newSince(onto)).filter(isLanding))
      this.#know((await this.#ownOfLanded(work)).keys());
  }

  #know(commits: Iterable<CommitId>): void {
    for (const commit of commits) this.#landed.add(commit);
  }

  /** What another orchestrator lands of is not always in this hub. */
  async #ownOfLanded(work: CommitId): Promise<Commits> {
    if (await this.#hub.objects.findCommit(work)) return (await this.#own.of(work)).commits;
    return new Map([[work, []]]);
  }

  async #stillHeld(onto: CommitId, work: CommitId, { commits }: Own): Promise<readonly CommitId[]> {
    const ledger = new Ledger(this.#hub, commits);
    for (const mark of this.#marks.on(onto)) {
      if (mark.kind !== 'landing') await ledger.takeBack(mark);
      else {
        const shared = [...(await this.#reached(mark.work))].filter((each) => commits.has(each));
        if (shared.length > 0 && !(await this.#isIn(mark.commit, work, commits))) ledger.bring(mark, shared);
      }
    }
    for (const [landing, brought] of ledger.standing()) {
      if (brought.length > 0 && !(await isLeftOf(this.#hub, landing, onto))) ledger.drop(landing);
    }
    return ledger.topmost();
  }

  /** What the branch has of the target itself it does not hold by a landing. */
  async #isIn(landing: CommitId, work: CommitId, own: Commits): Promise<boolean> {
    return this.#marks.isNew(landing) ? own.has(landing) : isAncestor(this.#hub, landing, work);
  }

  async #reached(work: CommitId): Promise<Iterable<CommitId>> {
    return this.#before.has(work) ? reachedFrom(work, this.#before) : (await this.#ownOfLanded(work)).keys();
  }

  async #basesOf(joined: CommitId, work: CommitId): Promise<readonly CommitId[]> {
    const told = await this.#hub.git.text(this.#hub.hub, 'merge-base', ['--all', joined, work]);
    return told.split('\n') as CommitId[];
  }
}

const isLanding = (mark: BranchMark): mark is LandingMark => mark.kind === 'landing';

function reachedFrom(tip: CommitId, commits: Commits): ReadonlySet<CommitId> {
  const reached = new Set([tip]);
  for (const each of reached)
    for (const parent of commits.get(each) ?? []) if (commits.has(parent)) reached.add(parent);
  return reached;
}

/** Which commits of one branch are held, as history goes on. */
class Ledger {
  readonly #hub: HubContext;
  readonly #own: Commits;
  readonly #held = new Set<CommitId>();
  /** By landing: what came with it that was not held before. */
  readonly #brought = new Map<CommitId, readonly CommitId[]>();
  readonly #landingsOf = new Map<string, CommitId[]>();
  /** By the commit that took landings back: those. */
  readonly #gone = new Map<CommitId, readonly CommitId[]>();

  constructor(hub: HubContext, own: Commits) {
    this.#hub = hub;
    this.#own = own;
  }

  /** @param shared the branch's own commits that the landed one has too. */
  bring({ commit, task }: LandingMark, shared: readonly CommitId[]): void {
    const fresh = shared.filter((each) => !this.#held.has(each));
    this.#brought.set(commit, fresh);
    this.#hold(commit);
    if (task) this.#landingsOf.set(task, [...(this.#landingsOf.get(task) ?? []), commit]);
  }

  async takeBack(mark: Exclude<BranchMark, LandingMark>): Promise<void> {
    const gone: CommitId[] = [];
    if (mark.kind === 'undo') gone.push(...mark.tasks.flatMap((task) => this.#landingsOf.get(task) ?? []));
    else for (const of of mark.of) gone.push(...(await this.#undoneBy(of)));
    for (const landing of gone) this.drop(landing);
    this.#gone.set(mark.commit, gone);
  }

  /** A revert of what took landings back brings them again; one of a batch's merge takes all of them. */
  async #undoneBy(of: CommitId): Promise<readonly CommitId[]> {
    if (this.#brought.has(of)) return [of];
    const again = this.#gone.get(of);
    for (const landing of again ?? []) this.#hold(landing);
    if (again || this.#brought.size === 0) return [];
    const parents = (await this.#hub.objects.findCommit(of))?.parents ?? [];
    if (parents.length < 2) return [];
    const args = ['--format=%H', '--end-of-options', `${parents[0]}..${of}`];
    const told = await this.#hub.git.text(this.#hub.hub, 'log', args);
    return told.split('\n').filter((id) => this.#brought.has(id as CommitId)) as CommitId[];
  }

  #hold(landing: CommitId): void {
    for (const each of this.#brought.get(landing)!) this.#held.add(each);
  }

  drop(landing: CommitId): void {
    for (const each of this.#brought.get(landing)!) this.#held.delete(each);
  }

  /** Landings of which something is held. */
  standing(): readonly (readonly [CommitId, readonly CommitId[]])[] {
    return [...this.#brought].map(([landing, brought]) => [
      landing,
      brought.filter((each) => this.#held.has(each)),
    ]);
  }

  /** Held with all that is below them, and nothing above them is. */
  topmost(): readonly CommitId[] {
    const whole = new Set<CommitId>();
    const below = new Set<CommitId>();
    for (const [commit, parents] of [...this.#own].reverse()) {
      if (!this.#held.has(commit)) continue;
      if (!parents.every((parent) => whole.has(parent) || !this.#own.has(parent))) continue;
      whole.add(commit);
      for (const parent of parents) below.add(parent);
    }
    return [...whole].filter((commit) => !below.has(commit)).sort();
  }
}

/**
 * Does the target still have anything of this landing? Somebody may have taken it back by hand, and said nothing. What
 * cannot be taken back is there.
 */
async function isLeftOf(hub: HubContext, landing: CommitId, onto: CommitId): Promise<boolean> {
  const step = await stepOf(hub, landing);
  if (!step) return true;
  const { tree } = await hub.objects.commit(onto);
  const later = new Set(await hub.diffs.paths(step.after, tree));
  const changed = await hub.diffs.paths(step.before, step.after);
  if (changed.some((path) => !later.has(path))) return true;
  const without = await takeBack(hub, onto, step);
  return without.kind === 'conflict' || without.tree !== tree;
}
