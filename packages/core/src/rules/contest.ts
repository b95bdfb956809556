/**
 * Several that try one task, of which one is taken. It is a split that needs no planner: its parts are contenders made by
 * this rule, each with the task's own words and another of its role's agents or models. A contender has one attempt a
 * round, which does all that an attempt does, and what it hands in waits until every other one has ended.
 */
import { UNCOUNTED_ATTEMPTS_MAX } from '../model/attempt.ts';
import { type AttemptId, attemptId, type TaskId, taskId, taskOf } from '../model/ids.ts';
import { REJECTIONS, type RejectionReason } from '../model/landing.ts';
import type { Loser, Subplan } from '../model/plan.ts';
import { CANDIDATES_MAX } from '../model/request.ts';
import { isOver, type Task, type TaskSpec } from '../model/task.ts';
import type { OpenedState, State } from '../state.ts';
import { attemptsIn, leftOfContest, taskSpent } from './budget.ts';
import { vainOf } from './dependencies.ts';
import { mayOpen } from './opening.ts';
import { type Entrant, entrantOf, losersOf, ranked, whyPicked } from './picking.ts';
import { attemptsLeft } from './policy.ts';
import { roleOf } from './role-ceilings.ts';

/** How many try a task; undefined: it is worked as it is. */
export function contendersFor(s: OpenedState, task: Task): number | undefined {
  if (task.workCommit !== undefined) return undefined;
  const most = Math.min(triesOf(s, task), attemptsIn(leftOfContest(s, task)));
  return most < 2 || s.tasks.size + most > s.run.request.limits.tasks ? undefined : most;
}

/** How many are to try it, whatever is left. What the task says goes before what its role says. */
export function triesOf({ run }: State, task: Pick<Task, 'spec' | 'source'>): number {
  const { spec, source } = task;
  // An answer cannot be held against another; a fix of a red target does not wait; a branch is done.
  if (spec.kind !== 'change') return 1;
  if (source.by === 'reconciler' || source.by === 'land' || source.by === 'candidates') return 1;
  const role = run?.request.roles?.find(({ name }) => name === roleOf(task));
  return Math.min(spec.candidates ?? role?.candidates ?? 1, CANDIDATES_MAX);
}

/** The contenders as tasks, with their numbers, in order. */
export function contenderTasks(
  s: OpenedState,
  { id, spec }: Task,
  count: number,
): readonly { readonly task: TaskId; readonly spec: TaskSpec; readonly nth: number }[] {
  const { candidates: _, ...own } = spec;
  const role = spec.role ?? roleInTurn(s);
  return Array.from({ length: count }, (_, i) => ({
    task: taskId(s.tasks.size + i + 1),
    nth: i + 1,
    spec: { ...own, ...(role !== undefined && { role }), parent: id },
  }));
}

/** A task that names no role is a coder's: where it is said who that is in turn, these are they. */
function roleInTurn(s: OpenedState): string | undefined {
  const coder = s.run.request.roles?.find(({ name }) => name === 'coder');
  return coder?.hands || coder?.candidates ? coder.name : undefined;
}

// ───────────────────────── who may still begin ─────────────────────────

/** It will not begin any more: nothing new opens, or what its task may use is used up. */
export const isLeftOut = (s: OpenedState, t: Task): boolean =>
  t.state === 'pending' && (isHeldUp(s, t) || taskSpent(s, t) !== undefined);

/** The run may be given more, and go on with it. */
const isHeldUp = (s: OpenedState, t: Task): boolean => s.spending.reached !== undefined || !mayOpen(s, t);

/** Its own attempt may be dying still when somebody gave it up. */
export const hasEnded = (s: State, t: Task): boolean =>
  !s.liveAttempts.has(attemptId(t.id, t.attempts)) && (isOver(t.state) || t.state === 'contending');

// ───────────────────────── what becomes of it ─────────────────────────

export type ContestEnd =
  | {
      readonly kind: 'decided';
      readonly winner: TaskId;
      readonly why: string;
      readonly lost: readonly Loser[];
    }
  /** None handed anything in. */
  | {
      readonly kind: 'failed';
      readonly closest: TaskId;
      readonly again: readonly TaskId[];
      /** Those that wait, and for which nothing of the task's budget is left. */
      readonly waiting: readonly TaskId[];
      readonly detail: string;
    };

/** Undefined: one of them may still hand in, or it was decided before. */
export function contestEnd(s: OpenedState, id: TaskId): ContestEnd | undefined {
  const plan = s.plans.get(id);
  if (!plan || !isUndecided(plan) || s.tasks.get(id)?.state !== 'expanded') return undefined;
  const all = plan.parts.map((part) => s.tasks.get(part)!);
  const open = all.filter((one) => !hasEnded(s, one));
  if (all.length === 0 || !open.every((one) => isLeftOut(s, one))) return undefined;
  const order = ranked(all.map((one) => entrantOf(s, one))) as readonly [Entrant, ...Entrant[]];
  const [best] = order;
  if (best.brings !== 'none')
    return { kind: 'decided', winner: best.task, why: whyPicked(order), lost: losersOf(order) };
  // What could not begin is left as it is: a run that is given more goes on with it.
  if (open.some((one) => isHeldUp(s, one))) return undefined;
  const waiting = open.map((one) => one.id);
  const detail = order.map(({ task, why }) => `${task}: ${why}`).join('\n');
  return { kind: 'failed', closest: best.task, again: triesAgain(s, id, all), waiting, detail };
}

/** Several try it, and none of them was taken yet. */
export const isUndecided = ({ contest }: Subplan): boolean =>
  contest !== undefined && contest.picked === undefined;

/** Those that may try once more, of a task that has a round left. */
function triesAgain(s: OpenedState, id: TaskId, all: readonly Task[]): readonly TaskId[] {
  const whole = s.tasks.get(id)!;
  const rounds = attemptsLeft(whole, s.run.request.limits) - 1;
  if (rounds <= 0 || taskSpent(s, whole) !== undefined) return [];
  const able = all.filter((one) => mayTryAgain(s, one));
  return able.slice(0, attemptsIn(leftOfContest(s, whole))).map((one) => one.id);
}

function mayTryAgain(s: OpenedState, t: Task): boolean {
  if (t.state !== 'failed' || t.failure !== 'attempts' || t.attempts >= UNCOUNTED_ATTEMPTS_MAX) return false;
  const reason = t.setback?.reason ?? '';
  const isHeld = Object.hasOwn(REJECTIONS, reason) && REJECTIONS[reason as RejectionReason].held;
  return !isHeld && vainOf(s, t.spec) === undefined;
}

/**
 * What others that try the same task came to, for whoever tries next: their last attempts of the rounds that are over. Of
 * the round they are in none knows of the others.
 */
export function learntFrom(s: State, { id, source }: Pick<Task, 'id' | 'source'>): readonly AttemptId[] {
  if (source.by !== 'candidates') return [];
  return (s.plans.get(source.parent)?.contest?.over ?? []).filter((attempt) => taskOf(attempt) !== id);
}
