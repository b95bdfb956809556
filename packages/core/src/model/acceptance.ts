/** Whether one thing that was to hold does, and by what that is known. */
import type { CommitId, TaskId } from './ids.ts';

/**
 * `unverified`: nobody could tell. `tells-nothing`: its check passes, and it passed on the run's base already, before any
 * work.
 */
export const ACCEPTANCES = ['verified', 'unverified', 'failed', 'tells-nothing'] as const;
export type AcceptanceVerdict = (typeof ACCEPTANCES)[number];

/** What was looked at, and said so. */
export interface Evidence {
  /** A command that ran, somebody who read it, or a person's word. */
  readonly kind: 'command' | 'review' | 'operator';
  /** The command, or who says it. */
  readonly by: string;
  /** The commit it was seen on. */
  readonly commit: CommitId;
  readonly detail: string;
}

export interface Judgement {
  readonly criterion: string;
  readonly verdict: AcceptanceVerdict;
  readonly evidence?: Evidence;
}

/** How one criterion can be looked at without a person. */
export type Check =
  | { readonly kind: 'command'; readonly command: string }
  | { readonly kind: 'file'; readonly path: string; readonly isThere: boolean }
  /** `isLiteral`: the pattern is the text itself. Otherwise it is an extended regular expression of POSIX. */
  | {
      readonly kind: 'pattern';
      readonly path: string;
      readonly pattern: string;
      readonly isThere: boolean;
      readonly isLiteral?: true;
    }
  /** No machine can tell. */
  | { readonly kind: 'text' };

export interface Criterion {
  readonly text: string;
  readonly check: Check;
}

/** What the run is to be held against at its end. */
export interface Acceptance {
  /** The operator's own, of the whole run. Those of tasks stand with the tasks. */
  readonly criteria: readonly Criterion[];
}

/** How a criterion's check ended on one commit. `cannot`: it did not come to an end that says anything. */
export const CHECK_ENDS = ['holds', 'fails', 'cannot'] as const;
export type CheckEnd = (typeof CHECK_ENDS)[number];

/** A criterion's check, tried on the run's base, before any work. */
export interface CriterionTry {
  /** Absent: of the whole run. */
  readonly task?: TaskId;
  readonly criterion: string;
  readonly end: CheckEnd;
  readonly detail: string;
}

/** The most criteria a run keeps, and the longest of one in characters. */
export const CRITERIA_MAX = 1_000;
export const CRITERION_TEXT_MAX = 4_096;
