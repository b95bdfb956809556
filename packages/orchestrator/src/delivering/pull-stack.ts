/**
 * A pull request for each task that landed, from the bottom up. What a branch stands on may have moved since it was pushed:
 * reviewers' commits came in, it was merged, or squashed, or taken back. Then that is joined to the branch, on top of what
 * is there; nothing is ever pushed over. Whatever was done halfway is found at the remote and at the forge, and goes on.
 */
import type { CommitId, TaskId } from '@swarm/core/model/ids';
import type { PullPlace, PullRequest, Rebuilt } from '@swarm/core/ports/forge';
import type { Clock } from '@swarm/core/ports/world';
import { type StackedPull, stackLandings, stackOf } from '@swarm/core/rules/pull-stack';
import { stackBranch, stackPrefix } from '@swarm/core/rules/stack-branches';
import type { OpenedState } from '@swarm/core/state';
import { pullBody, pullTitle } from '@swarm/core/views/pull-request';
import { report } from '@swarm/core/views/report';
import { plain } from '@swarm/core/views/words';
import { bringPull, byWhom, endedBy, saidOf } from './pull-request.ts';
import { askedIn, type Proposed, proposed } from './pull-words.ts';

/** What those above a pull request stand on. */
interface Ground {
  readonly base: string;
  /** The branch below, and its pull request. */
  readonly branch?: { readonly tip: CommitId; readonly number: number };
  /** What was merged into the base on the way. */
  readonly merged?: PullRequest;
}

type Raised =
  | { readonly kind: 'up'; readonly ground: Ground; readonly done: Proposed }
  /** It is merged, or there is nothing of it: who is above stands on what it stood on. */
  | { readonly kind: 'through'; readonly ground: Ground; readonly done?: Proposed }
  | { readonly kind: 'left'; readonly done: Proposed };

export async function proposeStack(
  state: OpenedState,
  place: PullPlace,
  clock: Pick<Clock, 'after'>,
  isAsked?: true,
): Promise<Proposed> {
  if (place.headSlug.toLowerCase() !== place.forge.slug.toLowerCase()) return refusedFork(place);
  const stack = new Stack(state, place, clock, isAsked);
  try {
    return await stack.propose();
  } catch (error) {
    return {
      ref: place.forge.slug,
      outcome: 'refused',
      detail: `${saidOf(error)}; swarm pr goes on with it`,
    };
  }
}

const refusedFork = ({ forge, headSlug }: PullPlace): Proposed => ({
  ref: forge.slug,
  outcome: 'refused',
  detail: `the branches are in ${headSlug}, and a pull request of ${forge.slug} is based on branches of its own alone; run again without --stack`,
});

class Stack {
  readonly #state: OpenedState;
  readonly #place: PullPlace;
  readonly #clock: Pick<Clock, 'after'>;
  readonly #isAsked: true | undefined;
  readonly #raised = new Map<TaskId, Raised>();
  #last: TaskId | undefined;

  constructor(state: OpenedState, place: PullPlace, clock: Pick<Clock, 'after'>, isAsked: true | undefined) {
    this.#state = state;
    this.#place = place;
    this.#clock = clock;
    this.#isAsked = isAsked;
  }

