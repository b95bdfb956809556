import type { Command } from '@swarm/core/commands';
import type { Decision } from '@swarm/core/decide';
import type { Refusal } from '@swarm/core/errors';
import type { State } from '@swarm/core/state';
import type { Halt } from './inputs.ts';
import type { OrchestratorPorts, Settings } from './settings.ts';

/** What every effect works with. `state` is read, never written; `ask` resolves once the decision is durable. */
export interface Context {
  readonly state: State;
  readonly ports: OrchestratorPorts;
  readonly settings: Settings;
  readonly ask: (command: Command) => Promise<Decision | Refusal>;
  /** `state` is ahead of the journal: true once all that was in it when this was asked is on disk. */
  readonly durable: () => Promise<boolean>;
  readonly halt: (halt: Halt) => void;
}
