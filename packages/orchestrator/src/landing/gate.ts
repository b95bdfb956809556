import {
  type CommitId,
  type GateOutcome,
  type GateResult,
  passKey,
  type SandboxResult,
  type TreeId,
} from '@swarm/core';
import type { Context } from '../context.ts';
import { readFailures } from '../healing/failures.ts';
import { OUTPUT_BYTES_MAX, tailOf } from '../settings.ts';
import type { Environments } from '../working/environment.ts';

/** A verdict on one tree, or the reason it could not be had. */
export type Verdict =
  | { readonly kind: 'verdict'; readonly result: GateResult }
  | { readonly kind: 'setup-failed'; readonly detail: string }
  | { readonly kind: 'aborted' };

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

  /** @param retries how often a failure is tried again on the same tree before it counts. */
  async run(name: string, commit: CommitId, retries: number, signal: AbortSignal): Promise<Verdict> {
    const { request } = this.#context.state.run!;
    const { workspaces } = this.#context.ports;
    const workspace = await workspaces.create({ name, base: commit });
    try {
      const prepared = await this.#environments.prepare(workspace, signal);
      if (signal.aborted) return { kind: 'aborted' };
      if (!prepared.ok) return { kind: 'setup-failed', detail: prepared.detail };
      let durationMs = 0;
      for (let tries = 0; ; tries++) {
        const ran = await this.runIn(workspace, name, signal);
        if (ran.end === 'aborted') return { kind: 'aborted' };
        durationMs += ran.durationMs;
        const outcome = outcomeOf(ran);
        const mayBeFlaky = outcome === 'failed' && tries < retries;
        if (mayBeFlaky) continue;
        return {
          kind: 'verdict',
          result: {
            outcome,
            gate: request.gateHash,
            durationMs,
            signatures: outcome === 'passed' ? [] : readFailures(ran.output).map((f) => f.signature),
            output: outcome === 'passed' ? '' : tailOf(ran.output),
            flaky: outcome === 'passed' && tries > 0,
            remembered: false,
          },
        };
      }
    } finally {
      await workspaces.remove(name);
    }
  }

  /** The gate command in a workspace that is there already: the worker's own, before it hands in. */
  runIn(
    workspace: { readonly path: string; readonly readOnly: readonly string[] },
    name: string,
    signal: AbortSignal,
  ): Promise<SandboxResult> {
    const { request } = this.#context.state.run!;
    return this.#context.ports.sandbox.run({
      name,
      argv: ['/bin/sh', '-c', request.gate!],
      workspace: workspace.path,
      readOnly: workspace.readOnly.map((host) => ({ host, inside: host })),
      readWrite: [],
      env: { CI: '1' },
      network: 'none',
      limits: { wallMs: this.#context.settings.gate.timeoutMs, outputBytes: OUTPUT_BYTES_MAX },
      signal,
    });
  }
}

const PLAIN = { durationMs: 0, signatures: [], output: '', flaky: false, remembered: false } as const;

export function outcomeOf(ran: SandboxResult): GateOutcome {
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
