/** What an attempt that came to its own end amounts to: gathers what git and the checks say, and asks the table. */
import type { Attempt } from '@swarm/core/model/attempt';
import { isHeldBack } from '@swarm/core/model/evolve-task';
import type { Handoff, HandoffClaim, MeasuredChange } from '@swarm/core/model/handoff';
import type { CommitId } from '@swarm/core/model/ids';
import type { GateResult } from '@swarm/core/model/landing';
import type { Task } from '@swarm/core/model/task';
import type { Bench, CannotRun } from '@swarm/core/ports/bench';
import type { SaveReport } from '@swarm/core/ports/git';
import type { AgentResult } from '@swarm/core/ports/running';
import { endingOf, type HandoffFacts, needsProof, whyNoChange } from '@swarm/core/rules/handoffs';
import { isNoWorse } from '@swarm/core/rules/known-failures';
import { wantsNetwork } from '@swarm/core/rules/network-words';
import type { State } from '@swarm/core/state';
import { lines } from '@swarm/core/views/words';
import type { Context } from '../context.ts';
import type { Gate } from '../landing/gate.ts';
import type { Evidence } from '../reviewing/evidence.ts';
import { tailOf } from '../settings.ts';
import { isFullAfter } from './disk-full.ts';
import { type Ending, stopped, withoutBench } from './ending.ts';
import { Proofs } from './proof.ts';
import { setupOf } from './setup-ask.ts';
import { scriptsIn, Vacuity } from './vacuity.ts';

/** An attempt whose agent has finished and whose work is in the hub. */
export interface Finished {
  readonly attempt: Attempt;
  readonly task: Task;
  readonly bench: Bench;
  /** The earlier work the bench was made with; undefined: it began at the base. */
  readonly from: CommitId | undefined;
  readonly result: AgentResult;
  /** The folders that are checked out on the bench; undefined: every file is. */
  readonly only: readonly string[] | undefined;
  /** What was saved; undefined: nothing differs from what it was given. */
  readonly work: CommitId | undefined;
  readonly report: SaveReport;
  readonly durationMs: number;
  readonly signal: AbortSignal;
}

/** What every ending of it carries: what the agent used was used, however the checks ended. */
type Kept = Pick<Ending, 'usage' | 'work' | 'claim'>;

export class Judge {
  readonly #context: Context;
  readonly #gate: Gate;
  readonly #proofs: Proofs;
  readonly #vacuity: Vacuity;

  readonly #evidence: Evidence;

  constructor(context: Context, gate: Gate, evidence: Evidence) {
    this.#context = context;
    this.#gate = gate;
    this.#evidence = evidence;
    this.#proofs = new Proofs(context, gate, evidence);
    this.#vacuity = new Vacuity(context);
  }

  async judge(finished: Finished): Promise<Ending> {
    const { attempt, task, result, work, report, signal } = finished;
    const { usage, claim } = result;
    const change = work && (await this.#context.ports.hub.measure(work, attempt.base));
    const hasChange = change !== undefined && task.spec.kind === 'change';
    const facts = {
      kind: task.spec.kind,
      status: claim?.status,
      hasChange,
      earlier: await this.#earlier(finished),
    };
    const commit = hasChange ? change.commit : attempt.base;
    const shown = needsProof(facts)
      ? await this.#proofs.show({ attempt: attempt.id, task, commit, hasChange }, signal)
      : NOT_ASKED;
    const kept: Kept = { usage, ...(work && { work }), ...(claim && { claim }) };
    if (shown.kind === 'ended') return { ...kept, reason: shown.reason, detail: shown.detail };
    const reason = endingOf(facts, shown.proof);
    const said = {
      ...withConcerns(claim ?? NO_CLAIM, report),
      taskId: task.id,
      attempt: attempt.id,
      toolCalls: result.toolCalls,
      durationMs: finished.durationMs,
    };
    switch (reason) {
      case 'handed-in':
        return this.#handIn(finished, kept, { ...said, change: change! });
      case 'answered':
      case 'unneeded':
        return { ...kept, reason, detail: '', handoff: said };
      case 'work-dropped':
        // Without the commit it came back with: the next attempt goes on from the one that is gone.
        return {
          usage,
          ...(claim && { claim }),
          reason,
          detail: droppedText(finished.from!, claim?.summary),
        };
      case 'no-change': {
        const why = whyNoChange(facts, shown.proof);
        return { ...kept, reason, detail: lines(why, hiddenText(report), shown.detail, claim?.summary) };
      }
      default: {
        const log = 'log' in shown && shown.log !== undefined ? { log: shown.log } : {};
        return { ...kept, ...log, reason, detail: lines(shown.detail || result.detail, hiddenText(report)) };
      }
    }
  }

  async #handIn(
    finished: Finished,
    kept: Kept,
    handoff: Handoff & { readonly change: MeasuredChange },
  ): Promise<Ending> {
    const gated = await this.#preGate(finished, kept);
    if (gated.kind === 'ended') return gated.ending;
    // Only where it is held against others that is a fact of the work, and not of the moment.
    const gate = gated.outcome !== undefined && isHeldBack(finished.task) && { gate: gated.outcome };
    const found = await this.#found(finished, handoff.change);
    return { ...kept, reason: 'handed-in', detail: '', handoff: { ...handoff, ...gate, ...found } };
  }

