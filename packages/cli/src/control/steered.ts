import type { Command, Decision, Refusal, RunId, State, UndoAsk } from '@swarm/core';
import type { UndoOutcome } from '@swarm/orchestrator';

/** The run, as far as it can be steered. */
export interface Steered {
  readonly run: RunId;
  readonly state: () => State;
  readonly ask: (command: Command) => Promise<Decision | Refusal>;
  /** Settles when it is over, or the run is left. */
  readonly undo: (ask: UndoAsk) => Promise<UndoOutcome>;
  readonly isStopping: () => boolean;
}
