/** One planner's answer for a look beforehand: the same prompt, tools and reading as in a run, and nothing is kept. */
import type { Command } from '@swarm/core/commands';
import type { IterationOutcome } from '@swarm/core/events';
import { fold } from '@swarm/core/fold';
import { NO_USAGE, type Usage } from '@swarm/core/model/usage';
import type { RunFiles } from '@swarm/core/ports/world';
import type { TaskDraft } from '@swarm/core/rules/task-format';
import { emptyState, type OpenedState, opened } from '@swarm/core/state';
import type { OnDisk } from '../context.ts';
import type { Halt } from '../inputs.ts';
import type { OrchestratorPorts, Settings } from '../settings.ts';
import { Planner } from './planner.ts';

export interface PlannedOnce {
  readonly drafts: readonly TaskDraft[];
  /** Tasks that were given and cannot be read, with why. */
  readonly refused: readonly { readonly label: string; readonly problem: string }[];
  readonly outcome: IterationOutcome;
  readonly detail: string;
  readonly usage: Usage;
  /** What ends a run, such as a rejected key. */
  readonly halt?: Halt;
}

type Ports = Required<Pick<OrchestratorPorts, 'model' | 'prompts' | 'reader' | 'log'>>;

/** @param settings those a new run would open with. */
export async function planOnce(
  ports: Ports,
  settings: Settings & Required<Pick<Settings, 'open'>>,
  signal: AbortSignal,
): Promise<PlannedOnce> {
  const state = emptyState();
  const { version } = settings;
  fold(state, { seq: 1, at: 0, cause: 'look', events: [{ type: 'run.opened', version, ...settings.open }] });
  return planFrom(opened(state), 1, ports, settings, signal);
}

/**
 * The same in the middle of a run, as its journal was then: what the planner would have answered.
 * @param state of before the iteration.
 */
export async function planFrom(
  state: OpenedState,
  iteration: number,
  ports: Ports,
  settings: Settings,
  signal: AbortSignal,
): Promise<PlannedOnce> {
  const drafts: TaskDraft[] = [];
  const refused: { label: string; problem: string }[] = [];
  let ended: { outcome: IterationOutcome; detail: string; usage: Usage } | undefined;
  let halt: Halt | undefined;
  const ask = async (command: Command) => {
    if (command.type === 'acceptTasks') drafts.push(...command.drafts);
    if (command.type === 'refuseTask') refused.push({ label: command.label, problem: command.problem });
    if (command.type === 'endIteration') ended = command;
    return { kind: 'decision', events: [] } as const;
  };
  const planner = new Planner({
    // Nothing is kept, so that nothing can be ahead of a disk.
    state: state as OnDisk,
    ports: { ...ports, files: NOTHING_KEPT },
    settings,
    ask,
    halt: (why) => {
      halt ??= why;
    },
  });
  await planner.iterate(iteration, signal);
  const { outcome, detail, usage } = ended ?? { outcome: 'lost' as const, detail: '', usage: NO_USAGE };
  return { drafts, refused, outcome, detail, usage, ...(halt && { halt }) };
}

const NOTHING_KEPT: RunFiles = {
  writeHandoff: async () => undefined,
  writeReport: async () => undefined,
  writePlannerAnswer: async () => undefined,
  writeGateOutput: async (name) => name,
  writeEvidence: async () => undefined,
  readEvidence: async () => undefined,
};
