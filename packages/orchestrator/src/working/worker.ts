/**
 * One attempt, from its workspace to its one ending. Knows nothing of scheduling: it is given an attempt that is
 * already recorded, and reports once.
 */

import { SwarmError } from '@swarm/core/errors';
import { AGENT_ENDS, type Attempt, type EndingReason } from '@swarm/core/model/attempt';
import type { Handoff, HandoffClaim, MeasuredChange } from '@swarm/core/model/handoff';
import { type AttemptId, attemptId, type CommitId } from '@swarm/core/model/ids';
import type { GateResult } from '@swarm/core/model/landing';
import type { Task } from '@swarm/core/model/task';
import { NO_USAGE } from '@swarm/core/model/usage';
import type { Bench, CannotRun, Saved } from '@swarm/core/ports/bench';
import type { SaveReport } from '@swarm/core/ports/git';
import type { AgentResult } from '@swarm/core/ports/running';
import { attemptLimits } from '@swarm/core/rules/budget';
import { isNoWorse } from '@swarm/core/rules/known-failures';
import { wantsNetwork } from '@swarm/core/rules/network-words';
import { toWire } from '@swarm/core/rules/task-format';
import type { State } from '@swarm/core/state';
import type { Context } from '../context.ts';
import { handIn, isBranch } from '../landing/branch.ts';
import { toldFirst } from '../landing/digest.ts';
import type { Gate } from '../landing/gate.ts';
import type { Probes } from '../landing/probes.ts';
import { tellOutside } from '../landing/scope-check.ts';
import { OUTPUT_BYTES_MAX, tailOf } from '../settings.ts';
import { detailOf, isDiskFull, isFullAfter, pauseForDisk } from './disk-full.ts';
import { type Ending, handoffJson, stopped } from './ending.ts';
import { setupOf } from './setup-ask.ts';
import { conflictVariables, workerVariables } from './worker-prompt.ts';

export class Worker {
  readonly #context: Context;
  readonly #gate: Gate;
  readonly #probes: Probes;

  constructor(context: Context, gate: Gate, probes: Probes) {
    this.#context = context;
    this.#gate = gate;
    this.#probes = probes;
  }

