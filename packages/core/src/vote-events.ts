/** What is said of work by those who look at it: the part of events.ts that is about votes and criteria. */
import type { CriterionTry, Judgement } from './model/acceptance.ts';
import type { AttemptId, CommitId, TaskId } from './model/ids.ts';
import type { PatchId, VoteKind } from './model/review.ts';
import type { Usage } from './model/usage.ts';

/** Votes on what was handed in. */
export type ReviewEvent =
  /** The handoff waits for votes on this change. Votes on an earlier one count no more. */
  | {
      readonly type: 'review.asked';
      readonly attempt: AttemptId;
      readonly commit: CommitId;
      readonly patch?: PatchId;
      readonly reviewers: readonly string[];
    }
  | {
      readonly type: 'review.given';
      readonly attempt: AttemptId;
      readonly commit: CommitId;
      readonly reviewer: string;
      readonly vote: VoteKind;
      readonly confidence: number;
      readonly findings: readonly string[];
      readonly usage: Usage;
      /** Agent or model that it was. Absent in old journals. */
      readonly by?: string;
      /** The slice of the budget that this settles. */
      readonly slice?: number;
    }
  /** Approved, it may land. Otherwise a rejection follows in the same decision. */
  | {
      readonly type: 'review.ended';
      readonly attempt: AttemptId;
      readonly commit: CommitId;
      readonly verdict: 'approved' | 'rejected' | 'no-quorum';
    };

/** What was to hold was looked at. `task`: of this task; absent: of the whole run. The last word on a criterion counts. */
export type AcceptanceEvent =
  | ({ readonly type: 'acceptance.judged'; readonly task?: TaskId } & Judgement)
  /** Checks of criteria were tried on the run's base: one that holds there cannot show that anything was done. */
  | {
      readonly type: 'criteria.tried';
      readonly commit: CommitId;
      readonly results: readonly CriterionTry[];
    };
