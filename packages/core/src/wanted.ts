/**
 * What should be happening now, computed from the facts. It is asked after every entry, at start-up and after a crash.
 * The orchestrator then starts and stops what the answer says.
 */

import { type AttemptId, type CommitId, type TaskId, taskOf } from './model/ids.ts';
import type { Landing } from './model/landing.ts';
import type { IterationReason } from './model/plan.ts';
import { type CloseReason, type PauseReason, PLANNER_FAILURES_MAX } from './model/request.ts';
import { type NextTest, nextTest, RACES_MAX } from './rules/batching.ts';
import { isRoleSpent, reachedBudget, timeIsUpAt } from './rules/budget.ts';
import { criteriaAreDue, criteriaToTry } from './rules/criteria.ts';
import { waitsForOf } from './rules/dependencies.ts';
import { culpritsToFind, culpritsToRevert, findingsToFile, nextFixAt } from './rules/healing.ts';
import { type Below, belowEach, type ForeseenConflict, landingOrder } from './rules/landing-order.ts';
import { isAtRest, isSoft } from './rules/opening.ts';
import { planningBackoffMs } from './rules/policy.ts';
import { rechecksDue } from './rules/rechecks.ts';
import { type Dimension, isMending, nearedBudget, softTimeAt } from './rules/soft-landing.ts';
import { type SubplanDue, subplansDue, tasksToSettle } from './rules/subplans.ts';
import { isBusy, isOpened, liveIterations, type OpenedState, type State } from './state.ts';

export interface Wanted {
  /** How many more attempts may start. */
  readonly room: number;
  /** Ask the planner, and why. */
  readonly iteration: IterationReason | undefined;
  /** Ask the planners of these tasks, and why. */
  readonly subplans: readonly SubplanDue[];
  /** Split tasks that have come to their end. */
  readonly settled: readonly TaskId[];
  /** Handoffs that may be landed now, in order: the state's own queue, which goes on changing. */
  readonly landings: ReadonlySet<AttemptId>;
  /** Run the full checks on the head. */
  readonly checks: boolean;
  /** Try again on the head what landed tasks were verified by. */
  readonly rechecks: boolean;
  /** The limit that has come to its soft share now. */
  readonly near: Dimension | undefined;
  /** `base`: try the run's own criteria there. `end`: the run would close, and each is looked at on the head first. */
  readonly criteria: 'base' | 'end' | undefined;
  readonly budget: 'tokens' | 'usd' | 'time' | undefined;
  readonly close: CloseReason | undefined;
  /** When to ask again even if nothing happens, ms since the epoch. Undefined: only an event changes the answer. */
  readonly askAgainAt: number | undefined;
}

/** Handoffs that make a re-plan worth its tokens. */
export const HANDOFFS_TO_REPLAN = 3;

/** @param at wall time, ms since the epoch, of the same clock that stamps entries. */
export function wanted(s: State, at: number): Wanted {
  if (!isOpened(s) || s.closed || s.stopped) return nothing;
  if (s.cancelled !== undefined) return { ...nothing, close: isQuiet(s) ? 'cancelled' : undefined };
  const budget = s.spending.reached ? undefined : reachedBudget(s, at);
  const near = nearedBudget(s, at);
  const isNear = near !== undefined || s.spending.neared !== undefined;
  const isHalted = s.paused !== undefined || s.spending.reached !== undefined || budget !== undefined;
  const planning = isHalted || isNear ? never : planner(s, at);
  const subplans = isHalted || isNear ? NO_SUBPLANS : subplansDue(s, at);
  const checks = mayLand(s) ? checksDue(s, at) : never;
  const end = closing(s, at, planning.is !== undefined || planning.at !== undefined, checks.is === true);
  const isHeld = end !== undefined && isJudgedAt(end) && criteriaAreDue(s);
  return {
    room: isHalted ? 0 : Math.max(0, s.workers - s.liveAttempts.size),
    iteration: planning.is,
    subplans: subplans.due,
    settled: s.byState.expanded.size > 0 ? tasksToSettle(s) : NO_TASKS,
    landings: mayLand(s) ? s.queue : NO_LANDINGS,
    checks: checks.is === true,
    rechecks: mayLand(s) && !s.spending.reached && rechecksDue(s).length > 0,
    near,
    budget,
    criteria: isHeld ? 'end' : mayLand(s) && criteriaToTry(s, false).length > 0 ? 'base' : undefined,
    close: isHeld ? undefined : end,
    askAgainAt: earliest(
      s.spending.reached ? undefined : earliest(timeIsUpAt(s), softTimeAt(s)),
      earliest(
        earliest(earliest(planning.at, subplans.askAgainAt), checks.at),
        isHalted ? undefined : nextFixAt(s, at),
      ),
    ),
  };
}

const NO_LANDINGS: ReadonlySet<AttemptId> = new Set();
const NO_TASKS: readonly TaskId[] = [];
const NO_SUBPLANS: ReturnType<typeof subplansDue> = { due: [], askAgainAt: undefined };

