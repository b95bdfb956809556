/** One undo of a run nobody works on: its journal is opened, the landings are taken back, and it is left again. */
import type { Command } from '@swarm/core/commands';
import type { Decision } from '@swarm/core/decide';
import { planUndo, type UndoAsk } from '@swarm/core/decisions/undo';
import type { Refusal } from '@swarm/core/errors';
import { tellEvent } from '@swarm/core/views/telling';
import { Applier } from './apply.ts';
import type { Context } from './context.ts';
import { writeReport } from './finish.ts';
import { Gate } from './landing/gate.ts';
import { MergeQueue } from './landing/merge-queue.ts';
import { Probes } from './landing/probes.ts';
import { Undo, type UndoOutcome } from './landing/undo.ts';
import type { OrchestratorPorts, Settings } from './settings.ts';

/** The caller holds the repository's lock. What cannot be is refused before anything is written. */
export async function undoInRun(
  ports: OrchestratorPorts,
  settings: Settings,
  ask: UndoAsk,
  signal: AbortSignal,
): Promise<UndoOutcome> {
  const context = contextOf(ports, settings);
  const planned = planUndo(context.state, ask);
  if (planned.kind === 'refused') return planned;
  await ports.host.reap();
  // A run that can be resumed is taken up and left again, so that the time between is not counted as its own.
  const isOpen = context.state.closed === undefined;
  const { version, host, pid } = settings;
  const { moreAt } = context.state;
  if (isOpen) await context.ask({ type: 'resumeRun', version, host, pid });
  const gate = new Gate(context);
  const mergeQueue = new MergeQueue(context, gate, new Probes(context));
  const outcome = await new Undo(context, gate, () => mergeQueue.lookAtTarget()).undo(ask, signal);
  if (isOpen) await context.ask({ ...LEFT_AGAIN, ...(moreAt !== undefined && { moreAt }) });
  await writeReport(context.state, ports);
  return outcome;
}

const LEFT_AGAIN = { type: 'stop', reason: 'undo', detail: 'left again after an undo' } as const;

/** Decides and writes each command at once: nobody else asks. */
function contextOf(ports: OrchestratorPorts, settings: Settings): Context {
  const { journal, clock, log } = ports;
  const applier = new Applier({
    journal,
    clock,
    tell: (entry, state) => {
      for (const event of entry.events) log.write(event.type, tellEvent(event, state));
    },
  });
  const ask = async (command: Command): Promise<Decision | Refusal> => {
    const answer = applier.decide(command);
    await applier.flush();
    return answer;
  };
  return { state: applier.opened, ports, settings, ask, halt: () => undefined };
}
