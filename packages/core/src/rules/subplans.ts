/** Which planners of split tasks are to be asked now. */
import type { TaskId } from '../model/ids.ts';
import type { IterationReason } from '../model/plan.ts';
import type { OpenedState } from '../state.ts';
import { contestEnd } from './contest.ts';
import { planningBackoffMs } from './policy.ts';
import { reasonToSubplan, settlement } from './splitting.ts';

export interface SubplanDue {
  readonly owner: TaskId;
  readonly reason: IterationReason;
}

/** They need no worker; no more are asked at once than there are workers. */
export function subplansDue(
  s: OpenedState,
  at: number,
): { readonly due: readonly SubplanDue[]; readonly askAgainAt: number | undefined } {
  const due: SubplanDue[] = [];
  let askAgainAt: number | undefined;
  let room = s.workers - liveSubplans(s);
  for (const owner of s.byState.expanded) {
    const plan = s.plans.get(owner)!;
    const reason = reasonToSubplan(s, plan);
    if (!reason) continue;
    const notBefore = plan.lastEndedAt + planningBackoffMs(plan.failuresInRow);
    if (at < notBefore) askAgainAt = Math.min(askAgainAt ?? notBefore, notBefore);
    else if (room-- > 0) due.push({ owner, reason });
  }
  return { due, askAgainAt };
}

export const liveSubplans = ({ plans }: OpenedState): number =>
  [...plans.values()].filter(({ live }) => live !== undefined).length;

/** Split tasks whose end can be told now. */
export const tasksToSettle = (s: OpenedState): readonly TaskId[] =>
  [...s.byState.expanded].filter((id) => settlement(s, id) !== undefined || contestEnd(s, id) !== undefined);
