/** What a report holds. */
import type { AcceptanceVerdict, Judgement } from '../model/acceptance.ts';
import type { EndingReason } from '../model/attempt.ts';
import type { CommitId, LandingId, RunId, TaskId } from '../model/ids.ts';
import type { RejectionReason } from '../model/landing.ts';
import type { CloseReason, DeliverTo } from '../model/request.ts';
import type { Requirement } from '../model/requirement.ts';
import type { TaskStateName } from '../model/task.ts';
import type { Usage } from '../model/usage.ts';
import type { Alarm } from './alarms.ts';
import type { ReportChange } from './changes.ts';
import type { GateView } from './gate.ts';
import type { Remainder } from './remainder.ts';
import type { VotesView } from './votes.ts';

export interface ReportTask {
  readonly task: TaskId;
  readonly title: string;
  /** The task it is a part of; absent: of none. */
  readonly partOf?: TaskId;
  readonly state: TaskStateName;
  /** Where it landed. */
  readonly commit?: CommitId;
  readonly attempts: number;
  /**
   * `verified`: it landed, and its own `verify` command passes on the head; or, without one, the gate passed on the very
   * landing that holds it. Or nothing was to be done: its `verify` passes on the
   * base, and failed on an earlier commit of the run. Everything else is `unverified`.
   */
  readonly verified: 'verified' | 'unverified';
  /** Its own `verify` passed before any work too: it tells nothing, and the gate alone stands for the task. */
  readonly tellsNothing?: true;
  /** It is there, and its handoff says that something is missing. */
  readonly isPartial?: true;
  /** Paths its landed change touched that it had not declared; absent when there are none. */
  readonly outside?: readonly string[];
  /** What reviewers last came to on it; absent where nobody voted. */
  readonly votes?: VotesView;
  /** What was answered, where an answer was asked for. */
  readonly answer?: string;
  /** Why it did not land, when it failed or was cancelled. */
  readonly why?: string;
}

export interface ReportFinding {
  readonly signature: string;
  /** The commit that brought the failure, if it is known. `task` is set when the commit is a landing of this run. */
  readonly culprit?: { readonly commit: CommitId; readonly task?: TaskId; readonly isBase: boolean };
  /** Every fix task ever filed for it. */
  readonly fixes: readonly TaskId[];
}

export interface ReportRequirement extends Requirement {
  /** Nothing of it is missing, or it was dropped: by its tasks, not by the planner's word alone. */
  readonly isSettled: boolean;
}

export interface ReportJudgement extends Judgement {
  /** Absent: of the whole run. */
  readonly task?: TaskId;
}

export interface ReportCriterion {
  /** Absent: of the whole run. */
  readonly task?: TaskId;
  readonly text: string;
  readonly check: 'command' | 'file' | 'pattern' | 'text';
  readonly verdict: AcceptanceVerdict;
  /** The command that was run, or who looked. */
  readonly by?: string;
  readonly commit?: CommitId;
  /** Why it is not verified; empty where it is. */
  readonly why: string;
}

export interface Report {
  readonly run: RunId | undefined;
  readonly request: string;
  readonly target: string;
  readonly landOn: string;
  readonly base: CommitId | undefined;
  readonly head: CommitId | undefined;
  /** Whether the checks passed on the final head; `unknown` is unknown, never green. */
  readonly green: boolean | 'unknown';
  /**
   * `complete`: closed as done, and nothing in `shortfalls`. `open`: not closed yet.
   */
  readonly verdict: 'complete' | 'incomplete' | 'open';
  /** What keeps it from being complete, in sentences without an end; while it is open, so far. */
  readonly shortfalls: readonly string[];
  /** What happened to the tasks, then whether the head is green: the sentence that is told everywhere. */
  readonly ending: string;
  /** What the planner asked for and was refused; no task of that name was accepted since. At most `REFUSED_MAX`. */
  readonly refused: readonly { readonly label: string; readonly problem: string }[];
  /** What the request asks for, by the planner's own list. */
  readonly requirements: readonly ReportRequirement[];
  /** What was to hold, as it was judged last; absent where nothing was judged. */
  readonly acceptance?: readonly ReportJudgement[];
  /** Everything the run was held against, the worst first; absent where there is nothing. */
  readonly criteria?: readonly ReportCriterion[];
  readonly closed: CloseReason | undefined;
  /** What is left undone; absent where the run did not close because of its budget or its time. */
  readonly remainder?: Remainder;
  readonly isGated: boolean;
  /** ms since the epoch. */
  readonly openedAt: number | undefined;
  /** From opening to closing, or to the last entry, with pauses and downtime. */
  readonly wallMs: number;
  /** Without the time in which no orchestrator ran. */
  readonly activeMs: number;
  readonly tasks: Readonly<Record<TaskStateName, number>>;
  /** Of the cancelled ones those that had landed, and were taken back. */
  readonly undone: number;
  /** Of the failed and the cancelled ones those that tried a task and were not taken; absent: none. */
  readonly lost?: { readonly failed: number; readonly cancelled: number };
  /** Of the failed ones those that only the end of the run's budget or time kept from being done; absent: none. */
  readonly leftUndone?: number;
  /** Tasks on the target now: landed, and not taken back. */
  readonly landed: number;
  /** Per hour of `activeMs`. */
  readonly landedPerHour: number;
  readonly attempts: number;
  readonly endings: Readonly<Partial<Record<EndingReason, number>>>;
  /** Attempts that delivered a commit. */
  readonly handoffs: number;
  /** How many of `tasksHandedIn` landed with their first handoff. */
  readonly firstTryLandings: number;
  readonly tasksHandedIn: number;
  readonly rejections: Readonly<Partial<Record<RejectionReason, number>>>;
  /** Rejections for conflict. */
  readonly conflicts: number;
  readonly gateRuns: number;
  /** Time in gates that really ran. */
  readonly gateMs: number;
  /** Undefined where there is no gate. */
  readonly gate: GateView | undefined;
  /** Landings whose gate passed only when it was run again on the same tree. */
  readonly flakes: readonly LandingId[];
  readonly used: Usage;
  readonly tokens: number;
  /** Tokens of attempts after each task's first. */
  readonly retryTokens: number;
  /** What a crash ended had reserved this. It counts as spent. */
  readonly lostTokens: number;
  /** Work that was held because a secret, or what looks like one, stood in it. Absent: there was none. */
  readonly alarms?: readonly Alarm[];
  readonly openFindings: number;
  /** Failures of the target that are still there, oldest first. */
  readonly findings: readonly ReportFinding[];
  readonly delivered:
    | {
        readonly to: DeliverTo;
        readonly ref: string;
        readonly outcome: 'done' | 'refused';
        readonly detail: string;
        /** Of the pull request. */
        readonly url?: string;
      }
    | undefined;
  /** What is on the target now, worth looking at first, first. */
  readonly changes: readonly ReportChange[];
  /** Every task, in order of entry. */
  readonly list: readonly ReportTask[];
}