  async work(attempt: Attempt, signal: AbortSignal): Promise<void> {
    const { ask, ports } = this.#context;
    let bench: Bench | undefined;
    const ending = await this.#live(attempt, signal, (opened) => {
      bench = opened;
    }).catch((error: unknown) => cannotRun(error, signal));
    if (ending.handoff) await ports.files.writeHandoff(attempt.id, handoffJson(ending.handoff, ending.usage));
    if (ending.reason === 'model-down') await this.#pauseForModels(ending.detail);
    if (ending.reason === 'disk-full') await pauseForDisk(this.#context, ending.detail);
    await ask({ type: 'endAttempt', attempt: attempt.id, ...ending });
    if (ending.reason === 'handed-in') await this.#lookAround(attempt.id);
    // Only now that its end is on disk: until then it is all there is of the work.
    if (bench) await this.#takeDown(bench, attempt.id);
  }

  async #takeDown(bench: Bench, attempt: AttemptId): Promise<void> {
    await bench.close();
    this.#context.ports.log.write('workspace.removed', { msg: `workspace of ${attempt} removed`, attempt });
  }

  /** What is known only now that the change is measured and recorded: for people, and for whoever orders the queue. */
  async #lookAround(attempt: AttemptId): Promise<void> {
    tellOutside(this.#context, attempt);
    await this.#probes.probe(attempt);
  }

  /** Before the attempt ends, or its next one would start at once and end the same way, fifty times over (P15). */
  async #pauseForModels(detail: string): Promise<void> {
    // Where the run has no model of its own nobody could say when to go on.
    if (this.#context.ports.model)
      await this.#context.ask({ type: 'pause', reason: 'endpoints-down', detail });
  }

  /** However it goes, it ends one way: there is nothing to return but an ending. */
  async #live(attempt: Attempt, signal: AbortSignal, onOpened: (bench: Bench) => void): Promise<Ending> {
    const { ports, state } = this.#context;
    const task = state.tasks.get(attempt.task)!;
    if (isBranch(task)) return handIn(this.#context, attempt, task, signal);
    const bench = await ports.host.open({
      name: attempt.id,
      base: attempt.base,
      attempt: attempt.id,
      ...(attempt.from && (await this.#isGrounded(attempt)) && { from: attempt.from }),
      ...setupOf(this.#context),
      signal,
    });
    if (bench.kind === 'cannot-run') return this.#withoutBench(bench, signal);
    ports.log.write('workspace.made', { msg: `workspace of ${attempt.id} made`, attempt: attempt.id });
    onOpened(bench);
    return this.#workOn(bench, attempt, task, signal);
  }

  #withoutBench({ reason, detail }: CannotRun, signal: AbortSignal): Ending {
    if (reason === 'aborted') return stopped(signal, NO_USAGE);
    return { reason: reason === 'disk-full' ? 'disk-full' : 'cannot-run', detail, usage: NO_USAGE };
  }

  async #workOn(bench: Bench, attempt: Attempt, task: Task, signal: AbortSignal): Promise<Ending> {
    const { ports, ask } = this.#context;
    const prompt = this.#prompt(task, bench);
    const started = await ask({
      type: 'startAgent',
      attempt: attempt.id,
      driver: bench.agentName(task.spec.agent),
      promptHash: prompt.hash,
    });
    if (started.kind === 'refusal') return stopped(signal, NO_USAGE);
    const startedAt = ports.clock.monotonic();
    const result = await this.#runAgent(bench, attempt, task, prompt.text, signal);
    const durationMs = ports.clock.monotonic() - startedAt;
    return this.#afterAgent(attempt, task, bench, result, durationMs, signal).catch((error: unknown) =>
      cannotRun(error, signal, result.usage),
    );
  }

  async #afterAgent(
    attempt: Attempt,
    task: Task,
    bench: Bench,
    result: AgentResult,
    durationMs: number,
    signal: AbortSignal,
  ): Promise<Ending> {
    const saved = await this.#save(attempt, task, bench);
    return this.#end(attempt, task, bench, result, saved, durationMs, signal);
  }

  /** Earlier work whose own base is no longer on the target would bring back what somebody took off it. */
  async #isGrounded(attempt: Attempt): Promise<boolean> {
    const { ports, state } = this.#context;
    const bases = new Set<CommitId>();
    for (let n = 1; attemptId(attempt.task, n) !== attempt.id; n++) {
      bases.add(state.attempts.get(attemptId(attempt.task, n))!.base);
    }
    for (const base of bases) if (!(await ports.hub.isAncestor(base, attempt.base))) return false;
    return true;
  }

  #prompt(task: Task, { conflicts }: Bench): { readonly text: string; readonly hash: string } {
    const { ports, state } = this.#context;
    const worker = ports.prompts.render('worker', workerVariables(state, task));
    if (conflicts.length === 0) return worker;
    const conflict = ports.prompts.render('conflict', conflictVariables(state, task, conflicts));
    return { text: `${worker.text}\n\n${conflict.text}`, hash: `${worker.hash}+${conflict.hash}` };
  }

  #runAgent(
    bench: Bench,
    attempt: Attempt,
    task: Task,
    prompt: string,
    signal: AbortSignal,
  ): Promise<AgentResult> {
    const { ports, settings, state } = this.#context;
    const { limits } = state.run.request;
    return bench.agent({
      wish: task.spec.agent,
      prompt,
      taskJson: JSON.stringify(
        toWire(task, (id) => id),
        null,
        2,
      ),
      limits: {
        steps: settings.attempt.steps,
        ...attemptLimits(limits, attempt.reserved),
        wallMs: settings.attempt.wallMs,
        quietMs: settings.attempt.quietMs,
      },
      signal,
      onActivity: (activity) =>
        ports.log.write('agent.activity', {
          msg: activity.kind === 'tool' ? `${activity.tool} ${activity.detail}` : activity.detail,
          task: task.id,
          attempt: attempt.id,
          data: { ...activity },
        }),
    });
  }

  /** Commits what the agent left uncommitted and brings its work into the hub. Runs however the agent ended. */
  async #save(attempt: Attempt, task: Task, bench: Bench): Promise<Taken> {
    const { hub } = this.#context.ports;
    const saved = await bench.save(`${task.spec.title}\n`);
    const received = saved.kind === 'pack' && (await hub.receive(attempt.id, attempt.base, saved.pack));
    if (received && received.kind === 'refused') return received;
    const taken = await hub.ingest(attempt.id);
    if (taken.kind === 'refused' || taken.kind === 'secret') return taken;
    const work = taken.kind === 'commit' ? taken.commit : undefined;
    const why = saved.kind === 'failed' ? saved.why : leftOutOf(saved.report);
    if (why !== undefined)
      return { ...{ kind: isDiskFull(why) ? 'disk-full' : 'not-saved', why }, ...(work && { work }) };
    const { report } = saved as Extract<Saved, { report: SaveReport }>;
    return work ? { kind: 'work', work, report } : { kind: 'nothing', report };
  }

  /** Agent's ending, saved work and checks make the attempt's one ending. */
  async #end(
    attempt: Attempt,
    task: Task,
    bench: Bench,
    result: AgentResult,
    saved: Taken,
    durationMs: number,
    signal: AbortSignal,
  ): Promise<Ending> {
    const work = 'work' in saved ? { work: saved.work } : {};
    const rest = { usage: result.usage, ...work };
    if (result.end === 'aborted') return { ...stopped(signal, result.usage), ...work };
    // Whatever the agent made of it: with a full disk it could do nothing.
    if (saved.kind === 'disk-full') return { ...rest, reason: 'disk-full', detail: saved.why };
    const failure = this.#failureOf(result);
    if (failure)
      return {
        ...rest,
        reason: failure,
        detail: lines(result.detail, result.claim?.summary, saved.kind === 'not-saved' && saved.why),
      };
    if (saved.kind === 'refused') return { ...rest, reason: 'intake-refused', detail: saved.why };
    if (saved.kind === 'not-saved') return { ...rest, reason: 'not-saved', detail: saved.why };
    if (saved.kind === 'secret') return { ...rest, reason: 'secret-found', detail: saved.why };

    const claim = withConcerns(result.claim ?? NO_CLAIM, saved.report);
    const handoff = {
      ...claim,
      taskId: task.id,
      attempt: attempt.id,
      toolCalls: result.toolCalls,
      durationMs,
    };
    if (task.spec.kind === 'answer') {
      return result.claim
        ? { ...rest, reason: 'answered', detail: '', handoff }
        : { ...rest, reason: 'no-change', detail: 'an answer was asked for, and none was handed in' };
    }
    const change =
      saved.kind === 'work' ? await this.#context.ports.hub.measure(saved.work, attempt.base) : undefined;
    const failed = await this.#check(attempt, task, bench, change, signal);
    // What the agent used was used, however the checks ended.
    if (failed) return { ...failed, ...rest };
    if (!change) return this.#withoutChange(task, result, handoff, saved.report);
    return { ...rest, reason: 'handed-in', detail: '', handoff: { ...handoff, change } };
  }

  /** While no endpoint answers, running out of time is nobody's fault, and no attempt is burned. */
  #failureOf(result: AgentResult): EndingReason | undefined {
    const isOutage = this.#context.state.paused?.reason === 'endpoints-down';
    if (isOutage && (result.end === 'timeout' || result.end === 'stuck')) return 'model-down';
    return AGENT_ENDS[result.end];
  }

  /** No commit: "already so" when its own verification agrees, or, without one, when the agent says so. */
  #withoutChange(task: Task, result: AgentResult, handoff: Handoff, { ignored }: SaveReport): Ending {
    const isSo = task.spec.verify !== undefined || result.claim?.status === 'complete';
    return isSo
      ? { reason: 'unneeded', detail: '', usage: result.usage, handoff }
      : {
          reason: 'no-change',
          detail: lines(
            result.claim?.summary || result.detail || 'the agent changed nothing',
            ignored.length > 0 && `it left only files that .gitignore matches: ${ignored.join(', ')}`,
          ),
          usage: result.usage,
        };
  }

  /** The task's own verification, then the gate, once, so that what fails is mended before it queues. */
  async #check(
    attempt: Attempt,
    task: Task,
    bench: Bench,
    change: MeasuredChange | undefined,
    signal: AbortSignal,
  ): Promise<{ reason: EndingReason; detail: string } | undefined> {
    const { ports, settings, state } = this.#context;
    if (task.spec.verify !== undefined) {
      const ran = await bench.shell({
        name: `verify-${attempt.id}`,
        command: task.spec.verify,
        limits: { wallMs: settings.gate.timeoutMs, outputBytes: OUTPUT_BYTES_MAX },
        signal,
      });
      const ok = ran.end === 'exited' && ran.exitCode === 0;
      ports.log.write('verify.ended', {
        msg: `${attempt.id} ${ok ? 'verified' : 'failed its verification'}`,
        task: task.id,
        attempt: attempt.id,
        data: { ok, end: ran.end, exitCode: ran.exitCode ?? null, durationMs: ran.durationMs },
      });
      if (ran.end === 'aborted') return stopped(signal, NO_USAGE);
      if (!ok && (await isFullAfter(ports.host, ran)))
        return { reason: 'disk-full', detail: tailOf(ran.output) };
      if (!ok)
        return {
          reason: 'verify-failed',
          detail: `\`${shortened(task.spec.verify)}\` ended with ${ran.exitCode ?? ran.end}: ${toldFirst(ran.output)}`,
        };
    }
    if (!change || !settings.gate.preGate || !state.run.request.gate) return undefined;
    const { ran, result } = await this.#gate.runIn(bench, `pregate-${attempt.id}`, signal, state.headGate);
    const ok = result.outcome === 'passed' || isNoNews(state, result);
    ports.log.write('pregate.ended', {
      msg: `${attempt.id} ${ok ? 'passes' : 'fails'} the gate in its workspace`,
      task: task.id,
      attempt: attempt.id,
      data: { ok, end: ran.end, exitCode: ran.exitCode ?? null, durationMs: ran.durationMs },
    });
    if (ran.end === 'aborted') return stopped(signal, NO_USAGE);
    if (!ok && (await isFullAfter(ports.host, ran)))
      return { reason: 'disk-full', detail: tailOf(ran.output) };
    if (!ok)
      return {
        reason: 'gate-failed',
        detail: `${result.output}\n\nThe gate \`${state.run.request.gate}\` ended with ${ran.exitCode ?? ran.end}.${wantsNetwork(result.output) ? ' Gates have no network.' : ''}`,
      };
    return undefined;
  }
}

