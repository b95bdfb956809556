import type { Command } from '../commands.ts';
import { assertNever, type Refusal, refuse } from '../errors.ts';
import type { Event } from '../events.ts';
import { UNCOUNTED_ATTEMPTS_MAX } from '../model/attempt.ts';
import type { TaskId } from '../model/ids.ts';
import type { Limits, RaisedLimits } from '../model/request.ts';
import type { Task } from '../model/task.ts';
import { isVain } from '../rules/dependencies.ts';
import { leastToGoOn } from '../rules/soft-landing.ts';
import type { OpenedState } from '../state.ts';

type AgainCommand = Extract<Command, { type: 'raiseLimits' | 'changeGate' | 'reopenRun' }>;

/** Laws of what an operator gives a run afterwards: more to spend, more time, another gate, another try. */
export function decideAgain(s: OpenedState, c: AgainCommand): readonly Event[] | Refusal {
  switch (c.type) {
    case 'raiseLimits':
      return raiseLimits(s, c);
    case 'changeGate':
      return changeGate(s, c);
    case 'reopenRun':
      return reopenRun(s, c);
    default:
      return assertNever(c);
  }
}

/** All that lands in a run passed the same gate. What may be on the target already, unrecorded, has landed. */
function changeGate(
  s: OpenedState,
  { gate, gateHash }: Extract<AgainCommand, { type: 'changeGate' }>,
): readonly Event[] | Refusal {
  const { request } = s.run;
  if (gateHash === request.gateHash) return refuse('illegal-move', 'that is the gate of the run already');
  const open = [...s.openLandings].map((id) => s.landings.get(id)!);
  const maybe = open.find((landing) => landing.gate !== undefined || request.gate === undefined);
  if (s.landedCount + s.undone.size > 0 || maybe)
    return refuse(
      'illegal-move',
      'something has landed by the gate the run began with: another gate is another run',
    );
  return [
    ...open.map(({ id }): Event => ({ type: 'landing.dropped', landing: id, reason: 'restart' })),
    { type: 'gate.changed', ...(gate !== undefined && { gate }), gateHash },
  ];
}

interface Raise {
  readonly name: keyof RaisedLimits;
  readonly what: string;
  /** With less than this nothing new would start. */
  readonly least: number;
}

function raisesOf(s: OpenedState): readonly Raise[] {
  const least = leastToGoOn(s);
  return [
    { name: 'tokens', what: 'tokens', least: least.tokens },
    { name: 'usd', what: 'usd', least: least.usd },
    { name: 'timeMs', what: 'ms', least: least.timeMs },
  ];
}

/** Each limit that is named, as it is to be: `by` says how much more. */
function raisedTo(limits: Limits, { tokens, usd, timeMs, by = {} }: RaiseLimits): RaisedLimits {
  const to = (name: keyof RaisedLimits, all: number | undefined): number | undefined =>
    by[name] === undefined ? all : (limits[name] ?? 0) + by[name];
  const raised = { tokens: to('tokens', tokens), usd: to('usd', usd), timeMs: to('timeMs', timeMs) };
  return Object.fromEntries(Object.entries(raised).filter(([, value]) => value !== undefined));
}

type RaiseLimits = Extract<AgainCommand, { type: 'raiseLimits' }>;

/** What counts on a limit, such as a reservation, may only find that there is more. */
function raiseLimits(s: OpenedState, c: RaiseLimits): readonly Event[] | Refusal {
  const { limits } = s.run.request;
  const to = raisedTo(limits, c);
  const asked = raisesOf(s).filter(({ name }) => to[name] !== undefined);
  if (asked.length === 0) return refuse('out-of-range', 'no limit is named');
  for (const { name, what, least } of asked) {
    const [now, wanted] = [limits[name], to[name]!];
    if (now === undefined)
      return refuse('illegal-move', `the run has no limit on ${what}: there is nothing to raise`);
    if (!Number.isFinite(wanted) || wanted <= now)
      return refuse('out-of-range', `the limit is ${now} ${what} already, and ${wanted} is not more`);
    if (wanted < least)
      return refuse('out-of-range', `${wanted} ${what} is less than the ${least} it takes to go on`);
  }
  // Calls that wait for an endpoint were let go when the time was up: the run is at its end by now.
  if (s.spending.reached === 'time' && !c.isResuming)
    return refuse('illegal-move', 'the time is up already, and the run is at its end');
  return [{ type: 'limits.raised', ...to }];
}

function reopenRun(
  s: OpenedState,
  c: Extract<AgainCommand, { type: 'reopenRun' }>,
): readonly Event[] | Refusal {
  if (!s.closed) return refuse('illegal-move', `${s.run.id} is open`);
  const { reason, version, host, pid } = c;
  return [
    { type: 'run.resumed', version, host, pid },
    { type: 'run.reopened', reason },
    ...ranOut(s).map((task): Event => ({ type: 'task.retried', task, by: 'operator' })),
  ];
}

/** Tasks that failed only because the run had nothing left for them, with what they depend on. */
function ranOut(s: OpenedState): readonly TaskId[] {
  const chosen = new Set([...s.byState.failed].filter((id) => isOut(s.tasks.get(id)!)));
  const isHeld = (id: TaskId): boolean => {
    const { spec } = s.tasks.get(id)!;
    return spec.dependsOn.some((on) => !chosen.has(on) && isVain(spec, s.tasks.get(on)!.state));
  };
  for (let held = [...chosen].filter(isHeld); held.length > 0; held = [...chosen].filter(isHeld))
    for (const id of held) chosen.delete(id);
  return [...chosen];
}

const isOut = (t: Task): boolean =>
  t.state === 'failed' &&
  // Its task is tried again, by others; or goes through its pipeline anew, in steps of its own.
  t.source.by !== 'candidates' &&
  t.source.by !== 'pipeline' &&
  (t.failure === 'budget' || t.failure === 'time') &&
  t.attempts < UNCOUNTED_ATTEMPTS_MAX;
