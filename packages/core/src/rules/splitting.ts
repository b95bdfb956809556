/**
 * Which tasks are split into parts by a planner of their own, and what becomes of them when the parts are over. A task
 * that is split holds no worker and no scope: a run with one worker gets through any depth.
 */
import {
  HANDOFF_LIST_MAX,
  HANDOFF_TEXT_MAX,
  type HandoffClaim,
  type HandoffStatus,
} from '../model/handoff.ts';
import type { TaskId } from '../model/ids.ts';
import {
  DEPTH_MAX,
  type IterationReason,
  SPLIT_FILES_MIN,
  SUBPLAN_ANSWERS_MAX,
  SUBPLAN_FAILURES_MAX,
  type Subplan,
} from '../model/plan.ts';
import type { Limits } from '../model/request.ts';
import { isOver, isSatisfied, type Task } from '../model/task.ts';
import type { OpenedState, State } from '../state.ts';
import { isRoleSpent } from './budget.ts';
import { isUndecided } from './contest.ts';
import { isGlob } from './glob.ts';
import { depthOf } from './owners.ts';

const depthAllowed = ({ depth = 0 }: Limits): number => Math.min(depth, DEPTH_MAX);

/** How many levels there may still be below the parts of a task. */
export const splitsLeft = (s: OpenedState, whole: TaskId): number =>
  Math.max(0, depthAllowed(s.run.request.limits) - depthOf(s, whole) - 1);

/** Why the task is worked as it is. Undefined: it is split. */
export function splitProblem(s: OpenedState, task: Task): string | undefined {
  const allowed = depthAllowed(s.run.request.limits);
  if (allowed === 0) return 'this run splits no task';
  if (depthOf(s, task.id) >= allowed) return `it is ${allowed} levels down already`;
  if (task.spec.kind !== 'change') return 'its product is one answer';
  if (filesIn(task.spec.scope) < SPLIT_FILES_MIN) return `its scope has fewer than ${SPLIT_FILES_MIN} files`;
  if (task.source.by === 'pipeline') return 'it is one step of a pipeline';
  if (task.source.by === 'candidates') return 'it is one of several that try the same';
  if ((task.spec.candidates ?? 1) > 1) return 'several try it whole';
  if (task.isUnsplit) return 'its own planner found nothing to split';
  if (task.workCommit !== undefined) return 'there is work of its own to go on from';
  if (isRoleSpent(s, 'subplanner')) return 'the subplanners’ part of the budget is used up';
  return undefined;
}

/** A pattern or a folder may be any number of files. */
const filesIn = (scope: readonly string[]): number =>
  scope.reduce((sum, entry) => sum + (isGlob(entry) || entry.endsWith('/') ? SPLIT_FILES_MIN : 1), 0);

// ───────────────────────── asking its planner ─────────────────────────

/** Why the planner of a split task is to be asked; undefined: it is being asked, or has no more to say. */
export function reasonToSubplan(s: OpenedState, plan: Subplan): IterationReason | undefined {
  if (plan.isPipeline || plan.contest) return undefined;
  if (plan.live || plan.failuresInRow >= SUBPLAN_FAILURES_MAX || plan.answers >= SUBPLAN_ANSWERS_MAX)
    return undefined;
  if (isRoleSpent(s, 'subplanner')) return undefined;
  if (plan.failuresInRow > 0) return 'retry';
  if (plan.answers === 0 && plan.parts.length === 0 && !plan.saidDone) return 'first';
  if (plan.newsOf.failed > 0) return 'handoffs';
  return isAllOver(s, plan) && !plan.saidDone ? 'idle' : undefined;
}

const isAllOver = (s: State, { parts }: Subplan): boolean =>
  parts.every((id) => isOver(s.tasks.get(id)!.state));

// ───────────────────────── what becomes of it ─────────────────────────

/** How its parts ended. */
export interface PartsFacts {
  /** Landed, answered, found done, or gathered. */
  readonly there: number;
  /** Of those, such as say that something is missing. */
  readonly partial: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Its planner knows how all of them ended, and said that this is all. */
  readonly isSaidDone: boolean;
}

