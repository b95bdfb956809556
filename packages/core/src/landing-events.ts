/** What becomes of work on its way to the target: the part of events.ts that is about landings. */
import type { AttemptId, CommitId, LandingId, TaskId } from './model/ids.ts';
import type {
  Candidate,
  DropReason,
  GateResult,
  LandingMember,
  RejectionReason,
  UndoRefusalReason,
} from './model/landing.ts';

/** One try to put handoffs on the target. */
export type LandingEvent =
  | {
      readonly type: 'landing.started';
      readonly landing: LandingId;
      readonly members: readonly LandingMember[];
      readonly candidate: Candidate;
    }
  | { readonly type: 'gate.ended'; readonly landing: LandingId; readonly result: GateResult }
  | {
      readonly type: 'landing.landed';
      readonly landing: LandingId;
      readonly members: readonly LandingMember[];
      readonly candidate: Candidate;
    }
  /** A landing was found on the target at start-up, or under another landing. It had not been recorded before. */
  | {
      readonly type: 'landing.found';
      readonly task: TaskId;
      readonly attempt: AttemptId;
      readonly commit: CommitId;
    }
  /** A handoff was refused, before or after it was made into a candidate. */
  | {
      readonly type: 'landing.rejected';
      readonly attempt: AttemptId;
      readonly landing?: LandingId;
      readonly reason: RejectionReason;
      readonly detail: string;
      readonly files: readonly string[];
      /** It conflicts with what landed while it was made: nobody's fault, and none of its attempts is used up. */
      readonly isRace?: true;
      /** The target has the whole change already, and the work was complete: the task needs nothing more. */
      readonly isThere?: true;
    }
  | { readonly type: 'landing.dropped'; readonly landing: LandingId; readonly reason: DropReason }
  | {
      readonly type: 'landing.undone';
      readonly task: TaskId;
      readonly commit: CommitId;
      readonly by: 'operator' | 'reconciler';
    }
  /** The gate passed on a commit that takes these landings back, newest first. It may be published now. */
  | {
      readonly type: 'undo.passed';
      readonly tasks: readonly TaskId[];
      readonly candidate: Candidate;
      readonly by: 'operator' | 'reconciler';
      readonly gate: GateResult;
    }
  /** These landings were not taken back. The target did not move. */
  | {
      readonly type: 'undo.refused';
      readonly tasks: readonly TaskId[];
      readonly by: 'operator' | 'reconciler';
      readonly reason: UndoRefusalReason;
      readonly detail: string;
    }
  /** Somebody else moved the target. `lost` are the landings of this run that are no longer on it. */
  | {
      readonly type: 'target.moved';
      readonly from: CommitId;
      readonly to: CommitId;
      readonly lost: readonly TaskId[];
    };
