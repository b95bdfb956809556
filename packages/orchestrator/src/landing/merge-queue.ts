/**
 * The merge queue: one handoff at a time, in order of arrival. A candidate is built on the present target, gated,
 * and published by compare-and-swap; whatever comes of it is one recorded decision. What was tested is what lands,
 * byte for byte: nothing is rebuilt after the gate.
 */
import {
  type AttemptId,
  type Candidate,
  type LandingId,
  type LandingMember,
  type Refusal,
  type RejectionReason,
  type ResolvedPath,
  sweepTarget,
  type Task,
  taskOf,
} from '@swarm/core';
import type { Context } from '../context.ts';
import type { Gate } from './gate.ts';
import { landingMessage } from './message.ts';

export class MergeQueue {
  readonly #context: Context;
  readonly #gate: Gate;

  constructor(context: Context, gate: Gate) {
    this.#context = context;
    this.#gate = gate;
  }

  /** One try to land the handoff at the head of the queue. */
  async landNext(attempt: AttemptId, signal: AbortSignal): Promise<void> {
    if (!(await this.lookAtTarget())) return;
    const task = this.#queued(attempt);
    if (!task || signal.aborted) return;
    const built = await this.#build(attempt, task);
    if (!built || signal.aborted) return;
    const landing = await this.#open(attempt, task, built);
    if (!landing) return;
    if (!(await this.#test(landing, attempt, built, signal))) return;
    await this.#publish(landing, built);
  }

  /**
   * Brings journal and target to agreement before anything is built on either: other people's pushes, landings
   * that happened and were not recorded, and ours that are gone. False: nothing can be landed now.
   */
  async lookAtTarget(): Promise<boolean> {
    const { ask, state, ports } = this.#context;
    const head = await ports.hub.targetHead();
    const { request } = state.run!;
    if (!head) {
      await ask({ type: 'pause', reason: 'target-gone', detail: `${request.landOn} is gone` });
      return false;
    }
    if (head === state.head) return true;
    const landed = await ports.hub.landedSince(request.base, head);
    const undone = await ports.hub.undoneSince(request.base, head);
    for (const command of sweepTarget(state, { head, landed, undone })) await ask(command);
    return !state.paused;
  }

  #queued(attempt: AttemptId): (Task & { state: 'complete' }) | undefined {
    const task = this.#context.state.tasks.get(taskOf(attempt));
    return task?.state === 'complete' && task.attempt === attempt ? task : undefined;
  }

  async #build(attempt: AttemptId, task: Task & { state: 'complete' }): Promise<Candidate | undefined> {
    const { state, ports } = this.#context;
    const onto = state.head!;
    const built = await ports.hub.buildCandidate({
      onto,
      work: task.workCommit!,
      message: landingMessage({
        run: state.run!.id,
        task,
        attempt,
        summary: task.handoff.summary,
        gateHash: state.run!.request.gateHash,
      }),
      atSeconds: Math.floor(task.completedAt / 1000),
    });
    switch (built.kind) {
      case 'clean': {
        if (built.resolved) this.#tellResolved(attempt, built.resolved);
        const foreign = this.#foreignPaths(attempt, built.paths);
        if (foreign.length === 0) return { parent: onto, commit: built.commit, tree: built.tree };
        await this.#rejectCollateral(attempt, foreign);
        return undefined;
      }
      case 'conflict':
        await this.#reject(attempt, 'conflict', built.detail, built.files);
        return undefined;
      case 'collateral':
        await this.#rejectCollateral(attempt, built.paths);
        return undefined;
      case 'empty':
        await this.#reject(attempt, 'empty', 'the target already has this change', []);
        return undefined;
      case 'missing':
        await this.#reject(attempt, 'work-lost', `${task.workCommit} is not in the hub`, []);
        return undefined;
    }
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

  /**
   * Paths the merge would change and the attempt did not, by what was measured when it was handed in (P5). They
   * come of a rewritten history: work based on commits somebody took off the target would bring them back.
   */
  #foreignPaths(attempt: AttemptId, paths: readonly string[]): readonly string[] {
    const made = this.#context.state.attempts.get(attempt);
    const own = new Set(made?.state === 'ended' ? made.handoff?.change?.filesChanged : []);
    return paths.filter((path) => !own.has(path));
  }

