/**
 * What waits, and for what: the answer to "why does nothing move?". Tasks that wait for the same thing are one line, so
 * that ten thousand of them can be read like one.
 */
import { type AttemptId, attemptId, type TaskId, taskOf } from '../model/ids.ts';
import type { PauseReason } from '../model/request.ts';
import { isOver, type Task } from '../model/task.ts';
import { reservationFor } from '../rules/budget.ts';
import { ableKinds, workerFor } from '../rules/distribute.ts';
import { neededHere } from '../rules/foreign.ts';
import { ableHosts, isHosted, slotFor } from '../rules/placing.ts';
import { roleOf, roleRoom } from '../rules/role-ceilings.ts';
import { isOpened, type OpenedState, type State } from '../state.ts';
import { judgePending } from './queue.ts';
import { countText, durationText, plain } from './words.ts';

export type WaitReason =
  | 'paused'
  | 'budget'
  | 'base'
  | 'planner'
  | 'gate'
  | 'review'
  | 'parts'
  | 'landing'
  | 'dependency'
  | 'scope'
  | 'slot'
  | 'host'
  | 'role'
  | 'ready'
  | 'workspace'
  | 'agent'
  | 'end';

export interface Waiting {
  readonly reason: WaitReason;
  /** The id of what is waited for, if it has one: a task, a landing or an attempt. */
  readonly on?: string;
  /** Tasks that wait for it; the first few by name. */
  readonly count: number;
  readonly tasks: readonly TaskId[];
  /** Since when the longest of them waits, ms since the epoch. */
  readonly since: number;
  readonly forMs: number;
  /** One sentence without a full stop. */
  readonly text: string;
}

/** The last sign of life of each live attempt, ms since the epoch. It is not in the journal: the live run knows it. */
export type Signs = ReadonlyMap<AttemptId, number>;

const NAMED_TASKS = 5;
const NO_SIGNS: Signs = new Map();

/**
 * @param now ms since the epoch.
 * @returns longest first; empty for a run that is over or was never opened.
 */
export function waits(state: State, now: number, signs: Signs = NO_SIGNS): readonly Waiting[] {
  if (!isOpened(state) || state.closed) return [];
  const found = [
    ...halts(state),
    ...preparation(state),
    ...landings(state),
    ...reviews(state),
    ...splits(state),
    ...pendingTasks(state),
    ...attempts(state, signs),
  ];
  const known = found.length > 0 || state.liveAttempts.size > 0 ? found : [ending(state)];
  return known
    .map((wait) => ({ ...wait, forMs: Math.max(0, now - wait.since) }))
    .map((wait) => ({ ...wait, text: `${wait.text} ${durationText(wait.forMs)}` }))
    .sort((a, b) => b.forMs - a.forMs);
}

/** Agents are silent for a while in every long answer. */
const QUIET_MS = 60_000;

/**
 * The same for whoever looks on: an agent is named only after a long silence. Without a process nothing waits any more: then
 * it is told as it was at the last decision.
 */
export function waitsNow(
  state: State,
  live: { readonly now: number; readonly signs: Signs } | undefined,
): readonly Waiting[] {
  const all = live ? waits(state, live.now, live.signs) : waits(state, state.at);
  return all.filter((wait) => wait.reason !== 'agent' || wait.forMs >= QUIET_MS);
}

/** A sentence that ends before its duration: “… for”, “… since”. */
type Told = Omit<Waiting, 'forMs'>;

// ───────────────────────── the whole run ─────────────────────────

const PAUSES: Readonly<Record<PauseReason, string>> = {
  operator: 'paused by you (swarm continue), for',
  'endpoints-down': 'no model endpoint answers; it goes on by itself; for',
  'endpoints-failing': 'the endpoints answer and finish no call (mend it, then swarm resume), for',
  quota: 'the models’ quota is used up (swarm resume, once there is more), for',
  'history-rewritten': 'the target’s history was rewritten (swarm resume accepts it), for',
  'target-gone': 'the target is gone (make the branch again, then swarm resume), for',
  'target-refuses': 'the target refuses to be moved (mend it, then swarm resume), for',
  'disk-full': 'the disk is full (make room, then swarm resume), for',
};

function halts({ paused, spending, at }: State): Told[] {
  const told: Told[] = [];
  if (paused) {
    const detail = plain(paused.detail, 120);
    const why = detail === '' || paused.reason === 'operator' ? '' : `${detail}: `;
    told.push({
      ...alone,
      reason: 'paused',
      on: paused.reason,
      since: paused.at,
      text: `${why}${PAUSES[paused.reason]}`,
    });
  }
  if (spending.neared && !spending.reached)
    told.push({
      ...alone,
      reason: 'budget',
      on: spending.neared,
      since: at,
      text: `the limit of ${spending.neared} is near: nothing new opens, what runs may finish and land; nothing was decided for`,
    });
  if (spending.reached)
    told.push({
      ...alone,
      reason: 'budget',
      on: spending.reached,
      since: at,
      text: `the limit of ${spending.reached} is reached and nothing new starts; nothing was decided for`,
    });
  return told;
}

