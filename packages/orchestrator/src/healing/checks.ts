import type { CommitId } from '@swarm/core/model/ids';
import type { ChecksResult, Finding } from '@swarm/core/model/request';
import type { Bench } from '@swarm/core/ports/bench';
import type { SandboxResult } from '@swarm/core/ports/running';
import type { Context } from '../context.ts';
import { outcomeOf } from '../landing/gate.ts';
import { OUTPUT_BYTES_MAX, tailOf } from '../settings.ts';
import { isFullAfter, leaveForDisk } from '../working/disk-full.ts';
import { setupOf } from '../working/setup-ask.ts';
import { readFailures } from './failures.ts';
import { findMarkers } from './markers.ts';

export interface Checked {
  readonly result: ChecksResult;
  readonly findings: readonly Finding[];
}

/** Runs the full checks on one commit, in a clean workspace of its own, contained like a gate. */
export class Checks {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** @returns undefined when it was stopped. */
  async runOn(head: CommitId, name: string, signal: AbortSignal): Promise<Checked | undefined> {
    const bench = await this.#context.ports.host.open({
      name,
      base: head,
      ...setupOf(this.#context),
      signal,
    });
    if (bench.kind === 'bench') return this.#runAt(head, bench, name, signal);
    if (bench.reason === 'setup-failed') return this.#read(head, cannotRun(bench.detail));
    if (bench.reason === 'disk-full') await leaveForDisk(this.#context, bench.detail);
    return undefined;
  }

  async #runAt(
    head: CommitId,
    bench: Bench,
    name: string,
    signal: AbortSignal,
  ): Promise<Checked | undefined> {
    const { settings, state, ports } = this.#context;
    try {
      const ran = await bench.shell({
        name,
        command: state.run.request.checks!,
        limits: { wallMs: settings.checks.timeoutMs, outputBytes: OUTPUT_BYTES_MAX },
        signal,
      });
      if (ran.end === 'aborted') return undefined;
      if (outcomeOf(ran) === 'passed' || !(await isFullAfter(ports.host, ran)))
        return await this.#read(head, ran);
      await leaveForDisk(this.#context, tailOf(ran.output));
      return undefined;
    } finally {
      await bench.close();
    }
  }

  /** A head with conflict markers in it is red, whatever the command says of it. */
  async #read(head: CommitId, ran: SandboxResult): Promise<Checked> {
    const { ports, state } = this.#context;
    const told = outcomeOf(ran);
    const failures = told === 'passed' ? [] : readFailures(ran.output);
    const findings = [
      ...failures.map((f) => ({ ...f, head })),
      ...(await findMarkers(ports.reader, state.run.request.base, head)),
    ];
    const outcome = told === 'passed' && findings.length > 0 ? 'failed' : told;
    const signatures = findings.map((f) => f.signature);
    return { result: { head, outcome, signatures, durationMs: ran.durationMs }, findings };
  }
}

const cannotRun = (output: string): SandboxResult => ({
  end: 'cannot-run',
  exitCode: undefined,
  output,
  durationMs: 0,
});
