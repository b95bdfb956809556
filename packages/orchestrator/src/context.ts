import type { Command } from '@swarm/core/commands';
import type { Decision } from '@swarm/core/decide';
import type { Refusal } from '@swarm/core/errors';
import type { OpenedState, State } from '@swarm/core/state';
import type { Halt } from './inputs.ts';
import type { OrchestratorPorts, Settings } from './settings.ts';

declare const onDisk: unique symbol;

/**
 * A state that holds nothing but what is on disk. Only the applier makes one. The state it decides on is ahead of
 * the journal and has another type, so that nothing that acts on the world can be given that one.
 */
export type OnDisk<S extends State = OpenedState> = S & { readonly [onDisk]: true };

/**
 * What an effect works with. `P` names the ports it uses; it sees no others.
 * `state` is read, never written. `ask` resolves once the decision is on disk, and `state` has it then.
 */
export interface Context<P extends keyof OrchestratorPorts = keyof OrchestratorPorts> {
  readonly state: OnDisk;
  readonly ports: Pick<OrchestratorPorts, P>;
  readonly settings: Settings;
  readonly ask: (command: Command) => Promise<Decision | Refusal>;
  readonly halt: (halt: Halt) => void;
}
