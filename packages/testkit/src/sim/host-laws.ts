/** Laws of hosts: where an attempt may start, what a host takes along, and that nothing of what was given up lands. */
import { taskOf } from '@swarm/core/model/ids';
import type { Law } from './law.ts';

/** On a slot that is there and free, of a host that has what the task asks for. */
const startsWhereItMay: Law = (e, { before, story }) => {
  if (e.type !== 'attempt.started') return [];
  if (!story.features.hosts) return e.on ? [`hosts: ${e.attempt} starts on a host, and there are none`] : [];
  const { on } = e;
  if (!on) return [`hosts: ${e.attempt} starts on no host`];
  const host = before.machines.hosts.get(on.host);
  if (!host) return [`hosts: ${e.attempt} starts on ${on.host}, which is not there`];
  const isTaken = [...before.live].some((live) => {
    const at = before.machines.on.get(live);
    return at?.host === on.host && at.slot === on.slot;
  });
  const { requires } = before.task(taskOf(e.attempt)).spec;
  const wanted = story.features.distribute ? [] : requires;
  const lacking = wanted.filter((one) => !has(host.capabilities, one));
  return [
    ...(on.slot >= 1 && on.slot <= host.slots
      ? []
      : [`P8: ${e.attempt} starts on slot ${on.slot} of ${on.host}, which has ${host.slots}`]),
    ...(isTaken ? [`P8: ${e.attempt} starts on slot ${on.slot} of ${on.host}, which is taken`] : []),
    ...lacking.map((one) => `hosts: ${e.attempt} starts on ${on.host}, which has no ${one}`),
    ...((e.leaseMs ?? 0) > 0 ? [] : [`hosts: ${e.attempt} starts without a lease`]),
  ];
};

const has = (capabilities: readonly string[], wanted: string): boolean =>
  capabilities.some((one) => one.split('@')[0] === wanted.split('@')[0]);

/** Never the host that has just failed it, while another one could do it. */
const triesAnotherHost: Law = (e, { before, story }) => {
  if (e.type !== 'attempt.started' || !e.on || story.features.distribute) return [];
  const task = taskOf(e.attempt);
  if (before.machines.failedOn.get(task) !== e.on.host) return [];
  const { requires } = before.task(task).spec;
  const others = [...before.machines.hosts].filter(
    ([name, { slots, capabilities }]) =>
      name !== e.on!.host && slots > 0 && requires.every((one) => has(capabilities, one)),
  );
  return others.length === 0
    ? []
    : [`hosts: ${e.attempt} starts on ${e.on.host}, which has just failed it, and ${others[0]![0]} is there`];
};

/** A host that goes leaves no attempt behind that is taken to go on: all end in the same entry, as lost. */
const takesItsAttemptsAlong: Law = (e, { before, entry }) => {
  if (e.type !== 'host.left' && e.type !== 'host.lapsed') return [];
  const ended = new Set(
    entry.events.flatMap((one) =>
      one.type === 'attempt.ended' && one.reason === 'lost' ? [one.attempt] : [],
    ),
  );
  return [...before.live]
    .filter((live) => before.machines.on.get(live)?.host === e.host && !ended.has(live))
    .map((live) => `hosts: ${e.host} is gone, and ${live} goes on`);
};

/** No result of an attempt that was given up is handed in or lands. */
const landsNothingFenced: Law = (e, { before }) => {
  const members =
    e.type === 'landing.landed' || e.type === 'landing.started'
      ? e.members.map(({ attempt }) => attempt)
      : [];
  return members
    .filter((attempt) => before.machines.fenced.has(attempt))
    .map((attempt) => `fence: ${attempt} was given up with its host, and lands`);
};

/** A task has one attempt that counts: of two that are live somewhere, the journal knows one. */
const hasOneAttempt: Law = (e, { before }) => {
  if (e.type !== 'attempt.started') return [];
  const others = [...before.live].filter((live) => taskOf(live) === taskOf(e.attempt));
  return others.map((live) => `fence: ${e.attempt} starts while ${live} is live`);
};

/** A host is taken to be gone only after it was silent for a lease. */
const lapsesInItsTime: Law = (e, { story }) => {
  if (e.type !== 'host.lapsed') return [];
  const { leaseMs = 0 } = story.features.hosts ?? {};
  return e.silentMs > leaseMs ? [] : [`hosts: ${e.host} lapses after ${e.silentMs} ms of ${leaseMs}`];
};

export const HOST_LAWS: readonly Law[] = [
  startsWhereItMay,
  triesAnotherHost,
  takesItsAttemptsAlong,
  landsNothingFenced,
  hasOneAttempt,
  lapsesInItsTime,
];