const alone = { count: 0, tasks: [] } as const;

/** Nothing starts before setup and gate were tried. */
const isOnBase = ({ baseGate, attempts: known }: State): boolean =>
  baseGate === undefined && known.size === 0;

function preparation(state: OpenedState): Told[] {
  const { planning, run } = state;
  return [
    ...(isOnBase(state)
      ? [
          {
            ...alone,
            reason: 'base' as const,
            since: run.openedAt,
            text: 'setup and gate are tried on the bare base, for',
          },
        ]
      : []),
    ...(planning.live
      ? [
          {
            ...alone,
            reason: 'planner' as const,
            on: `iteration ${planning.live.iteration}`,
            since: planning.live.startedAt,
            text: `the planner answers (iteration ${planning.live.iteration}), for`,
          },
        ]
      : []),
  ];
}

/** Nothing moves and nothing waits: what is left is the last look at the target. */
const ending = ({ at }: State): Told => ({
  ...alone,
  reason: 'end',
  since: at,
  text: 'the result is looked at for the last time; nothing was decided for',
});

// ───────────────────────── landing ─────────────────────────

function landings(state: State): Told[] {
  const open = [...state.openLandings].map((id) => state.landings.get(id)!);
  const underTest = new Set(open.flatMap((landing) => landing.members.map((m) => m.attempt)));
  const behind = [...state.queue].filter((attempt) => !underTest.has(attempt));
  const told = open.map((landing): Told => {
    const tasks = landing.members.map((m) => m.task);
    const doing = landing.gate ? 'is being published' : 'has its gate running';
    return {
      reason: 'gate',
      on: landing.id,
      ...named(tasks),
      since: landing.startedAt,
      text: `${landing.id} (${nameList(tasks)}) ${doing}, for`,
    };
  });
  if (behind.length === 0) return told;
  const tasks = behind.map(taskOf);
  const since = Math.min(...tasks.map((id) => completedAt(state.tasks.get(id), state.at)));
  return [
    ...told,
    {
      reason: 'landing',
      ...named(tasks),
      since,
      text: `${nameList(tasks)} ${isAre(tasks)} done and ${waitWord(tasks)} to land, for`,
    },
  ];
}

const completedAt = (task: Task | undefined, otherwise: number): number =>
  task?.state === 'complete' ? task.completedAt : otherwise;

// ───────────────────────── votes and parts ─────────────────────────

function reviews(state: State): Told[] {
  return [...state.byState.reviewing].flatMap((id): Told[] => {
    const task = state.tasks.get(id)!;
    if (task.state !== 'reviewing') return [];
    const { reviewers, votes, askedAt } = task.review;
    const text = `${id} is voted on, ${votes.length} of ${countText(reviewers.length, 'reviewer')} have answered, for`;
    return [{ reason: 'review', on: task.attempt, ...named([id]), since: askedAt, text }];
  });
}

function splits(state: State): Told[] {
  return [...state.byState.expanded].flatMap((id): Told[] => {
    const task = state.tasks.get(id)!;
    const plan = state.plans.get(id);
    if (task.state !== 'expanded' || !plan) return [];
    const about = { reason: 'parts', on: id, ...named([id]) } as const;
    if (plan.live)
      return [
        { ...about, since: plan.live.startedAt, text: `${id} is being split: its own planner answers, for` },
      ];
    const left = plan.parts.filter((part) => !isOver(state.tasks.get(part)!.state));
    const text =
      left.length > 0
        ? plan.contest
          ? `${id} is tried by several, and waits for ${nameList(left)}, for`
          : plan.isPipeline
            ? `${id} is done in steps, and waits for ${nameList(left)}, for`
            : `${id} is split, and waits for its parts ${nameList(left)}, for`
        : `${id} is split, and its own planner is to be asked, for`;
    return [{ ...about, since: task.expandedAt, text }];
  });
}

// ───────────────────────── tasks that have not started ─────────────────────────

function pendingTasks(state: OpenedState): Told[] {
  const groups = new Map<string, { reason: WaitReason; on?: string; tasks: TaskId[] }>();
  const put = (task: TaskId, reason: WaitReason, on?: string): void => {
    const key = `${reason} ${on ?? ''}`;
    const group = groups.get(key);
    if (group) group.tasks.push(task);
    else groups.set(key, { reason, ...(on !== undefined && { on }), tasks: [task] });
  };
  // While the whole run is halted or not there yet, what could start is told with that.
  const { reached, neared } = state.spending;
  const isHalted =
    state.paused !== undefined || reached !== undefined || neared !== undefined || isOnBase(state);
  for (const { task, waits: why } of judgePending(state, LOOKED_AT)) {
    const [first] = why;
    if (first?.kind === 'dependency') put(task, 'dependency', first.task);
    else if (first) put(task, 'scope', first.heldBy);
    else if (!isHalted) put(task, ...whyNotStarted(state, task));
  }
  return [...groups.values()].map((group) => ({
    reason: group.reason,
    ...(group.on !== undefined && { on: group.on }),
    ...named(group.tasks),
    since: Math.min(...group.tasks.map((id) => pendingSince(state, id))),
    text: `${nameList(group.tasks)} ${waitWord(group.tasks)} ${forWhat(state, group)}, for`,
  }));
}

