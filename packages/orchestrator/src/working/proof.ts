/**
 * What shows that a task is done: its own `verify`, run on what was committed. A workspace holds more than that: files
 * that git ignores, leftovers of an agent. A clean checkout holds what everybody else will get.
 */
import type { EndingReason } from '@swarm/core/model/attempt';
import type { AttemptId, CommitId } from '@swarm/core/model/ids';
import type { Task } from '@swarm/core/model/task';
import { NO_USAGE } from '@swarm/core/model/usage';
import type { Bench } from '@swarm/core/ports/bench';
import type { SandboxResult } from '@swarm/core/ports/running';
import type { Proof } from '@swarm/core/rules/handoffs';
import { gateAt } from '@swarm/core/rules/known-failures';
import type { Context } from '../context.ts';
import { toldFirst } from '../landing/digest.ts';
import type { Gate } from '../landing/gate.ts';
import { KeptOutput } from '../landing/kept-output.ts';
import type { Evidence } from '../reviewing/evidence.ts';
import { OUTPUT_BYTES_MAX, tailOf } from '../settings.ts';
import { isFullAfter } from './disk-full.ts';
import { stopped } from './ending.ts';
import { setupOf } from './setup-ask.ts';

/** `ended`: it could not be found out, for a reason that is the attempt's ending. */
export type Shown =
  | { readonly kind: 'shown'; readonly proof: Proof; readonly detail: string; readonly log?: string }
  | { readonly kind: 'ended'; readonly reason: EndingReason; readonly detail: string };

export interface Judged {
  readonly attempt: AttemptId;
  readonly task: Task;
  /** What is to hold: the work as it was committed, or the base where there is none. */
  readonly commit: CommitId;
  readonly hasChange: boolean;
}

export class Proofs {
  readonly #context: Context;
  readonly #gate: Gate;
  readonly #evidence: Evidence;

  constructor(context: Context, gate: Gate, evidence: Evidence) {
    this.#context = context;
    this.#gate = gate;
    this.#evidence = evidence;
  }

  async show(judged: Judged, signal: AbortSignal): Promise<Shown> {
    const { verify } = judged.task.spec;
    if (verify !== undefined) return this.#verify(judged, verify, signal);
    return judged.hasChange ? NO_PROOF : this.#byGate(judged, signal);
  }

  async #verify(judged: Judged, command: string, signal: AbortSignal): Promise<Shown> {
    const { host } = this.#context.ports;
    const { attempt, commit } = judged;
    const name = benchNameOf(attempt);
    const clean = await host.open({ name, base: commit, ...setupOf(this.#context), signal });
    if (clean.kind === 'cannot-run') {
      if (clean.reason === 'aborted') return { kind: 'ended', ...stopped(signal, NO_USAGE) };
      if (clean.reason === 'disk-full') return { kind: 'ended', reason: 'disk-full', detail: clean.detail };
      return { kind: 'shown', proof: 'failed', detail: clean.detail };
    }
    try {
      return await this.#runIn(clean, judged, command, signal);
    } finally {
      await clean.close();
    }
  }

  async #runIn(clean: Bench, judged: Judged, command: string, signal: AbortSignal): Promise<Shown> {
    const { ports, settings } = this.#context;
    const kept = new KeptOutput();
    const ran = await clean.shell({
      name: `verify-${judged.attempt}`,
      command,
      limits: { wallMs: settings.gate.timeoutMs, outputBytes: OUTPUT_BYTES_MAX },
      signal,
      onLine: (_, line) => kept.line(line),
    });
    if (ran.end === 'aborted') return { kind: 'ended', ...stopped(signal, NO_USAGE) };
    const ok = ran.end === 'exited' && ran.exitCode === 0;
    this.#tell(judged, ran, ok);
    if (ok) {
      await this.#evidence.keep(judged.attempt, 'verify', ran.output);
      return { kind: 'shown', proof: 'passed', detail: '' };
    }
    if (await isFullAfter(ports.host, ran))
      return { kind: 'ended', reason: 'disk-full', detail: tailOf(ran.output) };
    const where = judged.hasChange ? 'in a clean checkout of what was committed' : 'on the base';
    const detail = `\`${shortened(command)}\` ended with ${ran.exitCode ?? ran.end} ${where}: ${toldFirst(ran.output)}`;
    return { kind: 'shown', proof: 'failed', detail, log: kept.text() };
  }

  #tell({ attempt, task, commit }: Judged, ran: SandboxResult, ok: boolean): void {
    this.#context.ports.log.write('verify.ended', {
      msg: `${attempt} ${ok ? 'verified' : 'failed its verification'}`,
      task: task.id,
      attempt,
      data: { ok, commit, end: ran.end, exitCode: ran.exitCode ?? null, durationMs: ran.durationMs },
    });
  }

  /** What the gate says of the base, tried only where that is not known. */
  async #byGate({ attempt, commit }: Judged, signal: AbortSignal): Promise<Shown> {
    const { state, settings } = this.#context;
    if (!state.run.request.gate) return NO_PROOF;
    const known = commit === state.head || commit === state.run.request.base;
    const before = known ? gateAt(state, commit) : undefined;
    if (before)
      return { kind: 'shown', proof: before.outcome === 'passed' ? 'passed' : 'failed', detail: '' };
    const verdict = await this.#gate.run(benchNameOf(attempt), commit, settings.gate.flakyRetries, signal);
    switch (verdict.kind) {
      case 'aborted':
        return { kind: 'ended', ...stopped(signal, NO_USAGE) };
      case 'setup-failed':
        return { kind: 'shown', proof: 'failed', detail: verdict.detail };
      case 'verdict': {
        const isPassed = verdict.result.outcome === 'passed';
        return { kind: 'shown', proof: isPassed ? 'passed' : 'failed', detail: verdict.result.output };
      }
    }
  }
}

const NO_PROOF: Shown = { kind: 'shown', proof: 'none', detail: '' };

/** A long command must not push what failed out of the line it is told in. */
const shortened = (command: string): string => (command.length > 80 ? `${command.slice(0, 79)}…` : command);

/** Of the clean checkout an attempt is judged in. */
const benchNameOf = (attempt: AttemptId): string => `verify-${attempt.replace('.', '-')}`;
