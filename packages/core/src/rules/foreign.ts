/** Whether a task is a worker's elsewhere, one that is registered at the bridge: it names it, or asks for what only such a worker has. */
import type { TaskSpec } from '../model/task.ts';
import { offers } from './capabilities.ts';
import { ableKinds, type Distribution, EVERYBODY } from './distribute.ts';

/** A worker that was registered when the run began. */
export interface ForeignWorker {
  readonly name: string;
  /** Its own name with its version among them. */
  readonly capabilities: readonly string[];
}

/** Who there is here, as tasks ask for them. */
export interface Here {
  readonly agents?: readonly string[] | undefined;
  readonly distribute?: Distribution | undefined;
  readonly foreign?: readonly ForeignWorker[] | undefined;
}

/** Whom its call is for: one of that name, or anybody who has all of this. */
export type ForeignWish = { readonly name: string } | { readonly requires: readonly string[] };

type Asks = Pick<TaskSpec, 'agent' | 'role' | 'requires'>;

/** Undefined: it is done here, or by nobody. Whoever is here goes first. */
export function foreignFor(asks: Asks, here: Here): ForeignWish | undefined {
  const { foreign = [] } = here;
  const { agent, requires } = asks;
  if (agent !== undefined) return foreign.some(({ name }) => name === agent) ? { name: agent } : undefined;
  if (requires.length === 0 || isAbleHere(asks, here)) return undefined;
  const able = foreign.some((one) => requires.every((wanted) => hasIt(one, wanted)));
  return able ? { requires } : undefined;
}

const hasIt = ({ capabilities }: ForeignWorker, wanted: string): boolean =>
  capabilities.some((one) => offers(one, wanted));

function isAbleHere(asks: Asks, { agents = [], distribute }: Here): boolean {
  if (distribute) return ableKinds(distribute, asks, { agents }).length > 0;
  return asks.requires.every((wanted) => wanted === EVERYBODY || agents.includes(wanted));
}

/** What a worker of this run has to have to see to it: what somebody elsewhere has, nobody here need have. */
export const neededHere = <T extends Asks>(asks: T, here: Here): T =>
  here.foreign !== undefined && foreignFor(asks, here) ? { ...asks, requires: [] } : asks;