const nothing: Wanted = {
  room: 0,
  iteration: undefined,
  subplans: [],
  settled: NO_TASKS,
  landings: NO_LANDINGS,
  checks: false,
  rechecks: false,
  near: undefined,
  criteria: undefined,
  budget: undefined,
  close: undefined,
  askAgainAt: undefined,
};

/** An answer now, or the time at which to ask again. */
interface Due<T> {
  readonly is: T | undefined;
  readonly at: number | undefined;
}
const never: Due<never> = { is: undefined, at: undefined };

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : Math.min(a, b);
}

// ───────────────────────── the planner ─────────────────────────

function planner(s: OpenedState, at: number): Due<IterationReason> {
  const p = s.planning;
  if (s.run.request.mode !== 'planner' || p.live || p.isDone) return never;
  if (p.failuresInRow >= PLANNER_FAILURES_MAX || isRoleSpent(s, 'planner')) return never;
  const reason = reasonToPlan(s);
  if (!reason) return never;
  const notBefore = p.lastEndedAt + planningBackoffMs(p.failuresInRow);
  return at >= notBefore ? { is: reason, at: undefined } : { is: undefined, at: notBefore };
}

function reasonToPlan(s: State): IterationReason | undefined {
  const p = s.planning;
  if (p.iteration === 0) return 'first';
  if (p.failuresInRow > 0) return 'retry';
  if (p.newsOf.amended > 0) return 'amended';
  if (!isBusy(s)) return 'idle';
  if (s.liveAttempts.size >= s.workers) return undefined;
  if (p.newsOf.finding > 0) return 'finding';
  // What depends on it fell too: nobody does that part of the request unless it is planned again.
  if (p.newsOf.failed > 0) return 'handoffs';
  if (p.saidDone) return undefined;
  if (p.newsOf.handoff + p.newsOf.gathered >= HANDOFFS_TO_REPLAN) return 'handoffs';
  return undefined;
}

// ───────────────────────── landing and checks ─────────────────────────

/** Pauses that concern the models do not keep finished work from landing. */
const LANDS_WHILE_PAUSED: readonly PauseReason[] = ['endpoints-down', 'endpoints-failing', 'quota'];
export const mayLand = (s: State): boolean => !s.paused || LANDS_WHILE_PAUSED.includes(s.paused.reason);

/** Due when the head was not checked yet and either the interval has passed or nothing else goes on. */
function checksDue(s: OpenedState, at: number): Due<boolean> {
  if (!s.run.request.checks) return never;
  const last = s.health.lastChecks;
  const checkedHead = last?.result.head ?? s.run.request.base;
  if (checkedHead === s.head) return never;
  if (!isBusy(s) || isAtRest(s)) return { is: true, at: undefined };
  const dueAt = (last?.at ?? s.run.openedAt) + s.health.intervalMs;
  return at >= dueAt ? { is: true, at: undefined } : { is: undefined, at: dueAt };
}

// ───────────────────────── the end ─────────────────────────

function closing(
  s: OpenedState,
  at: number,
  plannerIsWanted: boolean,
  checksAreWanted: boolean,
): CloseReason | undefined {
  if (!isQuiet(s) || checksAreWanted) return undefined;
  const reached = s.spending.reached;
  if (s.spending.neared && isSoft(s.run.request.limits)) return softClosing(s, at);
  if (reached) return s.queue.size > 0 ? undefined : reached === 'time' ? 'time' : 'budget';
  if (isBusy(s) || plannerIsWanted || s.paused || rechecksDue(s).length > 0) return undefined;
  if (findingsToFile(s, at).length + culpritsToFind(s).length + culpritsToRevert(s).length > 0)
    return undefined;
  if (s.run.request.mode === 'planner' && !s.planning.isDone) {
    if (isRoleSpent(s, 'planner')) return 'budget';
    return s.planning.failuresInRow >= PLANNER_FAILURES_MAX ? 'planner-failed' : undefined;
  }
  return 'done';
}

/** Near the end of its budget a run closes when nothing is left to land and to mend. */
function softClosing(s: OpenedState, at: number): CloseReason | undefined {
  const { reached, neared } = s.spending;
  if (s.queue.size > 0) return undefined;
  // Only the operator ends a pause that stands in the way, unless the budget does.
  if (s.paused ? !reached : isMending(s, at)) return undefined;
  const isAll = !isBusy(s) && (s.run.request.mode !== 'planner' || s.planning.isDone);
  if (isAll) return 'done';
  return (reached ?? neared) === 'time' ? 'time' : 'budget';
}

/** A run whose time is over takes no more of it. */
const isJudgedAt = (end: CloseReason): boolean => end !== 'time' && end !== 'cancelled';

const isQuiet = (s: State): boolean =>
  s.liveAttempts.size === 0 &&
  s.openLandings.size === 0 &&
  s.spending.slices.size === 0 &&
  liveIterations(s).length === 0;

