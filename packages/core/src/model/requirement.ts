/** One thing the request asks for, as the planner has written it down. */
import type { TaskId } from './ids.ts';

/** `met`: it is on the target. `dropped`: it turned out not to be wanted, or cannot be done. */
export const REQUIREMENT_STATES = ['open', 'met', 'dropped'] as const;
export type RequirementStatus = (typeof REQUIREMENT_STATES)[number];

export interface Requirement {
  /** The planner's own name for it. */
  readonly id: string;
  readonly text: string;
  /** What the planner says of it. Whether that holds, its tasks tell. */
  readonly status: RequirementStatus;
  /** The tasks that are to bring it. */
  readonly tasks: readonly TaskId[];
}

/** Most a run keeps. */
export const REQUIREMENTS_MAX = 200;
