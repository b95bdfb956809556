/**
 * Makes the commit under test of what is to be tested: each handoff squashed onto the one before, and, where they are
 * several, one merge on top. The same inputs give the same bytes, on any machine and after any restart.
 */
import { type AttemptId, type CommitId, taskOf } from '@swarm/core/model/ids';
import type { Candidate, LandingMember, RejectionReason } from '@swarm/core/model/landing';
import type { Task } from '@swarm/core/model/task';
import type { CandidateOutcome, ResolvedPath } from '@swarm/core/ports/git';
import type { NextTest } from '@swarm/core/rules/batching';
import { provesNothing } from '@swarm/core/rules/proving';
import { belowOf } from '@swarm/core/wanted';
import type { Context } from '../context.ts';
import { protectedIn } from './judge.ts';
import { batchMessage, landingMessage, memberMessage, tamedFor } from './message.ts';

export interface Composed {
  readonly members: readonly LandingMember[];
  readonly candidate: Candidate;
}

/** Why a handoff cannot be put on a commit, as it would be rejected for it. */
interface Misfit {
  readonly reason: RejectionReason;
  readonly detail: string;
  readonly files: readonly string[];
}

type Complete = Task & { readonly state: 'complete' };
type Clean = CandidateOutcome & { readonly kind: 'clean' };

/** One handoff, put upon the link before. */
interface Link {
  readonly task: Complete;
  readonly attempt: AttemptId;
  readonly built: Clean;
}

export class Composer {
  readonly #context: Context<'hub' | 'log' | 'reader'>;

  constructor(context: Context<'hub' | 'log' | 'reader'>) {
    this.#context = context;
  }

  /**
   * One candidate, or, without a gate, one for each, every one upon the one before; none when nothing of it merges.
   * What does not merge with the head itself is rejected; what does not merge with those before it is left out, and
   * keeps its place.
   */
  async compose({ carried, probe }: NextTest, signal: AbortSignal): Promise<readonly Composed[]> {
    const head = this.#context.state.head;
    const isGated = this.#context.state.run.request.gate !== undefined;
    const isBatch = isGated && carried.length + probe.length > 1;
    const chain = await this.#chain([...carried, ...probe], { head, isBatch }, signal);
    if (!isGated) return this.#lineOf(chain, head);
    const [first, second] = chain;
    if (!first) return [];
    const composed = second ? await this.#sealed(chain, head) : await this.#alone(first, head, isBatch);
    return composed ? [composed] : [];
  }

  /** Every link a landing of its own, on the link before. */
  #lineOf(chain: readonly Link[], head: CommitId): readonly Composed[] {
    return chain.map((link, i) => ({
      members: [this.#memberOf(link)],
      candidate: {
        parent: chain[i - 1]?.built.commit ?? head,
        commit: link.built.commit,
        tree: link.built.tree,
      },
    }));
  }

