/** Every command the core can be asked to do. `decide` answers each with events or with a Refusal. */

import type { IterationOutcome } from './events.ts';
import type { CriterionTry, Judgement } from './model/acceptance.ts';
import type { AmendedPlan } from './model/amended-plan.ts';
import type { EndingReason, Reservation } from './model/attempt.ts';
import type { Handoff, HandoffClaim } from './model/handoff.ts';
import type { HostFacts, HostSlot } from './model/host.ts';
import type { AttemptId, CommitId, LandingId, RunId, TaskId } from './model/ids.ts';
import type {
  Candidate,
  DropReason,
  GateResult,
  LandingMember,
  RejectionReason,
  UndoRefusalReason,
} from './model/landing.ts';
import type { IterationReason } from './model/plan.ts';
import type {
  ChecksResult,
  CloseReason,
  DeliverTo,
  Finding,
  PauseReason,
  RaisedLimits,
  Recheck,
  Request,
  SliceRole,
  StopReason,
} from './model/request.ts';
import type { PatchId, VoteKind } from './model/review.ts';
import type { NoteAuthor } from './model/shared-note.ts';
import type { TaskFailure, TaskSource } from './model/task.ts';
import type { Usage } from './model/usage.ts';
import type { RequirementDraft } from './rules/requirement-format.ts';
import type { TaskDraft } from './rules/task-format.ts';

