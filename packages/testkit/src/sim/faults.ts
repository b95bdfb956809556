import type { Random } from './random.ts';

/** What may go wrong, each with what it is. A seed has a random subset, each at a rate of its own. */
export const FAULTS = {
  crash:
    'the process is killed, or the machine loses its power: bytes not synced may be lost, half lines included',
  strays: 'what a dead process had started goes on for a while',
  disk: 'a sync fails',
  human: 'somebody pushes to the target',
  breaks: 'somebody pushes what the gate refuses',
  rewrites: 'somebody takes commits off the target by force',
  publish: 'a publication is refused, or nobody knows whether it happened',
  gate: 'the gate fails for no reason, runs out of time, or is killed',
  agent: 'agents crash, hang, do nothing, or the wrong thing',
  model: 'the planner’s answers are cut, garbage, or do not come',
  loss: 'the hub no longer has a commit it had taken in',
  save: 'work cannot be saved, or the hub refuses it',
  setup: 'a workspace or its environment cannot be made',
  operator: 'somebody cancels, retries, pauses, scales, submits and amends',
  full: 'the disk is full for a while: nothing can be written anywhere',
  rude: 'the model calls tools nobody offered, does not stop calling, or says nothing of use',
  undo: 'somebody takes landings back while the run goes on',
  slow: 'the disk takes its time over a sync',
  care: 'agents hand in half, throw away what others wrote, or give up a merge and call it done',
  late: 'an attempt that has ended is reported a second time',
} as const;
export type Fault = keyof typeof FAULTS;

/** How likely each fault is where it may occur; 0: not in this seed. */
export type FaultRates = Readonly<Record<Fault, number>>;

/** @param wanted these are in it whatever is drawn. */
export function drawFaults(random: Random, wanted: readonly Fault[] = []): FaultRates {
  const rates = Object.keys(FAULTS).map((name) => [
    name,
    random.chance(0.5) || wanted.includes(name as Fault) ? 0.02 + 0.28 * random.next() : 0,
  ]);
  return Object.fromEntries(rates) as FaultRates;
}

export const NO_FAULTS: FaultRates = Object.fromEntries(
  Object.keys(FAULTS).map((name) => [name, 0]),
) as FaultRates;