  async propose(): Promise<Proposed> {
    const paths = new Map<TaskId, readonly string[]>();
    for (const { task, commit } of stackLandings(this.#state))
      paths.set(task, await this.#place.branches.paths(commit));
    const stack = stackOf(this.#state, paths);
    this.#last = stack.findLast(({ isUndone }) => !isUndone)?.task;
    for (const one of stack) this.#raised.set(one.task, await this.#raise(one));
    return this.#told();
  }

  #told(): Proposed {
    const all = [...this.#raised].flatMap(([task, { kind, done }]) => (done ? [{ task, kind, done }] : []));
    const left = all.filter(({ done }) => done.outcome === 'refused');
    const up = all.filter(({ kind }) => kind === 'up');
    const of = left[0] ?? up.at(-1) ?? all.at(-1);
    if (!of) return { ref: this.#place.forge.slug, outcome: 'done', detail: '' };
    const named = all.map(({ task, done }) => `${task}: ${done.ref.replace(/^.*#/, '#')}`);
    const said = all.flatMap(({ task, done }) => (done.detail === '' ? [] : [`${task}: ${done.detail}`]));
    const detail = [...(all.length > 1 ? [`a stack of ${all.length}: ${named.join(', ')}`] : []), ...said];
    return {
      ...of.done,
      outcome: left.length > 0 ? 'refused' : 'done',
      detail: plain(detail.join('; '), 2_000),
    };
  }

  async #raise(one: StackedPull): Promise<Raised> {
    const below = one.below === undefined ? undefined : this.#raised.get(one.below);
    if (below?.kind === 'left') return this.#left(one, `what it stands on, ${one.below}, is not there`);
    const branch = stackBranch(this.#state.run.id, one.task);
    const { forge, headSlug } = this.#place;
    const found = await forge.findPulls({ slug: headSlug, branch });
    const open = found.find(({ state }) => state === 'open');
    const ground = this.#under(open) ?? below?.ground ?? { base: this.#place.base };
    if (!open && found[0]?.state === 'merged') return this.#merged(found[0], ground);
    if (!open && found[0] && !one.isUndone)
      return { kind: 'left', done: proposed(this.#place, await endedBy(forge, found[0])) };
    const there = await this.#place.branches.head(branch);
    if (one.isUndone && (!open || there === undefined)) return { kind: 'through', ground };
    const built = await (there === undefined ? this.#first(one, ground) : this.#grown(one, there, ground));
    if (built.kind === 'conflict') return this.#left(one, this.#conflict(branch, there, ground, built));
    return this.#bring(one, branch, built.commit, ground);
  }

  /** It may have been opened upon another one of the stack, which is still open: there it stays. */
  #under(open: PullRequest | undefined): Ground | undefined {
    const below = [...this.#raised.values()].find(
      ({ kind, ...one }) => kind === 'up' && 'ground' in one && one.ground.base === open?.base,
    );
    return below && 'ground' in below ? below.ground : undefined;
  }

  #left({ task }: StackedPull, detail: string): Raised {
    const { slug } = this.#place.forge;
    return {
      kind: 'left',
      done: { ref: `${slug} ${stackBranch(this.#state.run.id, task)}`, outcome: 'refused', detail },
    };
  }

  #conflict(
    branch: string,
    there: CommitId | undefined,
    ground: Ground,
    { files }: Extract<Rebuilt, { kind: 'conflict' }>,
  ): string {
    const where = files
      .slice(0, 5)
      .map((file) => plain(file, 120))
      .join(', ');
    const { remote } = this.#place;
    return there === undefined
      ? `its change does not go onto ${ground.base} by itself (${where}); git fetch ${remote}, and put it there by hand as ${branch}`
      : `${ground.base} does not go into it by itself (${where}); git fetch ${remote}, then git switch ${branch} && git merge ${remote}/${ground.base} && git push ${remote} ${branch}`;
  }

  // ───────────── its commits ─────────────

  /** The landing itself, where it stands there; else the same change. */
  #first({ commit }: StackedPull, { branch, merged }: Ground): Promise<Rebuilt> {
    const onto = branch?.tip ?? merged?.mergedAs ?? this.#state.run.request.base;
    return this.#place.branches.replay({ onto, change: commit });
  }

  /** What is at the remote, with what came into the ground since. */
  async #grown(one: StackedPull, there: CommitId, { base, branch, merged }: Ground): Promise<Rebuilt> {
    const { branches } = this.#place;
    const message = `Bring ${base} into ${one.task}\n\nSwarm-Run: ${this.#state.run.id}\n`;
    let built: Rebuilt = { kind: 'commit', commit: there };
    if (merged) built = await this.#past(there, merged, message);
    if (branch && built.kind === 'commit')
      built = await branches.join({ tip: built.commit, base: branch.tip, message });
    if (built.kind === 'conflict' || !one.isUndone) return built;
    const undo = `Take back ${one.task}\n\nSwarm-Run: ${this.#state.run.id}\nSwarm-Undoes: ${one.task}\n`;
    return branches.takeBack({ onto: built.commit, change: one.commit, message: undo });
  }

  /**
   * After a merge what was below is in the base, and there is nothing to do. After a squash or a rebase it is there in other
   * commits: the branch is told that they are the same, or it would conflict with its own beginnings.
   */
  async #past(there: CommitId, { headCommit, mergedAs }: PullRequest, message: string): Promise<Rebuilt> {
    const { branches } = this.#place;
    if (!mergedAs) return { kind: 'commit', commit: there };
    // What was added to it last may never have been seen here.
    if (!(await branches.has(headCommit))) return branches.join({ tip: there, base: mergedAs, message });
    if (await this.#isIn(headCommit, mergedAs)) return { kind: 'commit', commit: there };
    if (await this.#isIn(mergedAs, there)) return { kind: 'commit', commit: there };
    const whole = await branches.join({ tip: there, base: headCommit, message });
    if (whole.kind === 'conflict') return whole;
    return branches.join({ tip: whole.commit, base: mergedAs, since: headCommit, message });
  }

  async #isIn(commit: CommitId, tip: CommitId): Promise<boolean> {
    const joined = await this.#place.branches.join({ tip, base: commit, message: 'standing\n' });
    return joined.kind === 'commit' && joined.commit === tip;
  }

  // ───────────── its pull request ─────────────

  async #merged(pull: PullRequest, ground: Ground): Promise<Raised> {
    const { forge, base, branches } = this.#place;
    // The base as it is now has what was merged into it; so had another one, where it went there.
    await branches.head(ground.base);
    if (pull.base !== ground.base) await branches.head(pull.base);
    const isKnown = pull.mergedAs !== undefined && (await branches.has(pull.mergedAs));
    const isLost = isKnown && pull.base !== ground.base && !(await this.#isAmong(pull, ground));
    const ref = `${forge.slug}#${pull.number}`;
    if (isLost) {
      const detail = `it was merged into ${pull.base} after that was merged, and is not in ${base}; git merge ${pull.mergedAs!.slice(0, 10)} brings it there`;
      return { kind: 'left', done: { ref, outcome: 'refused', detail, url: pull.url } };
    }
    const { mergedAs: _, ...unknown } = pull;
    const done = {
      ref,
      outcome: 'done',
      detail: `it was merged${await byWhom(forge, pull)}`,
      url: pull.url,
    } as const;
    return { kind: 'through', ground: { ...ground, merged: isKnown ? pull : unknown }, done };
  }

  /** What it was merged into had it when that was merged itself. */
  async #isAmong({ mergedAs, base }: PullRequest, ground: Ground): Promise<boolean> {
    if (!base.startsWith(stackPrefix(this.#state.run.id))) return true;
    const { merged, branch } = ground;
    const tip = branch?.tip ?? merged?.headCommit;
    return tip === undefined || !(await this.#place.branches.has(tip)) || this.#isIn(mergedAs!, tip);
  }

  async #bring(one: StackedPull, branch: string, commit: CommitId, ground: Ground): Promise<Raised> {
    const { id } = this.#state.run;
    const { asker } = this.#place;
    const told = { ...report(this.#state), request: askedIn(this.#state) };
    const part = {
      task: one.task,
      ...(ground.branch && { below: ground.branch.number }),
      ...(commit !== one.commit && { testedAs: this.#state.head }),
    };
    const done = await bringPull(this.#place, this.#clock, {
      branch,
      base: ground.base,
      ourBases: stackPrefix(id),
      commit,
      title: pullTitle(this.#state.tasks.get(one.task)!.spec.title, id),
      body: pullBody(told, { part, ...(asker && one.task === this.#last && { asker }) }),
      isReady: told.verdict === 'complete',
      ...(this.#isAsked && { isAsked: this.#isAsked }),
    });
    const said = proposed(this.#place, done);
    if (done.outcome === 'refused' || done.number === undefined) return { kind: 'left', done: said };
    await this.#place.branches.offer(branch, commit);
    return { kind: 'up', done: said, ground: { base: branch, branch: { tip: commit, number: done.number } } };
  }
}
