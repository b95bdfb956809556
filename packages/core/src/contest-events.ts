/** Several that try one task: which of them is taken. */
import type { TaskId } from './model/ids.ts';
import type { Loser } from './model/plan.ts';

export type ContestEvent =
  /** All have ended. `winner` is handed in for `task`; the others have lost, each with what it lacks. */
  | {
      readonly type: 'contest.decided';
      readonly task: TaskId;
      readonly winner: TaskId;
      readonly why: string;
      readonly lost: readonly Loser[];
    }
  /** All have ended, and none handed anything in. `again`: those that try once more; none: the same entry fails the task. */
  | {
      readonly type: 'contest.failed';
      readonly task: TaskId;
      /** 1 for the first time. */
      readonly round: number;
      /** The one that came furthest. */
      readonly closest: TaskId;
      readonly again: readonly TaskId[];
      readonly detail: string;
    }
  /** A planner wanted more of them than the operator allows: `allowed` there are. */
  | {
      readonly type: 'contest.clipped';
      readonly task: TaskId;
      readonly asked: number;
      readonly allowed: number;
    };
