import type { CommitId, TreeId } from '@swarm/core/model/ids';
import type { GateOutcome, GateResult } from '@swarm/core/model/landing';
import type { Bench, CannotRun } from '@swarm/core/ports/bench';
import type { SandboxResult } from '@swarm/core/ports/running';
import { judged, knownFailures } from '@swarm/core/rules/known-failures';
import { passKey } from '@swarm/core/state';
import type { Context } from '../context.ts';
import { OUTPUT_BYTES_MAX, tailOf } from '../settings.ts';
import { isFullAfter, leaveForDisk } from '../working/disk-full.ts';
import { setupOf } from '../working/setup-ask.ts';
import { digest } from './digest.ts';
import { GateReading } from './gate-reading.ts';
import { KeptOutput } from './kept-output.ts';

/** A verdict on one tree, or the reason it could not be had. */
export type Verdict =
  | { readonly kind: 'verdict'; readonly result: GateResult }
  | { readonly kind: 'setup-failed'; readonly detail: string }
  | { readonly kind: 'aborted' };

/** One run of the gate's command: how it ended, and what its whole output said. */
export interface GateRun {
  readonly ran: SandboxResult;
  /** Not yet judged against anything, and as if it were the only try. */
  readonly result: GateResult;
  /** All that it printed, but for a flood. */
  readonly log: string;
}

/** Runs the gate on exactly one commit, in a clean workspace of its own. */
export class Gate {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** What is known without running anything: no gate, or a pass on the same tree. */
  known(tree: TreeId | undefined): GateResult | undefined {
    const { gate, gateHash } = this.#context.state.run.request;
    if (!gate) return { ...PLAIN, outcome: 'none', gate: 'none' };
    const passed = tree && this.#context.state.passed.get(passKey(gateHash, tree));
    return passed ? { ...passed, durationMs: 0, remembered: true } : undefined;
  }

  /**
   * The result carries its judgement: a failure with nothing new in it is `no-worse`.
   * @param retries how often a failure is tried again on the same tree before it counts.
   * @param before what the gate said of the commit's parent; absent: nothing is known to fail.
   */
  async run(
    name: string,
    commit: CommitId,
    retries: number,
    signal: AbortSignal,
    before?: GateResult,
  ): Promise<Verdict> {
    const bench = await this.#context.ports.host.open({
      name,
      base: commit,
      ...setupOf(this.#context),
      signal,
    });
    if (bench.kind === 'cannot-run') return this.#withoutBench(bench);
    try {
      return await this.#judge(bench, name, retries, signal, before);
    } finally {
      await bench.close();
    }
  }

  async #judge(
    bench: Bench,
    name: string,
    retries: number,
    signal: AbortSignal,
    before: GateResult | undefined,
  ): Promise<Verdict> {
    let durationMs = 0;
    for (let tries = 0; ; tries++) {
      const { ran, result } = await this.runIn(bench, name, signal, before);
      if (ran.end === 'aborted') return { kind: 'aborted' };
      if (result.outcome !== 'passed' && (await isFullAfter(this.#context.ports.host, ran)))
        return this.#full(tailOf(ran.output));
      durationMs += ran.durationMs;
      const verdict = judged(result, before);
      if (verdict.outcome === 'failed' && tries < retries) continue;
      const flaky = tries > 0 && (verdict.outcome === 'passed' || verdict.outcome === 'no-worse');
      return { kind: 'verdict', result: { ...verdict, durationMs, flaky } };
    }
  }

  #withoutBench({ reason, detail }: CannotRun): Verdict | Promise<Verdict> {
    if (reason === 'disk-full') return this.#full(detail);
    return reason === 'aborted' ? { kind: 'aborted' } : { kind: 'setup-failed', detail };
  }

  /** Of a tree that was tried on a full disk nothing is known. */
  async #full(detail: string): Promise<Verdict> {
    await leaveForDisk(this.#context, detail);
    return { kind: 'aborted' };
  }

  /**
   * The gate command on a bench that is there already: the worker's own, before it hands in.
   * @param before whose failures are known: what is new is told before them.
   */
  async runIn(bench: Bench, name: string, signal: AbortSignal, before?: GateResult): Promise<GateRun> {
    const { settings, state } = this.#context;
    const reading = new GateReading(bench.prefix, state.run.request.gate!);
    const kept = new KeptOutput();
    const ran = await bench.shell({
      name,
      command: state.run.request.gate!,
      limits: { wallMs: settings.gate.timeoutMs, outputBytes: OUTPUT_BYTES_MAX, ...settings.gate.limits },
      signal,
      // Read as it comes: of a long output only the beginning and the end are kept.
      onLine: (_, line) => {
        reading.line(line);
        kept.line(line);
      },
    });
    const result = resultOf(ran, state.run.request.gateHash, reading, before);
    const all = kept.text();
    if (result.outcome !== 'passed' && ran.end !== 'aborted') await this.#keepOutput(name, all || ran.output);
    return { ran, result, log: all };
  }

  /** The result has its end alone: whoever wants all of it is told where it is. */
  async #keepOutput(name: string, output: string): Promise<void> {
    const { files, log } = this.#context.ports;
    const path = await files.writeGateOutput(name, output);
    log.write('gate.kept', { msg: `all the gate said is in ${path}`, data: { name, path } });
  }
}

const PLAIN = { durationMs: 0, signatures: [], output: '', flaky: false, remembered: false } as const;

function resultOf(
  ran: SandboxResult,
  gate: string,
  reading: GateReading,
  before: GateResult | undefined,
): GateResult {
  const { tests } = reading;
  const outcome = outcomeOf(ran);
  const facts = { ...PLAIN, outcome, gate, durationMs: ran.durationMs, ...(tests && { tests }) };
  if (outcome === 'passed') return facts;
  const told = reading.told(ran.output);
  const limit = ran.end === 'output-limit' ? 'output' : ran.limit;
  // A command that a signal ended (128 and more) did not come to its own end.
  const isWholeRun = outcome === 'failed' && (ran.exitCode ?? 0) < 128;
  const isTold = isWholeRun && told.isWhole && tests?.run !== 0;
  return {
    ...facts,
    signatures: told.signatures,
    output: digest(told, ran.output, knownFailures(before)),
    ...(isTold && { isTold }),
    ...(limit && { limit }),
  };
}

export function outcomeOf(ran: SandboxResult): Exclude<GateOutcome, 'no-worse' | 'weakened' | 'none'> {
  switch (ran.end) {
    case 'exited':
      return ran.exitCode === 0 ? 'passed' : 'failed';
    case 'timeout':
      return 'timeout';
    case 'output-limit':
    case 'killed':
      return 'killed';
    default:
      return 'broken';
  }
}