  /** What it changes is named where reviewers vote on that. */
  #memberOf({ task, attempt, built: { commit, patch } }: Link): LandingMember {
    const isVotedOn = this.#context.state.run.request.review !== undefined;
    return { task: task.id, attempt, commit, ...(isVotedOn && patch && { patch }) };
  }

  /** Each put upon the one before. */
  async #chain(
    attempts: readonly AttemptId[],
    { head, isBatch }: { readonly head: CommitId; readonly isBatch: boolean },
    signal: AbortSignal,
  ): Promise<readonly Link[]> {
    const chain: Link[] = [];
    const below = belowOf(this.#context.state);
    for (const attempt of attempts) {
      if (signal.aborted) break;
      const task = this.#isHeldUp(below.get(attempt), chain) ? undefined : this.#waiting(attempt);
      const onto = chain.at(-1)?.built.commit ?? head;
      const built = task && (await this.#fit(task, attempt, { head, onto, isBatch }));
      if (task && built) chain.push({ task, attempt, built });
    }
    return chain;
  }

  /** What it is built on was left out, and keeps its place: so does this. */
  #isHeldUp(below: readonly AttemptId[] = [], chain: readonly Link[]): boolean {
    const isThere = (one: AttemptId) => chain.some(({ attempt }) => attempt === one);
    return below.some((one) => this.#context.state.queue.has(one) && !isThere(one));
  }

  #waiting(attempt: AttemptId): Complete | undefined {
    const task = this.#context.state.tasks.get(taskOf(attempt));
    return task?.state === 'complete' && task.attempt === attempt ? task : undefined;
  }

  async #fit(
    task: Complete,
    attempt: AttemptId,
    { head, onto, isBatch }: { head: CommitId; onto: CommitId; isBatch: boolean },
  ): Promise<Clean | undefined> {
    const built = await this.#build(task, attempt, onto, isBatch);
    if (!('reason' in built)) return this.#told(attempt, built);
    const onHead = onto === head ? built : await this.#build(task, attempt, head, isBatch);
    if ('reason' in onHead) await this.#reject(attempt, onHead);
    return undefined;
  }

  /** Left alone, it is a landing of one: its own commit speaks of the gate. */
  async #alone(
    { task, attempt, built }: Link,
    head: CommitId,
    isBatch: boolean,
  ): Promise<Composed | undefined> {
    const single = isBatch ? await this.#build(task, attempt, head, false) : built;
    if ('reason' in single) return undefined;
    const { commit, tree } = single;
    const member = this.#memberOf({ task, attempt, built: single });
    return { members: [member], candidate: { parent: head, commit, tree } };
  }

  async #sealed(chain: readonly Link[], head: CommitId): Promise<Composed> {
    const { id: run, request } = this.#context.state.run;
    const sealed = await this.#context.ports.hub.sealBatch({
      onto: head,
      tip: chain.at(-1)!.built.commit,
      message: tamedFor(
        request,
        batchMessage({ run, tasks: chain.map((link) => link.task), gateHash: request.gateHash }),
      ),
      atSeconds: Math.max(...chain.map(({ task }) => secondsOf(task))),
    });
    const members = chain.map((link) => this.#memberOf(link));
    return { members, candidate: { parent: head, ...sealed } };
  }

  async #build(
    task: Complete,
    attempt: AttemptId,
    onto: CommitId,
    isBatch: boolean,
  ): Promise<Clean | Misfit> {
    const { id: run, request } = this.#context.state.run;
    const made = this.#context.state.attempts.get(attempt);
    const vacuous = provesNothing(made?.state === 'ended' ? made.handoff : undefined)?.files;
    const said = { run, task, attempt, summary: task.handoff.summary, ...(vacuous && { vacuous }) };
    const built = await this.#context.ports.hub.buildCandidate({
      onto,
      work: task.workCommit!,
      message: tamedFor(
        request,
        isBatch ? memberMessage(said) : landingMessage({ ...said, gateHash: request.gateHash }),
      ),
      atSeconds: secondsOf(task),
    });
    switch (built.kind) {
      case 'clean': {
        const foreign = this.#foreignPaths(attempt, built.paths);
        if (foreign.length > 0) return collateral(foreign);
        const candidate = { parent: onto, commit: built.commit };
        return (await protectedIn(this.#context, task, candidate, built.paths)) ?? built;
      }
      case 'conflict':
        return { reason: 'conflict', detail: built.detail, files: built.files };
      case 'collateral':
        return collateral(built.paths);
      case 'empty':
        return { reason: 'empty', detail: 'the target already has this change', files: [] };
      case 'missing':
        return { reason: 'work-lost', detail: `${task.workCommit} is not in the hub`, files: [] };
    }
  }

  /**
   * Paths the merge would change and the attempt did not, by what was measured when it was handed in (P5). They
   * come of a rewritten history: work based on commits somebody took off the target would bring them back.
   */
  #foreignPaths(attempt: AttemptId, paths: readonly string[]): readonly string[] {
    const made = this.#context.state.attempts.get(attempt);
    const own = new Set(made?.state === 'ended' ? made.handoff?.change?.filesChanged : []);
    return paths.filter((path) => !own.has(path));
  }

  #told(attempt: AttemptId, built: Clean): Clean {
    if (built.resolved) this.#tellResolved(attempt, built.resolved);
    return built;
  }

  /** Weather: nobody decided anything, and the gate judges what the rules made like any other candidate. */
  #tellResolved(attempt: AttemptId, resolved: readonly ResolvedPath[]): void {
    const names = resolved.map(({ path, rule }) => `${path} (${rule})`).join(', ');
    this.#context.ports.log.write('conflict.resolved', {
      msg: `conflicts of ${attempt} settled by rule: ${names}`,
      task: taskOf(attempt),
      attempt,
      data: { resolved },
    });
  }

  async #reject(attempt: AttemptId, misfit: Misfit): Promise<void> {
    await this.#context.ask({ type: 'rejectHandoff', attempt, ...misfit });
  }
}

const secondsOf = (task: Complete): number => Math.floor(task.completedAt / 1000);

const collateral = (paths: readonly string[]): Misfit => ({
  reason: 'collateral',
  detail: `the merge would also change ${paths.join(', ')}`,
  files: paths,
});
