/** One candidate's run of the gate: its own effect, beside the others. Its verdict is recorded; nothing follows here. */
import type { TreeId } from '@swarm/core/model/ids';
import type { GateResult, Landing, LandingMember } from '@swarm/core/model/landing';
import { failuresOf } from '@swarm/core/rules/batching';
import { isRetryWorth } from '@swarm/core/rules/estimates';
import { gateAt, judged } from '@swarm/core/rules/known-failures';
import { type OpenedState, passKey } from '@swarm/core/state';
import { isTakenBack } from '@swarm/core/wanted';
import type { Context } from '../context.ts';
import type { Gate, Verdict } from './gate.ts';
import { weighed } from './judge.ts';

export class Testing {
  readonly #context: Context<'log' | 'reader'>;
  readonly #gate: Gate;

  constructor(context: Context<'log' | 'reader'>, gate: Gate) {
    this.#context = context;
    this.#gate = gate;
  }

  /** The verdict that needs no run: there is no gate, or the same tree was tested before. */
  known(members: readonly LandingMember[], tree: TreeId): GateResult | undefined {
    const known = this.#gate.known(tree);
    if (known) return known;
    const failed = failureOf(this.#context.state, tree);
    if (!failed || this.#retries(members, 0) > 0) return undefined;
    return judged({ ...failed, durationMs: 0, remembered: true }, this.#context.state.headGate);
  }

  async test(landing: Landing, signal: AbortSignal): Promise<void> {
    const { ask, state } = this.#context;
    const { id, members, candidate } = landing;
    const failedBefore = failureOf(state, candidate.tree) !== undefined;
    const retries = failedBefore ? this.#retries(members, 0) - 1 : this.#retries(members, 1);
    this.#tell(landing);
    const verdict = await this.#gate.run(
      `gate-${id}`,
      candidate.commit,
      Math.max(0, retries),
      signal,
      gateAt(state, candidate.parent),
    );
    if (verdict.kind === 'aborted') {
      const reason = isTakenBack(state, landing) ? 'cancelled' : 'restart';
      await ask({ type: 'dropLanding', landing: id, reason });
      return;
    }
    const result = await weighed(this.#context, resultOf(verdict, state.run.request.gateHash), landing);
    const flaky = result.flaky || (failedBefore && result.outcome === 'passed');
    await ask({ type: 'recordGate', landing: id, result: { ...result, flaky } });
  }

  /** How often a failure of this one is tried again: several are divided instead, which tells more. */
  #retries([first, ...more]: readonly LandingMember[], failuresNow: number): number {
    const { line } = this.#context.state;
    const failures = failuresOf(line, first!.attempt) + failuresNow;
    const isWorth = more.length === 0 && isRetryWorth(line.estimates, failures);
    return isWorth ? this.#context.settings.gate.flakyRetries : 0;
  }

  #tell({ id, members, candidate }: Landing): void {
    const tasks = members.map((member) => member.task);
    const [first] = members;
    this.#context.ports.log.write('gate.started', {
      msg: `gate on ${id} (${tasks.join(', ')})`,
      ...(members.length === 1 && { task: first!.task, attempt: first!.attempt }),
      data: {
        landing: id,
        tasks,
        commit: candidate.commit,
        gate: this.#context.state.run.request.gate,
      },
    });
  }
}

function failureOf(state: OpenedState, tree: TreeId): GateResult | undefined {
  return state.failed.get(passKey(state.run.request.gateHash, tree));
}

/** What was set up for the gate is part of what it judges: a setup that fails is a gate that fails. */
function resultOf(verdict: Exclude<Verdict, { kind: 'aborted' }>, gateHash: string): GateResult {
  if (verdict.kind === 'verdict') return verdict.result;
  return {
    outcome: 'failed',
    gate: gateHash,
    durationMs: 0,
    signatures: [],
    output: verdict.detail,
    flaky: false,
    remembered: false,
  };
}
