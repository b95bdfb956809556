import type { ChecksResult, CommitId, Finding, SandboxResult, Workspace } from '@swarm/core';
import type { Context } from '../context.ts';
import { outcomeOf } from '../landing/gate.ts';
import { OUTPUT_BYTES_MAX } from '../settings.ts';
import type { Environments } from '../working/environment.ts';
import { readFailures } from './failures.ts';
import { findMarkers, whyNotLooked } from './markers.ts';

export interface Checked {
  readonly result: ChecksResult;
  readonly findings: readonly Finding[];
}

/** Runs the full checks on one commit, in a clean workspace of its own, contained like a gate. */
export class Checks {
  readonly #context: Context;
  readonly #environments: Environments;

  constructor(context: Context, environments: Environments) {
    this.#context = context;
    this.#environments = environments;
  }

  /** @returns undefined when it was stopped. */
  async runOn(head: CommitId, name: string, signal: AbortSignal): Promise<Checked | undefined> {
    const { workspaces } = this.#context.ports;
    const workspace = await workspaces.create({ name, base: head });
    try {
      const prepared = await this.#environments.prepare(workspace, signal);
      if (signal.aborted) return undefined;
      const ran = prepared.ok ? await this.#run(workspace, name, signal) : cannotRun(prepared.detail);
      return ran.end === 'aborted' ? undefined : this.#read(head, ran);
    } finally {
      await workspaces.remove(name);
    }
  }

  #run(workspace: Workspace, name: string, signal: AbortSignal): Promise<SandboxResult> {
    const { ports, settings, state } = this.#context;
    return ports.sandbox.run({
      name,
      argv: ['/bin/sh', '-c', state.run!.request.checks!],
      workspace: workspace.path,
      readOnly: workspace.readOnly.map((host) => ({ host, inside: host })),
      readWrite: [],
      env: { CI: '1' },
      network: 'none',
      limits: { wallMs: settings.checks.timeoutMs, outputBytes: OUTPUT_BYTES_MAX },
      signal,
    });
  }

  /** A head with conflict markers in it is red, whatever the command says of it. */
  async #read(head: CommitId, ran: SandboxResult): Promise<Checked> {
    const told = outcomeOf(ran);
    const failures = told === 'passed' ? [] : readFailures(ran.output);
    const findings = [...failures.map((f) => ({ ...f, head })), ...(await this.#markers(head))];
    const outcome = told === 'passed' && findings.length > 0 ? 'failed' : told;
    const signatures = findings.map((f) => f.signature);
    return { result: { head, outcome, signatures, durationMs: ran.durationMs }, findings };
  }

  #markers(head: CommitId): Promise<readonly Finding[]> {
    const { ports, state } = this.#context;
    return findMarkers(ports.reader, state.run!.request.base, head).catch((error: unknown) => {
      const msg = `conflict markers could not be looked for: ${whyNotLooked(error)}`;
      ports.log.write('sweep.ended', { msg, level: 'warn', data: { head } });
      return [];
    });
  }
}

const cannotRun = (output: string): SandboxResult => ({
  end: 'cannot-run',
  exitCode: undefined,
  output,
  durationMs: 0,
});
