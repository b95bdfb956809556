import type { Command } from '@swarm/core/commands';
import type { Decision } from '@swarm/core/decide';
import type { UndoAsk } from '@swarm/core/decisions/undo';
import type { Refusal } from '@swarm/core/errors';
import type { RunId } from '@swarm/core/model/ids';
import type { State } from '@swarm/core/state';
import type { WorkerLine } from '@swarm/mesh';
import type { Proposal, UndoOutcome } from '@swarm/orchestrator';

/** The run, as far as it can be steered. */
export interface Steered {
  readonly run: RunId;
  /** Where its journal lies. */
  readonly journal: string;
  /** What is on disk. */
  readonly state: () => State;
  readonly ask: (command: Command) => Promise<Decision | Refusal>;
  /** Settles when it is over, or the run is left. */
  readonly undo: (ask: UndoAsk) => Promise<UndoOutcome>;
  /** Settles when the planner has answered, or the run is left. Nothing is changed by it. */
  readonly propose: (text: string) => Promise<Proposal>;
  readonly isStopping: () => boolean;
  /** Hosts as they are now. Absent: the run has none. */
  readonly workers?: () => readonly WorkerLine[];
}