export type Command =
  // the run
  | {
      readonly type: 'openRun';
      readonly run: RunId;
      readonly request: Request;
      readonly version: string;
      readonly configHash: string;
      readonly seed?: number;
    }
  | { readonly type: 'recordBase'; readonly gate: GateResult; readonly checks?: ChecksResult }
  | { readonly type: 'resumeRun'; readonly version: string; readonly host: string; readonly pid: number }
  | { readonly type: 'pause'; readonly reason: PauseReason; readonly detail: string }
  | { readonly type: 'continue'; readonly by: 'operator' | 'itself' }
  /** `role`: of its attempts at most so many at a time. Absent: of all. */
  | {
      readonly type: 'scale';
      readonly workers: number;
      readonly role?: string;
      readonly reason: string;
      readonly by?: 'itself';
    }
  /** 1 (most urgent) to 10, or before or behind everything else. What is under way and what lands keep their order. */
  | { readonly type: 'prioritise'; readonly task: TaskId; readonly place: number | 'first' | 'last' }
  | {
      readonly type: 'stop';
      readonly reason: StopReason | 'undo';
      readonly detail: string;
      readonly moreAt?: number;
    }
  /** `plan`: what follows from it for the plan, as a person has said yes to it. Absent: the planner is asked. */
  | { readonly type: 'amend'; readonly text: string; readonly plan?: AmendedPlan }
  /** Ends the whole run. Every task that is not over is cancelled. */
  | { readonly type: 'cancelRun'; readonly reason: string }
  /** `isResuming`: nothing of the run is at work yet. `by`: so much more than the limit is. */
  | ({
      readonly type: 'raiseLimits';
      readonly isResuming?: true;
      readonly by?: RaisedLimits;
    } & RaisedLimits)
  | { readonly type: 'changeGate'; readonly gate?: string; readonly gateHash: string }
  /** Takes up a closed run again. What failed only because the budget or the time was used up is tried again. */
  | {
      readonly type: 'reopenRun';
      readonly reason: string;
      readonly version: string;
      readonly host: string;
      readonly pid: number;
    }
  | { readonly type: 'nearBudget'; readonly which: 'tokens' | 'usd' | 'time' }
  | { readonly type: 'reachBudget'; readonly which: 'tokens' | 'usd' | 'time' }
  | {
      readonly type: 'reserveSpend';
      readonly role: SliceRole;
      readonly reserved: Reservation;
    }
  | { readonly type: 'recordSpend'; readonly slice: number; readonly usage: Usage }
  /** Is asked only after a crash. */
  | { readonly type: 'loseSpend'; readonly slice: number }
  | {
      readonly type: 'recordDelivery';
      readonly to: DeliverTo;
      readonly ref: string;
      readonly commit: CommitId;
      readonly outcome: 'done' | 'refused';
      readonly detail: string;
      readonly url?: string;
    }
  | { readonly type: 'closeRun'; readonly reason: CloseReason; readonly green: boolean | 'unknown' }
  // planning
  | {
      readonly type: 'startIteration';
      /** The task that is split; absent: the run's own planner. */
      readonly owner?: TaskId;
      readonly reason: IterationReason;
      readonly promptHash: string;
      readonly model: string;
      readonly reserved: Reservation;
    }
  | { readonly type: 'extendIteration'; readonly iteration: number; readonly reserved: Reservation }
  /** Accepts all drafts or none. With `eachAlone` it accepts the good ones and refuses the bad ones by name. */
  | {
      readonly type: 'acceptTasks';
      readonly drafts: readonly TaskDraft[];
      readonly from: DraftSource;
      readonly eachAlone: boolean;
    }
  | {
      readonly type: 'refuseTask';
      readonly label: string;
      readonly problem: string;
      readonly iteration?: number;
    }
  | { readonly type: 'writeScratchpad'; readonly iteration: number; readonly text: string }
  | {
      readonly type: 'writeRequirements';
      readonly iteration: number;
      readonly drafts: readonly RequirementDraft[];
    }
  | {
      readonly type: 'endIteration';
      readonly iteration: number;
      readonly outcome: IterationOutcome;
      readonly isDone: boolean;
      readonly detail: string;
      readonly usage: Usage;
    }
  // tasks
  | {
      readonly type: 'cancelTask';
      readonly task: TaskId;
      readonly reason: string;
      readonly by: 'operator' | 'planner' | 'reconciler';
    }
  /** `owner`: whose label it is, as for an iteration. */
  | {
      readonly type: 'cancelLabel';
      readonly label: string;
      readonly reason: string;
      readonly owner?: TaskId;
    }
  | {
      readonly type: 'failTask';
      readonly task: TaskId;
      readonly failure: TaskFailure;
      readonly detail: string;
    }
  | {
      readonly type: 'retry';
      readonly task: TaskId;
      readonly hint?: string;
      readonly by: 'operator' | 'planner';
    }
  /** A note of the operator's to whoever works on it now, and to its later attempts. */
  | { readonly type: 'tell'; readonly task: TaskId; readonly text: string }
  | { readonly type: 'expandTask'; readonly task: TaskId; readonly by?: 'pipeline' | 'candidates' }
  /** Is asked when neither its planner nor its parts have anything more to do. */
  | { readonly type: 'settleTask'; readonly task: TaskId }
  // attempts
  | {
      readonly type: 'startAttempt';
      readonly task: TaskId;
      readonly worker: string;
      readonly reserved: Reservation;
      /** Where it is to run. Only in a run of many hosts, and there always. */
      readonly on?: HostSlot;
      readonly leaseMs?: number;
    }
  | {
      readonly type: 'startAgent';
      readonly attempt: AttemptId;
      readonly driver: string;
      readonly model?: string;
      readonly hears?: true;
      readonly promptHash: string;
    }
  | {
      readonly type: 'recordVerify';
      readonly attempt: AttemptId;
      readonly commit: CommitId;
      readonly isGreen: boolean;
    }
  | {
      readonly type: 'endAttempt';
      readonly attempt: AttemptId;
      readonly reason: EndingReason;
      readonly detail: string;
      readonly usage: Usage;
      readonly handoff?: Handoff;
      readonly work?: CommitId;
      readonly claim?: HandoffClaim;
    }
  /** Is asked before the agent is told what failed. */
  | {
      readonly type: 'reworkAttempt';
      readonly attempt: AttemptId;
      readonly reason: EndingReason;
      readonly detail: string;
    }
  // reviews
  /** What would land is not what was voted on: it is voted on anew. */
  | {
      readonly type: 'askReview';
      readonly attempt: AttemptId;
      readonly commit: CommitId;
      readonly patch?: PatchId;
    }
  /** Silence is a vote too: `abstain`. */
  | {
      readonly type: 'giveReview';
      readonly attempt: AttemptId;
      readonly commit: CommitId;
      readonly reviewer: string;
      readonly vote: VoteKind;
      readonly confidence: number;
      readonly findings: readonly string[];
      readonly usage: Usage;
      readonly by?: string;
      readonly slice?: number;
    }
  | ({ readonly type: 'judgeAcceptance'; readonly task?: TaskId } & Judgement)
  | {
      readonly type: 'recordCriteria';
      readonly commit: CommitId;
      readonly results: readonly CriterionTry[];
    }
  // landings
  | {
      readonly type: 'startLanding';
      readonly members: readonly LandingMember[];
      readonly candidate: Candidate;
    }
  | { readonly type: 'recordGate'; readonly landing: LandingId; readonly result: GateResult }
  /** Is asked only after the target's reference was read back. */
  | { readonly type: 'land'; readonly landing: LandingId }
  | {
      readonly type: 'findLanding';
      readonly task: TaskId;
      readonly attempt: AttemptId;
      readonly commit: CommitId;
    }
  | {
      readonly type: 'rejectHandoff';
      readonly attempt: AttemptId;
      readonly landing?: LandingId;
      readonly reason: RejectionReason;
      readonly detail: string;
      readonly files: readonly string[];
    }
  | { readonly type: 'dropLanding'; readonly landing: LandingId; readonly reason: DropReason }
  /** Is asked before its candidate is published. */
  | {
      readonly type: 'passUndo';
      readonly tasks: readonly TaskId[];
      readonly candidate: Candidate;
      readonly by: 'operator' | 'reconciler';
      readonly gate: GateResult;
    }
  | {
      readonly type: 'refuseUndo';
      readonly tasks: readonly TaskId[];
      readonly by: 'operator' | 'reconciler';
      readonly reason: UndoRefusalReason;
      readonly detail: string;
    }
  /**
   * Is asked only after the target's reference was read back, or after the commit was found on the target. `tasks` are
   * in order of landing, newest first.
   */
  | {
      readonly type: 'undoLanding';
      readonly tasks: readonly TaskId[];
      readonly commit: CommitId;
      readonly by: 'operator' | 'reconciler';
    }
  | { readonly type: 'moveTarget'; readonly to: CommitId; readonly lost: readonly TaskId[] }
  // healing
  | { readonly type: 'recordChecks'; readonly result: ChecksResult; readonly findings: readonly Finding[] }
  | {
      readonly type: 'recordRechecks';
      readonly head: CommitId;
      readonly results: readonly Recheck[];
      readonly durationMs: number;
    }
  | {
      readonly type: 'nameCulprit';
      readonly signature: string;
      readonly commit: CommitId;
      readonly task?: TaskId;
    }
  | { readonly type: 'missCulprit'; readonly signature: string; readonly why: string }
  /** `version`: what whoever sets it has seen; 0 where there was none. Another one by now refuses. */
  | {
      readonly type: 'setNote';
      readonly key: string;
      readonly value: string;
      readonly version: number;
      readonly by: NoteAuthor;
    }
  // machines
  | {
      readonly type: 'joinWorker';
      readonly worker: string;
      readonly slots: number;
      readonly capabilities: readonly string[];
    }
  | {
      readonly type: 'leaveWorker';
      readonly worker: string;
      readonly reason: 'asked' | 'silent' | 'refused';
    }
  | ({ readonly type: 'joinHost' } & HostFacts)
  | { readonly type: 'leaveHost'; readonly host: string; readonly detail: string }
  | { readonly type: 'lapseHost'; readonly host: string; readonly silentMs: number };

/** A TaskSource without the label, which each draft has itself. */
export type DraftSource =
  | { readonly by: 'plan' }
  | { readonly by: 'planner'; readonly iteration: number }
  | { readonly by: 'subplanner'; readonly parent: TaskId; readonly iteration: number }
  | { readonly by: 'operator' }
  | (TaskSource & { readonly by: 'reconciler' })
  | (TaskSource & { readonly by: 'land' });
