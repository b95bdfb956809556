/**
 * READ FIRST. Every event, grouped by what it is about. One journal entry holds one decision: its events take effect
 * in order, and all together or not at all.
 *
 * Journals are for ever: a type is never renamed, and a field never changes its meaning. A new meaning is a new type.
 * journal/upcast.ts turns old entries into the present shape. An event has no time of its own: it happened at the
 * entry's `at`.
 */

import type { ContestEvent } from './contest-events.ts';
import type { HostEvent } from './host-events.ts';
import type { LandingEvent } from './landing-events.ts';
import type { EndingReason, Reservation } from './model/attempt.ts';
import type { Handoff, HandoffClaim } from './model/handoff.ts';
import type { HostSlot } from './model/host.ts';
import type { AttemptId, CommitId, RunId, TaskId } from './model/ids.ts';
import type { GateResult } from './model/landing.ts';
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
import type { Requirement } from './model/requirement.ts';
import type { NoteAuthor } from './model/shared-note.ts';
import type { TaskFailure, TaskSource, TaskSpec } from './model/task.ts';
import type { Usage } from './model/usage.ts';
import type { AcceptanceEvent, ReviewEvent } from './vote-events.ts';

export type { ContestEvent } from './contest-events.ts';
export type { HostEvent } from './host-events.ts';
export type { LandingEvent } from './landing-events.ts';
export type { AcceptanceEvent, ReviewEvent } from './vote-events.ts';

/** The run itself. */
export type RunEvent =
  | {
      readonly type: 'run.opened';
      readonly run: RunId;
      readonly request: Request;
      readonly version: string;
      readonly configHash: string;
      readonly seed?: number;
    }
  | {
      readonly type: 'base.checked';
      readonly base: CommitId;
      readonly gate: GateResult;
      readonly checks?: ChecksResult;
    }
  | { readonly type: 'run.resumed'; readonly version: string; readonly host: string; readonly pid: number }
  | { readonly type: 'run.paused'; readonly reason: PauseReason; readonly detail: string }
  | { readonly type: 'run.continued'; readonly by: 'operator' | 'itself' }
  /** Without `by` the operator asked for it, and `workers` is the most there may be from now on. */
  | {
      readonly type: 'run.scaled';
      readonly workers: number;
      readonly reason: string;
      readonly by?: 'itself';
    }
  /** The operator: of this role's attempts at most so many run at a time. */
  | { readonly type: 'role.scaled'; readonly role: string; readonly workers: number }
  /**
   * `undo`: the run was taken up only for an undo. Old journals say `signal` for every reason. `moreAt`: when there is
   * more of a used-up quota, where a provider said it; ms since the epoch.
   */
  | {
      readonly type: 'run.stopped';
      readonly reason: StopReason | 'undo';
      readonly detail: string;
      readonly moreAt?: number;
    }
  /** `isPlanned`: what follows from it for the plan stands in the same entry. `isDone`: with that it is planned whole. */
  | {
      readonly type: 'request.amended';
      readonly text: string;
      readonly isPlanned?: true;
      readonly isDone?: true;
    }
  /** The operator ended the run: nothing new starts, and the run closes when what runs has ended. */
  | { readonly type: 'run.cancelled'; readonly reason: string }
  /** The operator gave the run more: each of these is the limit from now on. */
  | ({ readonly type: 'limits.raised' } & RaisedLimits)
  /**
   * The operator named another gate before anything had landed: it judges the base and every candidate from now on.
   * Without `gate` nothing is tested.
   */
  | { readonly type: 'gate.changed'; readonly gate?: string; readonly gateHash: string }
  /** A closed run is open again: it goes on with the limits and the tasks it has, and closes and delivers once more. */
  | { readonly type: 'run.reopened'; readonly reason: string }
  /** A limit has come to its share `soft`: nothing new opens, what runs may finish and land. In old journals: never. */
  | {
      readonly type: 'budget.neared';
      readonly which: 'tokens' | 'usd' | 'time';
      readonly limit: number;
      readonly soft: number;
    }
  | { readonly type: 'budget.reached'; readonly which: 'tokens' | 'usd' | 'time'; readonly limit: number }
  /** A slice of the budget was set aside for model calls outside attempts and iterations, before the first call. */
  | {
      readonly type: 'spend.reserved';
      readonly role: SliceRole;
      readonly slice: number;
      readonly reserved: Reservation;
    }
  /** What calls outside attempts and iterations used. It settles `slice`. In old journals no slice was reserved. */
  | {
      readonly type: 'spend.recorded';
      readonly role: SliceRole;
      readonly usage: Usage;
      readonly slice?: number;
    }
  /** The orchestrator stopped before it settled the slice. The whole slice counts as spent. */
  | { readonly type: 'spend.lost'; readonly role: SliceRole; readonly slice: number }
  | {
      readonly type: 'delivery.ended';
      readonly to: DeliverTo;
      readonly ref: string;
      readonly commit: CommitId;
      readonly outcome: 'done' | 'refused';
      readonly detail: string;
      /** Of the pull request that has it. Absent in old journals. */
      readonly url?: string;
    }
  | {
      readonly type: 'run.closed';
      readonly reason: CloseReason;
      readonly head: CommitId;
      readonly green: boolean | 'unknown';
    };