  #rejectCollateral(attempt: AttemptId, paths: readonly string[]): Promise<void> {
    return this.#reject(attempt, 'collateral', `the merge would also change ${paths.join(', ')}`, paths);
  }

  async #open(attempt: AttemptId, task: Task, candidate: Candidate): Promise<LandingId | undefined> {
    const member: LandingMember = { task: task.id, attempt, commit: candidate.commit };
    const answer = await this.#context.ask({ type: 'startLanding', members: [member], candidate });
    if (answer.kind === 'refusal') return undefined;
    const started = answer.events[0]!;
    return started.type === 'landing.started' ? started.landing : undefined;
  }

  /** True when the candidate passed and may be published. */
  async #test(
    landing: LandingId,
    attempt: AttemptId,
    candidate: Candidate,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { ask, ports, state } = this.#context;
    let result = this.#gate.known(candidate.tree);
    if (!result) {
      ports.log.write('gate.started', {
        msg: `gate on ${landing} (${taskOf(attempt)})`,
        task: taskOf(attempt),
        attempt,
        data: { landing, commit: candidate.commit, gate: state.run!.request.gate },
      });
      const { flakyRetries } = this.#context.settings.gate;
      const verdict = await this.#gate.run(`gate-${landing}`, candidate.commit, flakyRetries, signal);
      if (verdict.kind === 'aborted') {
        await ask({ type: 'dropLanding', landing, reason: 'restart' });
        return false;
      }
      if (verdict.kind === 'setup-failed') {
        await this.#reject(attempt, 'gate-failed', verdict.detail, [], landing);
        return false;
      }
      result = verdict.result;
    }
    await ask({ type: 'recordGate', landing, result });
    switch (result.outcome) {
      case 'passed':
      case 'none':
        return true;
      case 'failed':
        await this.#reject(attempt, 'gate-failed', result.output, [], landing);
        return false;
      case 'timeout':
        await this.#reject(attempt, 'gate-timeout', result.output, [], landing);
        return false;
      case 'killed':
        await this.#reject(attempt, 'gate-killed', result.output, [], landing);
        return false;
      case 'broken':
        await ask({ type: 'dropLanding', landing, reason: 'gate-broken' });
        this.#context.halt({ why: 'gate-broken', detail: `the gate could not be run: ${result.output}` });
        return false;
    }
  }

  async #publish(landing: LandingId, candidate: Candidate): Promise<void> {
    const { ask, ports, state } = this.#context;
    if (!state.openLandings.has(landing)) return;
    const outcome = await ports.hub.publish(candidate);
    switch (outcome.kind) {
      case 'published':
        await this.#settle(await ask({ type: 'land', landing }), landing);
        return;
      case 'moved':
        await ask({ type: 'dropLanding', landing, reason: 'target-moved' });
        return;
      case 'unknown':
        // Never guessed: the next look at the target finds the trailers, or does not.
        await ask({ type: 'dropLanding', landing, reason: 'publish-unknown' });
        await this.lookAtTarget();
        return;
      case 'gone':
        await ask({ type: 'dropLanding', landing, reason: 'target-moved' });
        await ask({ type: 'pause', reason: 'target-gone', detail: `${state.run!.request.landOn} is gone` });
        return;
      case 'refused':
        await ask({ type: 'dropLanding', landing, reason: 'target-moved' });
        await ask({ type: 'pause', reason: 'target-refuses', detail: outcome.why });
        return;
    }
  }

  /** Published, yet the core refused to record it (cancelled meanwhile, say): git wins, so look again. */
  async #settle(answer: { kind: 'decision' } | Refusal, landing: LandingId): Promise<void> {
    if (answer.kind === 'decision') return;
    await this.#context.ask({ type: 'dropLanding', landing, reason: 'cancelled' });
    await this.lookAtTarget();
  }

  async #reject(
    attempt: AttemptId,
    reason: RejectionReason,
    detail: string,
    files: readonly string[],
    landing?: LandingId,
  ): Promise<void> {
    const answer = await this.#context.ask({
      type: 'rejectHandoff',
      attempt,
      ...(landing && { landing }),
      reason,
      detail,
      files,
    });
    if (answer.kind === 'refusal' && landing)
      await this.#context.ask({ type: 'dropLanding', landing, reason: 'cancelled' });
  }
}
