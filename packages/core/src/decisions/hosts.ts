import type { Command } from '../commands.ts';
import { assertNever, type Refusal, refuse } from '../errors.ts';
import type { Event } from '../events.ts';
import { HOSTS_MAX } from '../model/host.ts';
import type { TaskId } from '../model/ids.ts';
import { NO_USAGE } from '../model/usage.ts';
import { hostProblem, isHosted } from '../rules/placing.ts';
import type { HostState, OpenedState } from '../state.ts';
import { decideAttempts } from './attempts.ts';

type HostCommand = Extract<Command, { type: 'joinHost' | 'leaveHost' | 'lapseHost' }>;

/** Laws of hosts: one that goes, or is not heard of any more, takes its attempts along. */
export function decideHosts(s: OpenedState, c: HostCommand): readonly Event[] | Refusal {
  const host = s.hosts.get(c.host);
  switch (c.type) {
    case 'joinHost':
      return join(s, c, host);
    case 'leaveHost':
      if (!host) return refuse('illegal-move', `${c.host} is not here`);
      return [{ type: 'host.left', host: c.host, detail: c.detail }, ...losing(s, c.host, 'left')];
    case 'lapseHost':
      if (!host) return refuse('illegal-move', `${c.host} is not here`);
      return [
        { type: 'host.lapsed', host: c.host, silentMs: c.silentMs },
        ...losing(s, c.host, 'was not heard of any more'),
      ];
    default:
      return assertNever(c);
  }
}

function join(
  s: OpenedState,
  { host, slots, capabilities, version }: Extract<HostCommand, { type: 'joinHost' }>,
  before: HostState | undefined,
): readonly Event[] | Refusal {
  if (!isHosted(s)) return refuse('illegal-move', 'this run has no hosts');
  const problem = hostProblem(host, slots);
  if (problem) return refuse('illegal-move', problem);
  if (!before && s.hosts.size >= HOSTS_MAX)
    return refuse('not-ready', `there are ${HOSTS_MAX} hosts already`);
  const isSame =
    before?.slots === slots &&
    before.version === version &&
    JSON.stringify(before.capabilities) === JSON.stringify(capabilities);
  if (isSame) return refuse('illegal-move', `${host} offers that already`);
  return [{ type: 'host.joined', host, slots, capabilities, version }];
}

/** All of them in one entry. What falls with one of them falls once. */
function losing(s: OpenedState, host: string, how: string): readonly Event[] {
  const failed = new Set<TaskId>();
  const events: Event[] = [];
  for (const attempt of s.liveAttempts) {
    if (s.attempts.get(attempt)!.on?.host !== host) continue;
    const detail = `its host ${host} ${how}`;
    const ended = decideAttempts(s, { type: 'endAttempt', attempt, reason: 'lost', detail, usage: NO_USAGE });
    if ('kind' in ended) continue;
    for (const event of ended) {
      if (event.type === 'task.failed' && failed.has(event.task)) continue;
      if (event.type === 'task.failed') failed.add(event.task);
      events.push(event);
    }
  }
  return events;
}