// ───────────────────────── the merge queue ─────────────────────────

/**
 * Returns what the merge queue should test next. Undefined: nothing, or as much is tested now as may be.
 * @param foreseen changes the order of what is tested, never what may land: with it, or, after a crash, without it.
 */
export function testWanted(s: OpenedState, foreseen: readonly ForeseenConflict[] = []): NextTest | undefined {
  const { gate, gatePolicy, gateParallel } = s.run.request;
  const queue = inLandingOrder(s, foreseen);
  if (gate === undefined) return untested(s, queue);
  return nextTest({
    policy: gatePolicy ?? 'strict',
    parallel: gateParallel ?? 1,
    head: s.head,
    queue,
    line: s.line,
    below: belowOf(s),
  });
}

/** Branches that are built on others which wait, or may conflict with earlier ones: they go behind those. */
export function belowOf(s: OpenedState): Below {
  if (s.run.request.mode !== 'land') return new Map();
  return belowEach(
    byNumber(s.queue).flatMap((attempt) => {
      const { source } = s.tasks.get(taskOf(attempt))!;
      if (source.by !== 'land') return [];
      const ended = s.attempts.get(attempt)!;
      const files = ended.state === 'ended' ? (ended.handoff?.change?.filesChanged ?? []) : [];
      return [{ attempt, commit: source.commit, upon: source.upon ?? [], files }];
    }),
  );
}

/** Most landings that are published together where nothing tests them. */
export const LINE_MAX = 256;

/** Without a gate all that wait are put one upon the other, each a landing of its own, and published with one move. */
function untested(s: OpenedState, queue: Iterable<AttemptId>): NextTest | undefined {
  if (s.openLandings.size > 0) return undefined;
  const most = s.line.racesLost >= RACES_MAX ? 1 : LINE_MAX;
  const probe: AttemptId[] = [];
  for (const attempt of queue) if (probe.push(attempt) === most) break;
  return probe.length === 0 ? undefined : { carried: [], probe };
}

/** The commit a next landing is put on: the head, or, without a gate, the last of the line that is to be published. */
export function landingBase(s: OpenedState): CommitId {
  if (s.run.request.gate !== undefined) return s.head;
  let tip = s.head;
  for (const id of s.openLandings) {
    const { candidate } = s.landings.get(id)!;
    if (candidate.parent === tip) tip = candidate.commit;
  }
  return tip;
}

function inLandingOrder(s: OpenedState, foreseen: readonly ForeseenConflict[]): Iterable<AttemptId> {
  if (s.run.request.mode === 'land') return inOrderGiven(s);
  if (foreseen.length === 0) return s.queue;
  const queue = [...s.queue].map((attempt) => ({ attempt, lines: linesOf(s, attempt) }));
  return landingOrder(queue, foreseen);
}

/**
 * Branches people gave land in the order they were given, whichever is brought in first: one that is still to come
 * holds those behind it. Once nothing more may start, what is there goes ahead.
 */
function inOrderGiven(s: OpenedState): readonly AttemptId[] {
  const waiting = byNumber(s.queue);
  if (waiting.length === 0 || s.spending.reached || s.spending.neared) return waiting;
  const first = lowest(stillToCome(s));
  return waiting.filter((id) => numberOf(id) < first);
}

const byNumber = (queue: Iterable<AttemptId>): AttemptId[] =>
  [...queue].sort((a, b) => numberOf(a) - numberOf(b));

/** Of those that have not begun only such as nothing holds back: what waits for another must not be waited for. */
function* stillToCome(s: OpenedState): Iterable<TaskId> {
  const { pending, assigned, running } = s.byState;
  yield* assigned;
  yield* running;
  if (s.run.request.overlap !== 'off') return;
  for (const id of pending) if (waitsForOf(s, s.tasks.get(id)!.spec) === undefined) yield id;
}

function lowest(ids: Iterable<TaskId>): number {
  let first = Number.POSITIVE_INFINITY;
  for (const id of ids) first = Math.min(first, numberOf(id));
  return first;
}

/** `t12` and `t12.1`: 12. */
const numberOf = (id: TaskId | AttemptId): number => Number.parseInt(id.slice(1), 10);

function linesOf(s: State, id: AttemptId): number {
  const attempt = s.attempts.get(id)!;
  const change = attempt.state === 'ended' ? attempt.handoff?.change : undefined;
  return change ? change.linesAdded + change.linesRemoved : 0;
}

/** Landings with a verdict, or with a member that was taken away: something is to be made of them. */
export function landingsToSettle(s: State): readonly Landing[] {
  const open = [...s.openLandings].map((id) => s.landings.get(id)!);
  return open.filter((l) => l.gate !== undefined || isTakenBack(s, l));
}

/** A member that landed meanwhile, in another test, does not count as taken away. */
export const isTakenBack = (s: State, l: Landing): boolean =>
  l.members.some((m) => !s.queue.has(m.attempt) && s.tasks.get(m.task)!.state !== 'landed');