/** Planning. `owner`: the task whose own planner it is; absent: the run's. */
export type PlanEvent =
  | {
      readonly type: 'iteration.started';
      /** Counted through the whole run, whosever it is. */
      readonly iteration: number;
      readonly owner?: TaskId;
      readonly reason: IterationReason;
      readonly promptHash: string;
      readonly model: string;
      readonly reserved: Reservation;
    }
  /** The live iteration got another slice of the budget, because its first one was too small. */
  | {
      readonly type: 'iteration.extended';
      readonly iteration: number;
      readonly owner?: TaskId;
      readonly reserved: Reservation;
    }
  | {
      readonly type: 'task.refused';
      readonly label: string;
      readonly problem: string;
      readonly iteration?: number;
      readonly owner?: TaskId;
    }
  | {
      readonly type: 'scratchpad.written';
      readonly iteration: number;
      readonly owner?: TaskId;
      readonly text: string;
    }
  /** Those that are new or changed, each whole. */
  | {
      readonly type: 'requirements.written';
      readonly iteration: number;
      readonly requirements: readonly Requirement[];
    }
  | {
      readonly type: 'iteration.ended';
      readonly iteration: number;
      readonly owner?: TaskId;
      readonly outcome: IterationOutcome;
      readonly isDone: boolean;
      readonly detail: string;
      readonly usage: Usage;
    };

/** One task. */
export type TaskEvent =
  | {
      readonly type: 'task.accepted';
      readonly task: TaskId;
      readonly spec: TaskSpec;
      readonly source: TaskSource;
    }
  | {
      readonly type: 'task.rescoped';
      readonly task: TaskId;
      readonly spec: TaskSpec;
      readonly iteration?: number;
    }
  | { readonly type: 'task.requeued'; readonly task: TaskId; readonly because: EndingReason }
  | {
      readonly type: 'task.failed';
      readonly task: TaskId;
      readonly failure: TaskFailure;
      readonly detail: string;
    }
  | {
      readonly type: 'task.cancelled';
      readonly task: TaskId;
      readonly reason: string;
      readonly by: 'operator' | 'planner' | 'reconciler';
    }
  | {
      readonly type: 'task.retried';
      readonly task: TaskId;
      readonly hint?: string;
      readonly by: 'operator' | 'planner';
    }
  /**
   * The operator says something to whoever works on it. `attempt`: its agent takes notes while it works. Attempts that
   * start later have it in their prompt.
   */
  | {
      readonly type: 'task.told';
      readonly task: TaskId;
      readonly text: string;
      readonly attempt?: AttemptId;
    }
  /** The operator: it goes before what has a greater number. A plan's own are 1 to 10; these may be any. */
  | { readonly type: 'task.prioritised'; readonly task: TaskId; readonly priority: number }
  /**
   * It is too much for one: a planner of its own says what its parts are. It holds no worker, and waits for them.
   * `by`: no planner; its parts are accepted in the same entry: the steps of a pipeline, or several that try it.
   */
  | { readonly type: 'task.expanded'; readonly task: TaskId; readonly by?: 'pipeline' | 'candidates' }
  /** It has no parts: it is worked as it is, and is not split again before it is changed. */
  | { readonly type: 'task.unsplit'; readonly task: TaskId; readonly detail: string }
  /** Its parts are over: what they handed in is its own handoff. */
  | { readonly type: 'task.gathered'; readonly task: TaskId; readonly handoff: HandoffClaim };