export type SplitEnd = 'unsplit' | 'complete' | 'partial' | 'failed';

/**
 * Nothing that is there is thrown away, and nothing counts as whole that nobody called whole. With failed parts it is
 * enough for those who depend on it only where its own planner, told of them, says so. See the table in
 * splitting.test.ts.
 */
export function splitEnd({ there, partial, failed, cancelled, isSaidDone }: PartsFacts): SplitEnd {
  if (there + failed + cancelled === 0) return 'unsplit';
  if (there === 0 || (failed > 0 && !isSaidDone)) return 'failed';
  return failed + cancelled + partial === 0 && isSaidDone ? 'complete' : 'partial';
}

/** What a split task has come to. Undefined: its planner or one of its parts has still something to do. */
export function settlement(s: OpenedState, id: TaskId): SplitEnd | undefined {
  const plan = s.plans.get(id);
  const isWaiting = s.tasks.get(id)?.state !== 'expanded' || !plan || plan.live !== undefined;
  if (isWaiting || isUndecided(plan) || !isAllOver(s, plan) || reasonToSubplan(s, plan)) return undefined;
  const parts = partsThatCount(s, plan);
  const count = (isOne: (part: Task) => boolean): number => parts.filter(isOne).length;
  return splitEnd({
    // What a pipeline found out is not what it was to do.
    there: count(({ state, spec }) => isSatisfied(state) && !(plan.isPipeline && spec.kind === 'answer')),
    partial: count((part) => isSatisfied(part.state) && statusOf(s, part) === 'partial'),
    failed: count(({ state }) => state === 'failed'),
    cancelled: count(({ state }) => state === 'cancelled'),
    isSaidDone: plan.saidDone && (isByRule(plan) || plan.newsOf.failed === 0),
  });
}

/** Nobody is asked about it. */
const isByRule = ({ isPipeline, contest }: Subplan): boolean => isPipeline === true || contest !== undefined;

/** Of several that tried the same the one that was taken is all there is; while none was, nothing. */
function partsThatCount(s: State, { parts, contest }: Subplan): readonly Task[] {
  const ids = contest ? (contest.picked ? [contest.picked.winner] : []) : parts;
  return ids.map((part) => s.tasks.get(part)!);
}

function statusOf(s: State, part: Task): HandoffStatus | undefined {
  return claimOf(s, part)?.status;
}

/** What was handed in; of a part found on the target, by its attempt. */
function claimOf(s: State, part: Task): HandoffClaim | undefined {
  if (!('handoff' in part) || part.handoff === undefined) {
    const attempt = 'attempt' in part && part.attempt ? s.attempts.get(part.attempt) : undefined;
    return attempt?.state === 'ended' ? attempt.handoff : undefined;
  }
  return part.handoff;
}

/** One handoff of what the parts handed in, within the bounds of one. */
export function gatheredHandoff(s: State, id: TaskId, status: 'complete' | 'partial'): HandoffClaim {
  const plan = s.plans.get(id)!;
  const parts = partsThatCount(s, plan);
  const told = parts.map((part) => ({ part, claim: claimOf(s, part) }));
  return {
    status,
    summary: told
      .map(({ part, claim }) => `${part.id} ${part.spec.title}: ${claim?.summary || endOf(part)}`)
      .join('\n')
      .slice(0, HANDOFF_TEXT_MAX),
    concerns: told
      .flatMap(({ part, claim }) => [...missing(part), ...(claim?.concerns ?? [])])
      .slice(0, HANDOFF_LIST_MAX),
    suggestions: told.flatMap(({ claim }) => claim?.suggestions ?? []).slice(0, HANDOFF_LIST_MAX),
  };
}

function endOf(part: Task): string {
  if (part.state === 'failed') return `failed (${part.failure}): ${part.detail}`;
  return part.state === 'cancelled' ? `cancelled: ${part.reason}` : part.state;
}

const missing = (part: Task): readonly string[] =>
  part.state === 'failed' || part.state === 'cancelled' ? [`${part.id} is not there: ${part.state}`] : [];
