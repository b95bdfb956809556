import type { GateResult } from '@swarm/core/model/landing';
import type { Request } from '@swarm/core/model/request';
import { isToldRed } from '@swarm/core/rules/known-failures';
import { NO_NETWORK, wantsNetwork } from '@swarm/core/rules/network-words';
import type { Context } from './context.ts';
import type { Reconciler } from './healing/reconciler.ts';
import type { Gate } from './landing/gate.ts';
import type { MergeQueue } from './landing/merge-queue.ts';
import { leaveForDisk } from './working/disk-full.ts';
import { setupOf } from './working/setup-ask.ts';

/**
 * Before anything new starts: mend what a crash left, agree with the target, and try setup and gate once on the
 * bare base, in a clone of our own, so that no agent is blamed, or paid, for what was broken before.
 */
export async function startUp(
  context: Context<'clock' | 'host' | 'log'>,
  reconciler: Reconciler,
  mergeQueue: MergeQueue,
  gate: Gate,
  signal: AbortSignal,
): Promise<void> {
  await reconciler.startUp();
  await mergeQueue.lookAtTarget();
  // Nothing will be tested any more.
  if (context.state.cancelled === undefined) await checkBase(context, gate, signal);
}

async function checkBase(
  context: Context<'clock' | 'host' | 'log'>,
  gate: Gate,
  signal: AbortSignal,
): Promise<void> {
  const { ask, halt, ports, state } = context;
  const { base, setup } = state.run.request;
  if (setup) {
    const bench = await ports.host.open({ name: 'setup-0', base, ...setupOf(context), signal });
    if (bench.kind === 'bench') await bench.close();
    else if (bench.reason === 'disk-full') return leaveForDisk(context, bench.detail);
    else if (bench.reason === 'setup-failed') return halt({ why: 'setup-failed', detail: bench.detail });
  }
  if (signal.aborted || mayBegin(state.baseGate, state.run.request)) return;
  const none = gate.known(undefined);
  if (none) {
    await ask({ type: 'recordBase', gate: none });
    return;
  }
  ports.log.write('gate.started', {
    msg: 'gate on the bare base',
    data: { commit: base, gate: state.run.request.gate },
  });
  const verdict = await gate.run('gate-l0', base, context.settings.gate.flakyRetries, signal);
  switch (verdict.kind) {
    case 'aborted':
      return;
    case 'setup-failed':
      return halt({ why: 'setup-failed', detail: verdict.detail });
    case 'verdict': {
      const { result } = verdict;
      await ask({ type: 'recordBase', gate: result });
      if (result.outcome === 'broken') halt({ why: 'gate-broken', detail: result.output });
      else if (!mayBegin(result, state.run.request)) halt({ why: 'base-red', detail: redBase(result) });
    }
  }
}

/**
 * A red base is no refusal where every failure has a name: then only others block a landing. Where they have none,
 * the operator has to want it; nothing lands until one candidate passes.
 */
const mayBegin = (base: GateResult | undefined, { fixRed }: Request): boolean =>
  base !== undefined &&
  (base.outcome === 'passed' ||
    base.outcome === 'none' ||
    isToldRed(base) ||
    (fixRed === true && base.outcome !== 'broken'));

/** Said in full: it is all there is to go by before anything was changed. */
function redBase({ outcome, output }: GateResult): string {
  const network = wantsNetwork(output) ? `${NO_NETWORK}. ` : '';
  return `${network}the gate ${outcome} on the base, before anything was changed, and its failures cannot be told apart:\n${output}`;
}
