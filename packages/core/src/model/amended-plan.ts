import type { TaskDraft } from '../rules/task-format.ts';

/** How a planner would change its plan for a changed request. What it does not name stays as it is. */
export interface AmendedPlan {
  /** New tasks, and those that are worded anew, by the label they have. */
  readonly drafts: readonly TaskDraft[];
  /** Labels of tasks that are no longer wanted. */
  readonly cancel: readonly string[];
  /** With that the request is planned whole. */
  readonly isDone: boolean;
}

/** Tasks of one changed plan, and cancellations. */
export const AMENDED_MAX = 1_000;