/** The most pending tasks that are looked at, oldest first: the run asks once a minute. */
const LOOKED_AT = 5_000;

function whyNotStarted(state: OpenedState, task: TaskId): readonly [WaitReason, on?: string] {
  if (state.liveAttempts.size >= state.workers) return ['slot'];
  if (reservationFor(state) === undefined) return ['budget'];
  const full = fullRoleOf(state, task);
  if (full !== undefined) return ['role', full];
  if (isHosted(state))
    return slotFor(state, state.tasks.get(task)!) ? ['ready'] : ['host', hostsFor(state, task)];
  const taken = takenKinds(state, task);
  return taken === undefined ? ['ready'] : ['slot', taken];
}

/** The hosts that could do it, all of whose slots are taken. Empty: no host could. */
const hostsFor = (state: OpenedState, task: TaskId): string =>
  ableHosts(state, state.tasks.get(task)!)
    .map(({ host }) => host)
    .slice(0, 5)
    .join(', ');

/** The kinds of workers that could do it, where all of those are at work. */
function takenKinds(
  { run, tasks, liveAttempts, attempts: known }: OpenedState,
  task: TaskId,
): string | undefined {
  const { distribute, agents = [] } = run.request;
  if (!distribute) return undefined;
  const spec = neededHere(tasks.get(task)!.spec, run.request);
  const busy = new Set([...liveAttempts].map((id) => known.get(id)!.worker));
  if (workerFor(distribute, spec, { busy, turn: 0, agents }) !== undefined) return undefined;
  return ableKinds(distribute, spec, { agents })
    .map(({ name }) => name)
    .join(', ');
}

/** Undefined: its role has room, or is not the reason. */
function fullRoleOf(state: OpenedState, id: TaskId): string | undefined {
  if (state.ceilings.size === 0) return undefined;
  const role = roleOf(state.tasks.get(id)!);
  return roleRoom(state, role) > 0 ? undefined : role;
}

function forWhat(state: State, { reason, on }: { reason: WaitReason; on?: string }): string {
  const stateOf = on === undefined ? '' : (state.tasks.get(on as TaskId)?.state ?? 'unknown');
  switch (reason) {
    case 'dependency':
      return `for ${on} (${stateOf}) to be done first`;
    case 'scope':
      return `for ${on} (${stateOf}), which holds part of the scope`;
    case 'slot':
      if (on !== undefined) return `for a free worker that can do it (${on})`;
      return `for a free worker (${state.liveAttempts.size} of ${state.workers} at work)`;
    case 'host':
      return on === ''
        ? 'for a host that can do it to join'
        : `for a free slot of a host that can do it (${on})`;
    case 'role':
      return `for a free worker of the role ${on} (at most ${state.ceilings.get(on ?? '')} at a time)`;
    case 'budget':
      return 'for budget that is set aside for what is running';
    default:
      return 'for nothing but a turn';
  }
}

/** Returns when its last attempt ended. Without one, when it was accepted. */
function pendingSince(state: State, id: TaskId): number {
  const task = state.tasks.get(id)!;
  const last = task.attempts > 0 ? state.attempts.get(attemptId(id, task.attempts)) : undefined;
  return last?.state === 'ended' ? Math.max(task.acceptedAt, last.endedAt) : task.acceptedAt;
}

// ───────────────────────── attempts ─────────────────────────

/** A slow agent still shows signs of life. One that shows none is named here long before it is ended. */
function attempts(state: State, signs: Signs): Told[] {
  return [...state.liveAttempts].flatMap((id): Told[] => {
    const attempt = state.attempts.get(id)!;
    const about = { on: id, ...named([attempt.task]) };
    if (attempt.state === 'started')
      return [
        {
          reason: 'workspace',
          ...about,
          since: attempt.startedAt,
          text: `${id} has its workspace prepared, for`,
        },
      ];
    const sign = signs.get(id);
    return sign === undefined
      ? []
      : [{ reason: 'agent', ...about, since: sign, text: `${id}’s agent has shown no sign of life, for` }];
  });
}

// ───────────────────────── words ─────────────────────────

const named = (tasks: readonly TaskId[]) => ({ count: tasks.length, tasks: tasks.slice(0, NAMED_TASKS) });
const waitWord = (tasks: readonly TaskId[]): string => (tasks.length === 1 ? 'waits' : 'wait');
const isAre = (tasks: readonly TaskId[]): string => (tasks.length === 1 ? 'is' : 'are');

/** `t1, t2, t3` or `t1, t2, t3, t4, t5 and 12 other tasks`. */
function nameList(tasks: readonly TaskId[]): string {
  const more = tasks.length - NAMED_TASKS;
  const names = tasks.slice(0, NAMED_TASKS).join(', ');
  return more > 0 ? `${names} and ${countText(more, 'other task')}` : names;
}