  /** What is told of the change, and keeps it from nothing. */
  async #found(
    { attempt, task, signal }: Finished,
    change: MeasuredChange,
  ): Promise<Pick<Handoff, 'tests' | 'scripts'>> {
    const [tests, scripts] = await Promise.all([
      this.#vacuity.try(attempt.id, task, change, signal),
      scriptsIn(this.#context, change),
    ]);
    return { ...(tests && { tests }), ...(scripts.length > 0 && { scripts }) };
  }

  async #earlier({ from, work, attempt }: Finished): Promise<HandoffFacts['earlier']> {
    if (!from) return 'none';
    return (await this.#context.ports.hub.isAncestor(from, work ?? attempt.base)) ? 'kept' : 'gone';
  }

  /** The gate, once, in its workspace, so that what fails is mended before it queues. */
  async #preGate(finished: Finished, kept: Kept): Promise<Gated> {
    const { settings, state } = this.#context;
    if (!settings.gate.preGate || !state.run.request.gate) return UNGATED;
    if (!finished.only) return this.#preGateOn(finished.bench, finished, kept);
    const bench = await this.#wholeBench(finished);
    if (bench.kind === 'cannot-run')
      return ended({ ...kept, ...withoutBench(bench, finished.signal, kept.usage) });
    return this.#preGateOn(bench, finished, kept).finally(() => bench.close());
  }

  /** Of what was saved: the gate sees every file, whatever the agent saw. */
  #wholeBench({ attempt, work, signal }: Finished): Promise<Bench | CannotRun> {
    const name = `pregate-${attempt.id.replace('.', '-')}`;
    return this.#context.ports.host.open({ name, base: work!, ...setupOf(this.#context), signal });
  }

  async #preGateOn(bench: Bench, { attempt, task, signal }: Finished, kept: Kept): Promise<Gated> {
    const { ports, state } = this.#context;
    const { ran, result, log } = await this.#gate.runIn(
      bench,
      `pregate-${attempt.id}`,
      signal,
      state.headGate,
    );
    const ok = result.outcome === 'passed' || isNoNews(state, result);
    ports.log.write('pregate.ended', {
      msg: `${attempt.id} ${ok ? 'passes' : 'fails'} the gate in its workspace`,
      task: task.id,
      attempt: attempt.id,
      data: { ok, end: ran.end, exitCode: ran.exitCode ?? null, durationMs: ran.durationMs },
    });
    if (ran.end === 'aborted') return ended({ ...stopped(signal, kept.usage), ...kept });
    if (ok) {
      await this.#evidence.keep(attempt.id, 'gate', ran.output);
      return { kind: 'open', outcome: result.outcome === 'passed' ? 'passed' : 'no-worse' };
    }
    if (await isFullAfter(ports.host, ran))
      return ended({ ...kept, reason: 'disk-full', detail: tailOf(ran.output) });
    const how = `The gate \`${state.run.request.gate}\` ended with ${ran.exitCode ?? ran.end}.${wantsNetwork(result.output) ? ' Gates have no network.' : ''}`;
    return ended({ ...kept, reason: 'gate-failed', detail: `${result.output}\n\n${how}`, log });
  }
}

/** What the gate made of it in its workspace: its end, or nothing that keeps it. */
type Gated =
  | { readonly kind: 'ended'; readonly ending: Ending }
  | { readonly kind: 'open'; readonly outcome?: NonNullable<Handoff['gate']> };
const UNGATED: Gated = { kind: 'open' };
const ended = (ending: Ending): Gated => ({ kind: 'ended', ending });

const NOT_ASKED = { kind: 'shown', proof: 'none', detail: '' } as const;

/** Of an agent that only exits: with a change, exit code 0 is its word for done. */
const NO_CLAIM: HandoffClaim = { status: 'complete', summary: '', concerns: [], suggestions: [] };

/** Failing with nothing but what the base or the present head fails with: the work may stand on either. */
const isNoNews = (state: State, result: GateResult): boolean =>
  isNoWorse(result, state.headGate) || isNoWorse(result, state.baseGate);

/** Said where something is missing: what looks like work, and is in no commit. */
const hiddenText = ({ ignored }: SaveReport): string =>
  ignored.length > 0 ? `.gitignore keeps out of the commit what it left in ${ignored.join(', ')}` : '';

/** Folders named in one concern. */
const FOLDERS_MAX = 10;

/** What became of the work on its way here, for whoever reads the handoff. */
function withConcerns(claim: HandoffClaim, { unwrapped }: SaveReport): HandoffClaim {
  if (unwrapped.length === 0) return claim;
  const folders = unwrapped.slice(0, FOLDERS_MAX).join(', ');
  const concern = `a git repository of its own was made in ${folders}: its files were taken, its history was not`;
  return { ...claim, concerns: [...claim.concerns, concern] };
}

const droppedText = (from: CommitId, summary: string | undefined): string =>
  lines(
    `your earlier commit ${from} is gone: neither it nor any other change is in what you handed in`,
    'it is merged into your clone again: solve its conflicts with what landed, and do not abort the merge, reset, or take one side whole',
    summary,
  );
