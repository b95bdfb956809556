import {
  type CommitId,
  type GateOutcome,
  type GateResult,
  judged,
  passKey,
  type SandboxResult,
  type TreeId,
} from '@swarm/core';
import type { Context } from '../context.ts';
import { OUTPUT_BYTES_MAX, tailOf } from '../settings.ts';
import type { Environments } from '../working/environment.ts';
import { GateReading } from './gate-reading.ts';

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
}

/** Runs the gate on exactly one commit, in a clean workspace of its own. */
export class Gate {
  readonly #context: Context;
  readonly #environments: Environments;

  constructor(context: Context, environments: Environments) {
    this.#context = context;
    this.#environments = environments;
  }

  /** What is known without running anything: no gate, or a pass on the same tree. */
  known(tree: TreeId | undefined): GateResult | undefined {
    const { gate, gateHash } = this.#context.state.run!.request;
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
    const { workspaces } = this.#context.ports;
    const workspace = await workspaces.create({ name, base: commit });
    try {
      const prepared = await this.#environments.prepare(workspace, signal);
      if (signal.aborted) return { kind: 'aborted' };
      if (!prepared.ok) return { kind: 'setup-failed', detail: prepared.detail };
      let durationMs = 0;
      for (let tries = 0; ; tries++) {
        const { ran, result } = await this.runIn(workspace, name, signal);
        if (ran.end === 'aborted') return { kind: 'aborted' };
        durationMs += ran.durationMs;
        const verdict = judged(result, before);
        if (verdict.outcome === 'failed' && tries < retries) continue;
        const flaky = tries > 0 && (verdict.outcome === 'passed' || verdict.outcome === 'no-worse');
        return { kind: 'verdict', result: { ...verdict, durationMs, flaky } };
      }
    } finally {
      await workspaces.remove(name);
    }
  }

  /** The gate command in a workspace that is there already: the worker's own, before it hands in. */
  async runIn(
    workspace: { readonly path: string; readonly readOnly: readonly string[] },
    name: string,
    signal: AbortSignal,
  ): Promise<GateRun> {
    const { ports, settings, state } = this.#context;
    const reading = new GateReading(ports.sandbox.insideOf(workspace.path), state.run!.request.gate!);
    const ran = await ports.sandbox.run({
      name,
      argv: ['/bin/sh', '-c', state.run!.request.gate!],
      workspace: workspace.path,
      readOnly: workspace.readOnly.map((host) => ({ host, inside: host })),
      readWrite: [],
      env: { CI: '1' },
      network: 'none',
      limits: { wallMs: settings.gate.timeoutMs, outputBytes: OUTPUT_BYTES_MAX, ...settings.gate.limits },
      signal,
      // Read as it comes: of a long output only the beginning and the end are kept.
      onLine: (_, line) => reading.line(line),
    });
    return { ran, result: resultOf(ran, state.run!.request.gateHash, reading) };
  }
}

const PLAIN = { durationMs: 0, signatures: [], output: '', flaky: false, remembered: false } as const;

function resultOf(ran: SandboxResult, gate: string, reading: GateReading): GateResult {
  const { tests } = reading;
  const outcome = outcomeOf(ran);
  const facts = { ...PLAIN, outcome, gate, durationMs: ran.durationMs, ...(tests && { tests }) };
  if (outcome === 'passed') return facts;
  const { signatures, isWhole } = reading.told(ran.output);
  const limit = ran.end === 'output-limit' ? 'output' : ran.limit;
  const isTold = outcome === 'failed' && isWhole && tests?.run !== 0;
  return {
    ...facts,
    signatures,
    output: tailOf(ran.output),
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
