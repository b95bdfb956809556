/**
 * Which worker does a task, where there are several kinds of them: one that has what the task asks for, and among those the
 * one that the operator's way of choosing takes. Workers of a kind are its slots: `strong-1`, `strong-2`.
 */
import type { TaskSpec } from '../model/task.ts';
import { nameOf, offers } from './capabilities.ts';

export const DISTRIBUTIONS = ['capability', 'round-robin', 'load'] as const;

export interface WorkerKind {
  readonly name: string;
  readonly slots: number;
  readonly capabilities: readonly string[];
}

export interface Distribution {
  readonly by: (typeof DISTRIBUTIONS)[number];
  readonly kinds: readonly WorkerKind[];
}

export type Needs = Pick<TaskSpec, 'role' | 'requires'>;

/** What every worker is, whatever else it can do. */
export const EVERYBODY = 'coder';

/** Capabilities that are everybody's: the agents of the run. */
export interface Shared {
  readonly agents: readonly string[];
}

/** What a task asks for. A role counts where some kind of worker names it: else anybody does it. */
export function wantsOf({ role, requires }: Needs, { kinds }: Distribution): readonly string[] {
  const isNamed =
    role !== undefined && kinds.some((kind) => kind.capabilities.some((one) => nameOf(one) === role));
  return isNamed ? [...requires, role] : requires;
}

/** The first thing that a kind lacks of what is wanted; undefined: it can do it. */
export function lacking(kind: WorkerKind, wants: readonly string[], { agents }: Shared): string | undefined {
  const has = [...kind.capabilities, ...agents, EVERYBODY];
  return wants.find((wanted) => !has.some((one) => offers(one, wanted)));
}

/** Kinds of workers that can do it. */
export const ableKinds = (d: Distribution, needs: Needs, shared: Shared): readonly WorkerKind[] =>
  d.kinds.filter((kind) => lacking(kind, wantsOf(needs, d), shared) === undefined);

/** The kind that a worker's name says it is of. */
export const kindOf = (d: Distribution, worker: string): WorkerKind | undefined =>
  d.kinds.find(({ name, slots }) => {
    const number = worker.startsWith(`${name}-`) ? worker.slice(name.length + 1) : '';
    return /^[1-9]\d{0,5}$/.test(number) && Number(number) <= slots;
  });

interface Free {
  readonly kind: WorkerKind;
  readonly place: number;
  readonly slots: readonly string[];
}

/**
 * The worker that takes the task; undefined: all that could are taken.
 * @param busy names of workers at work. @param turn how many attempts were started so far: whose turn it is.
 */
export function workerFor(
  d: Distribution,
  needs: Needs,
  { busy, turn, ...shared }: Shared & { readonly busy: ReadonlySet<string>; readonly turn: number },
): string | undefined {
  const able = new Set(ableKinds(d, needs, shared));
  const free = d.kinds
    .map((kind, place): Free => ({ kind, place, slots: able.has(kind) ? freeOf(kind, busy) : [] }))
    .filter(({ slots }) => slots.length > 0);
  const before = orderOf(d, turn);
  return free.reduce<Free | undefined>(
    (best, one) => (best && before(best, one) <= 0 ? best : one),
    undefined,
  )?.slots[0];
}

const freeOf = ({ name, slots }: WorkerKind, busy: ReadonlySet<string>): readonly string[] =>
  Array.from({ length: slots }, (_, i) => `${name}-${i + 1}`).filter((worker) => !busy.has(worker));

/** Of two kinds the smaller one takes the task; of equals the one that was configured first. */
function orderOf({ by, kinds }: Distribution, turn: number): (a: Free, b: Free) => number {
  switch (by) {
    // Who can do little more than this does it, so that whoever can do much stays free for what needs it.
    case 'capability':
      return (a, b) => a.kind.capabilities.length - b.kind.capabilities.length || a.place - b.place;
    case 'load':
      return (a, b) => loadOf(a) - loadOf(b) || a.place - b.place;
    case 'round-robin': {
      const since = ({ place }: Free): number =>
        (place - (turn % kinds.length) + kinds.length) % kinds.length;
      return (a, b) => since(a) - since(b);
    }
  }
}

/** The share of its slots that is taken. */
const loadOf = ({ kind, slots }: Free): number => 1 - slots.length / kind.slots;
