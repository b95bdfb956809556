/** Small pure policies: what follows from an ending, and how long to wait. */
import { ENDINGS, type EndingReason, UNCOUNTED_ATTEMPTS_MAX } from '../model/attempt.ts';
import { isHeldBack } from '../model/evolve-task.ts';
import { REJECTIONS, type RejectionReason } from '../model/landing.ts';
import type { Limits } from '../model/request.ts';
import type { TaskBase } from '../model/task.ts';

/** Attempts the task has left, given how many count already. Of several that try one task each has one a round. */
export const attemptsLeft = (t: TaskBase, limits: Limits): number =>
  Math.min(
    (isHeldBack(t) ? 1 : limits.attempts) - (t.counted - t.forgiven),
    UNCOUNTED_ATTEMPTS_MAX - t.attempts,
  );

/** Returns whether the task may be tried again after this ending. `t` is the task before the ending was counted. */
export function mayRetry(t: TaskBase, reason: EndingReason, limits: Limits): boolean {
  const rule = ENDINGS[reason];
  return rule.retries && attemptsLeft(t, limits) - (rule.counts ? 1 : 0) > 0;
}

/** Whether a rejection uses up one of its task's attempts. */
export const countsAgainst = ({
  reason,
  isRace,
}: {
  readonly reason: RejectionReason;
  readonly isRace?: true;
}): boolean => REJECTIONS[reason].counts && isRace !== true;

/** Returns whether the task may be tried again after a rejection for this reason. */
export function mayRetryRejected(
  t: TaskBase,
  rejected: { readonly reason: RejectionReason; readonly isRace?: true },
  limits: Limits,
): boolean {
  return !REJECTIONS[rejected.reason].held && attemptsLeft(t, limits) - (countsAgainst(rejected) ? 1 : 0) > 0;
}

/** Pause before asking a planner again that failed `failures` times in a row, ms: 2 s doubling, at most 5 min. */
export const planningBackoffMs = (failures: number): number =>
  failures === 0 ? 0 : Math.min(2_000 * 2 ** (failures - 1), 300_000);

/** The first interval between two runs of the checks. */
export const firstChecksInterval = (minMs: number, maxMs: number): number => Math.min(minMs * 5, maxMs);

/** Halved while red; half as long again after every third green in a row. */
export function nextChecksInterval(
  nowMs: number,
  isGreen: boolean,
  greensInRow: number,
  minMs: number,
  maxMs: number,
): number {
  if (!isGreen) return Math.max(minMs, Math.round(nowMs / 2));
  return greensInRow % 3 === 0 ? Math.min(maxMs, Math.round(nowMs * 1.5)) : nowMs;
}