/** One attempt at a task. */
export type AttemptEvent =
  | {
      readonly type: 'attempt.started';
      readonly attempt: AttemptId;
      readonly base: CommitId;
      readonly from?: CommitId;
      readonly worker: string;
      readonly reserved: Reservation;
      /** Where it runs. Absent: in the orchestrator's own process. */
      readonly on?: HostSlot;
      /** How long its host may be silent before the attempt is given up, ms. Always with `on`. */
      readonly leaseMs?: number;
    }
  | {
      readonly type: 'agent.started';
      readonly attempt: AttemptId;
      readonly driver: string;
      /** Set where the task's role chose it. */
      readonly model?: string;
      /** It takes notes while it works. */
      readonly hears?: true;
      readonly promptHash: string;
    }
  /** The task's own verification was tried on the base, before any work: one that passes there tells nothing. */
  | {
      readonly type: 'verify.tried';
      readonly attempt: AttemptId;
      readonly commit: CommitId;
      readonly isGreen: boolean;
    }
  | {
      readonly type: 'attempt.ended';
      readonly attempt: AttemptId;
      readonly reason: EndingReason;
      readonly detail: string;
      readonly usage: Usage;
      readonly handoff?: Handoff;
      /** The commit with the attempt's work, handed in or not. The next attempt continues from it. */
      readonly work?: CommitId;
      /** What the agent said, where nothing was delivered. Absent in old journals. */
      readonly claim?: HandoffClaim;
    }
  /** Its agent handed in and the attempt's own checks failed: the same conversation goes on, for one more round. */
  | {
      readonly type: 'attempt.reworked';
      readonly attempt: AttemptId;
      /** 1 for the first time. */
      readonly round: number;
      /** How the attempt would have ended. */
      readonly reason: EndingReason;
      readonly detail: string;
    }
  /** A report came after the attempt had already ended. It is only recorded: its work never lands. */
  | {
      readonly type: 'attempt.late';
      readonly attempt: AttemptId;
      readonly reason: EndingReason;
      readonly work?: CommitId;
    };

/** The target's health. */
export type HealingEvent =
  | { readonly type: 'checks.ended'; readonly result: ChecksResult }
  /** What landed tasks were verified by was tried again on a later head. */
  | {
      readonly type: 'rechecks.ended';
      readonly head: CommitId;
      readonly results: readonly Recheck[];
      readonly durationMs: number;
    }
  | { readonly type: 'finding.opened'; readonly finding: Finding }
  | { readonly type: 'finding.closed'; readonly signature: string; readonly head: CommitId }
  /**
   * The first commit that shows the failure. With `task`: the landing of this task brought the failure. Without it: the
   * commit is somebody else's, or it is the run's base.
   */
  | {
      readonly type: 'culprit.found';
      readonly signature: string;
      readonly commit: CommitId;
      readonly task?: TaskId;
    }
  /** It cannot be found out which landing brought the failure. It is not looked for again. */
  | { readonly type: 'culprit.missed'; readonly signature: string; readonly why: string };

/** Notes that the run's workers share. */
export type NoteEvent = {
  readonly type: 'note.set';
  readonly key: string;
  /** Empty: it is taken away. */
  readonly value: string;
  /** 1 for the first time, and one more each time after. */
  readonly version: number;
  readonly by: NoteAuthor;
};

/** Hosts that do the work. */
export type WorkerEvent =
  | {
      readonly type: 'worker.joined';
      readonly worker: string;
      readonly slots: number;
      readonly capabilities: readonly string[];
    }
  | {
      readonly type: 'worker.left';
      readonly worker: string;
      readonly reason: 'asked' | 'silent' | 'refused';
    };

export type Event =
  | RunEvent
  | PlanEvent
  | TaskEvent
  | ContestEvent
  | AttemptEvent
  | ReviewEvent
  | LandingEvent
  | AcceptanceEvent
  | HealingEvent
  | NoteEvent
  | WorkerEvent
  | HostEvent;
export type EventType = Event['type'];
export type EventOf<T extends EventType> = Extract<Event, { readonly type: T }>;

/**
 * `unreadable` and `failed` are errors and are tried again; they never mean "no more tasks". `down` (no endpoint
 * answered) and `lost` (the orchestrator stopped) are not the planner's fault and are not counted against it.
 */
export type IterationOutcome = 'planned' | 'cut' | 'unreadable' | 'failed' | 'down' | 'lost';

/** One decision, as it is in the journal. */
export interface Entry {
  /** 1, 2, 3 … without a gap. */
  readonly seq: number;
  /** When it was decided, ms since the epoch. Never used to order entries. */
  readonly at: number;
  /** The command that caused it. */
  readonly cause: string;
  readonly events: readonly Event[];
}
