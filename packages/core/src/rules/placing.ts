/**
 * Where an attempt runs, in a run of many hosts: a host that has what the task asks for, has a slot free, and is not the
 * one on which the task's last attempt failed, as long as another could do it. Of those the one with the smallest share
 * of its slots taken; of equals the one that joined first.
 */
import type { EndingReason } from '../model/attempt.ts';
import { type HostSlot, isHostName, SLOTS_MAX } from '../model/host.ts';
import { attemptId } from '../model/ids.ts';
import type { Task } from '../model/task.ts';
import type { HostState, OpenedState, State } from '../state.ts';
import { offers } from './capabilities.ts';
import { foreignFor } from './foreign.ts';

export const isHosted = (s: State): boolean => s.run?.request.hosted === true;

/** Returns the free slot that takes the task. Undefined: no host that could do it has one. */
export function slotFor(s: OpenedState, task: Task): HostSlot | undefined {
  let best: HostState | undefined;
  for (const host of ablest(s, task))
    if (hasRoom(host) && (!best || loadOf(host) < loadOf(best))) best = host;
  return best && { host: best.host, slot: firstFree(best) };
}

/** What is wrong with running the task there; undefined: nothing. */
export function slotProblem(s: OpenedState, task: Task, on: HostSlot | undefined): string | undefined {
  if (!isHosted(s)) return on && 'this run has no hosts';
  // A worker of the bridge does it: nothing of it runs on a host.
  if (foreignFor(task.spec, s.run.request)) return on && `${task.id} is a worker’s of the bridge`;
  if (!on) return 'this run’s attempts run on hosts, and none is named';
  const host = s.hosts.get(on.host);
  if (!host) return `there is no host ${on.host}`;
  const isOne = Number.isSafeInteger(on.slot) && on.slot >= 1 && on.slot <= host.slots;
  if (!isOne) return `${on.host} has ${host.slots} slots, and no slot ${on.slot}`;
  if (host.taken.has(on.slot)) return `slot ${on.slot} of ${on.host} is taken by ${host.taken.get(on.slot)}`;
  const lacks = lackingOn(s, task, host);
  if (lacks !== undefined) return `${on.host} has no ${lacks}, which ${task.id} asks for`;
  return ablest(s, task).includes(host)
    ? undefined
    : `${on.host} has just failed ${task.id}, and another host can do it`;
}

export function hasFreeSlot(s: State): boolean {
  for (const host of s.hosts.values()) if (hasRoom(host)) return true;
  return false;
}

/** Hosts that have all the task asks for, whether they have a slot free or not. */
export const ableHosts = (s: OpenedState, task: Task): readonly HostState[] =>
  [...s.hosts.values()].filter((host) => host.slots > 0 && lackingOn(s, task, host) === undefined);

/** Without the one that has just failed it, unless there is no other. */
function ablest(s: OpenedState, task: Task): readonly HostState[] {
  const able = ableHosts(s, task);
  const failedOn = lastFailedOn(s, task);
  const others = able.filter(({ host }) => host !== failedOn);
  return others.length > 0 ? others : able;
}

/** Where kinds of workers are configured, what a task requires is theirs to have. */
function lackingOn({ run }: OpenedState, { spec }: Task, { capabilities }: HostState): string | undefined {
  const requires = run.request.distribute ? [] : spec.requires;
  const wants = spec.agent === undefined ? requires : [...requires, spec.agent];
  return wants.find((wanted) => wanted !== 'coder' && !capabilities.some((one) => offers(one, wanted)));
}

/** The host of the last attempt, where that attempt failed. */
function lastFailedOn(s: State, { id, attempts }: Task): string | undefined {
  const last = attempts > 0 ? s.attempts.get(attemptId(id, attempts)) : undefined;
  return last?.state === 'ended' && !BLAMELESS.has(last.ending) ? last.on?.host : undefined;
}

/** Endings that say nothing against the host. */
const BLAMELESS: ReadonlySet<EndingReason> = new Set([
  'handed-in',
  'answered',
  'unneeded',
  'drained',
  'model-down',
  'budget-limit',
  'cancelled',
]);

const hasRoom = ({ slots, taken }: HostState): boolean => taken.size < slots;
const loadOf = ({ slots, taken }: HostState): number => taken.size / slots;

function firstFree({ taken }: HostState): number {
  for (let slot = 1; ; slot++) if (!taken.has(slot)) return slot;
}

/** What is wrong with what a host says of itself; undefined: nothing. */
export function hostProblem(host: string, slots: number): string | undefined {
  if (!isHostName(host)) return `${JSON.stringify(host.slice(0, 80))} is no name for a host`;
  if (!Number.isSafeInteger(slots) || slots < 0 || slots > SLOTS_MAX)
    return `a host has between 0 and ${SLOTS_MAX} slots`;
  return undefined;
}