/** A long command must not push what failed out of the line it is told in. */
const shortened = (command: string): string => (command.length > 80 ? `${command.slice(0, 79)}…` : command);

/** @param usage what its agent had used by then. */
function cannotRun(error: unknown, signal: AbortSignal, usage = NO_USAGE): Ending {
  if (signal.aborted) return stopped(signal, usage);
  const detail = detailOf(error);
  if (isDiskFull(detail)) return { reason: 'disk-full', detail, usage };
  if (!(error instanceof SwarmError)) throw error;
  return { reason: 'cannot-run', detail, usage };
}

/** Failing with nothing but what the base or the present head fails with: the work may stand on either. */
const isNoNews = (state: State, result: GateResult): boolean =>
  isNoWorse(result, state.headGate) || isNoWorse(result, state.baseGate);

type Taken =
  | { readonly kind: 'work'; readonly work: CommitId; readonly report: SaveReport }
  | { readonly kind: 'nothing'; readonly report: SaveReport }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'secret'; readonly why: string }
  /** What could be saved is kept, for the next attempt to go on from. */
  | { readonly kind: 'not-saved'; readonly why: string; readonly work?: CommitId }
  | { readonly kind: 'disk-full'; readonly why: string; readonly work?: CommitId };

const lines = (...parts: readonly (string | false | undefined)[]): string => parts.filter(Boolean).join('\n');

/** Undefined: nothing was. */
const leftOutOf = ({ leftOut }: SaveReport): string | undefined =>
  leftOut.length === 0 ? undefined : `not all of the work could be saved:\n${leftOut.join('\n')}`;

/** What became of the work on its way here, for whoever reads the handoff. */
function withConcerns(claim: HandoffClaim, { unwrapped }: SaveReport): HandoffClaim {
  if (unwrapped.length === 0) return claim;
  const folders = unwrapped.slice(0, CONCERNS_MAX).join(', ');
  const concern = `a git repository of its own was made in ${folders}: its files were taken, its history was not`;
  return { ...claim, concerns: [...claim.concerns, concern] };
}
const CONCERNS_MAX = 10;

const NO_CLAIM: HandoffClaim = { status: 'complete', summary: '', concerns: [], suggestions: [] };
