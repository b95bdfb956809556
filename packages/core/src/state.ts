/**
 * The folded state: facts and the indexes that keep every question cheap. Only fold.ts and folding/ write it. What follows
 * from the facts (ready, blocked, wanted, stuck) is derived where it is needed and never stored here.
 */

import { SwarmError } from './errors.ts';
import type { IterationReason } from './events.ts';
import type { Attempt, Reservation } from './model/attempt.ts';
import type { AttemptId, CommitId, LandingId, RunId, TaskId } from './model/ids.ts';
import type { Candidate, GateResult, Landing, RejectionReason } from './model/landing.ts';
import type { ChecksResult, CloseReason, DeliverTo, Finding, PauseReason, Request } from './model/request.ts';
import { TASK_STATES, type Task, type TaskStateName } from './model/task.ts';
import { NO_USAGE, type Usage } from './model/usage.ts';
import { emptyLine, type Line } from './rules/batching.ts';
import { emptyFlow, type Flow } from './rules/concurrency.ts';
import { emptyFootprint, type Footprint } from './rules/footprint.ts';

export interface OpenedRun {
  readonly id: RunId;
  readonly request: Request;
  readonly version: string;
  readonly configHash: string;
  readonly openedAt: number;
}

/** Something the planner has not been told yet. */
export type News =
  | { readonly kind: 'handoff'; readonly attempt: AttemptId }
  | { readonly kind: 'landed' | 'failed' | 'cancelled' | 'rejected'; readonly task: TaskId }
  | { readonly kind: 'finding'; readonly signature: string }
  | { readonly kind: 'refused'; readonly label: string; readonly problem: string }
  | { readonly kind: 'amended'; readonly text: string };

export interface Planning {
  /** Number of the last iteration started; 0 before the first. */
  iteration: number;
  live:
    | {
        readonly iteration: number;
        readonly reason: IterationReason;
        readonly startedAt: number;
        readonly reserved: Reservation;
      }
    | undefined;
  /** The planner said `done`, and nothing has happened since that makes it wanted again. */
  isDone: boolean;
  /** Its last answer said `done`, though tasks were live: it is asked again when they are over. */
  saidDone: boolean;
  /** Iterations in a row that gave nothing usable. */
  failuresInRow: number;
  /** Tasks the live iteration has given so far. */
  acceptedNow: number;
  lastEndedAt: number;
  scratchpad: string;
  /** In the order it happened; emptied when an iteration that used it has ended as planned. */
  news: News[];
  /** How many of `news` there are of each kind. */
  readonly newsOf: Record<News['kind'], number>;
  /** How much of `news` the live iteration was told. */
  newsTold: number;
}

export interface OpenFinding {
  readonly finding: Finding;
  readonly openedAt: number;
  /** The head of the last checks that came to an end before and did not show it; undefined: none are known. */
  readonly lastWithout: CommitId | undefined;
}

/** What is known of where a failure comes from. */
export type Culprit =
  | { readonly kind: 'landing'; readonly commit: CommitId; readonly task: TaskId }
  /** The run's base shows it already, or a commit that somebody else put on the target. */
  | { readonly kind: 'base' | 'others'; readonly commit: CommitId }
  | { readonly kind: 'missed'; readonly why: string };

/** One step of the target's history as the journal knows it; a batch is one step for each of its tasks. */
export interface TargetStep {
  readonly commit: CommitId;
  /** Whose landing it is; undefined for an undo and for what somebody else put there. */
  readonly task: TaskId | undefined;
}

/** A revert that passed the gate; it is about to be published, or was. */
export interface PassedUndo {
  readonly tasks: readonly TaskId[];
  readonly candidate: Candidate;
  readonly by: 'operator' | 'reconciler';
}

export interface Rechecked {
  readonly head: CommitId;
  readonly isPassed: boolean;
  /** The last head on which it held; else what the target was before the task landed. */
  readonly heldAt: CommitId | undefined;
}

export interface Health {
  lastChecks: { readonly result: ChecksResult; readonly at: number } | undefined;
  /** The head of the checks before those, where they came to an end. */
  lastHead: CommitId | undefined;
  greensInRow: number;
  /** Time to leave between two runs of the checks, ms: shorter while red, longer while green. */
  intervalMs: number;
  /** What the own check of each landed task said when it was last tried again. */
  rechecks: Map<TaskId, Rechecked>;
  /** Open findings by signature. */
  findings: Map<string, OpenFinding>;
  /** The fix task filed for a signature, over or not. */
  fixTasks: Map<string, TaskId>;
  /** Every fix task ever filed for a signature, oldest first; kept when the failure goes and comes back. */
  fixHistory: Map<string, readonly TaskId[]>;
  /** Where open failures come from, as far as that was looked into. */
  culprits: Map<string, Culprit>;
  /** Tasks whose landing the reconciler tried to take back in vain. */
  revertsRefused: Set<TaskId>;
}

export interface Spending {
  /** Metered. */
  used: Usage;
  /** Set aside for what is running now. */
  reserved: Reservation;
  /** Slices of `reserved` for calls outside attempts and iterations, by number. */
  readonly slices: Map<number, { readonly role: 'reconciler' | 'reviewer'; readonly reserved: Reservation }>;
  /** Slices ever reserved. */
  slicesMade: number;
  /** Reservations of what was lost in a crash: counted as spent. */
  lost: Reservation;
  /** Set once a limit is reached: nothing new starts. */
  reached: 'tokens' | 'usd' | 'time' | undefined;
}

export interface State {
  seq: number;
  run: OpenedRun | undefined;
  /** Entry time of the last entry. */
  at: number;
  /** Time the run was being worked on, ms: entry times added up, but for the gaps before a resume. */
  activeMs: number;
  paused: { readonly reason: PauseReason; readonly detail: string; readonly at: number } | undefined;
  /** Times in a row no endpoint answered, without one call that was finished in between. */
  outagesInRow: number;
  /** Workers wanted now. */
  workers: number;
  /** The target, as far as the journal knows. */
  head: CommitId | undefined;
  baseGate: GateResult | undefined;
  /** What the gate said where the target stands: the base's, then each landing's. Failures known there block nobody. */
  headGate: GateResult | undefined;
  amendments: string[];
  /** Why the operator wants no more of the run; it closes when what runs has ended. */
  cancelled: string | undefined;
  closed:
    | {
        readonly reason: CloseReason;
        readonly head: CommitId;
        readonly green: boolean | 'unknown';
        readonly at: number;
      }
    | undefined;
  delivered:
    | {
        readonly to: DeliverTo;
        readonly ref: string;
        readonly commit: CommitId;
        readonly outcome: 'done' | 'refused';
        readonly detail: string;
      }
    | undefined;
  stopped: boolean;

  tasks: Map<TaskId, Task>;
  attempts: Map<AttemptId, Attempt>;
  landings: Map<LandingId, Landing>;

  /** Tasks by state, in the order they entered it. */
  byState: Record<TaskStateName, Set<TaskId>>;
  labels: Map<string, TaskId>;
  /** Who waits for whom. */
  dependents: Map<TaskId, TaskId[]>;
  liveAttempts: Set<AttemptId>;
  openLandings: Set<LandingId>;
  /** Handoffs waiting to land, in order of arrival; a member of an open landing is still here. */
  queue: Set<AttemptId>;
  /** Gate results by `gate tree`, so that nothing is tested twice; a tree that passed is not in `failed`. */
  passed: Map<string, GateResult>;
  failed: Map<string, GateResult>;
  /** What the merge queue knows besides: see rules/batching.ts. */
  line: Line;
  /** Landings whose gate passed only when it was run again. */
  flakes: LandingId[];
  /** Values the target had after its base, oldest first. */
  steps: TargetStep[];
  /** The last revert that passed its gate, published or not. */
  passedUndo: PassedUndo | undefined;
  /** Landings taken back by a revert: their commits are still in the target's history, and count no more. */
  undone: Set<TaskId>;
  /** Those of them that the reconciler took back. */
  takenBack: Set<TaskId>;
  /** Handoffs refused so far, by reason. */
  rejections: Partial<Record<RejectionReason, number>>;
  landedCount: number;
  firstLandingAt: number | undefined;
  /** What handoffs were seen to touch: corrects declared scopes. */
  footprint: Footprint;
  /** How handoffs fare, for the number of workers. */
  flow: Flow;

  planning: Planning;
  health: Health;
  spending: Spending;
  machines: Map<string, { readonly slots: number; readonly capabilities: readonly string[] }>;
}

/** A state whose run was opened: it has a run and a head, and keeps both for ever. */
export interface OpenedState extends State {
  run: OpenedRun;
  head: CommitId;
}

/** `run.opened` sets both at once, and no event takes either away. */
export const isOpened = (state: State): state is OpenedState =>
  state.run !== undefined && state.head !== undefined;

/** The same state, for those who act only while a run is open. Throws SW0801 when none was opened. */
export function opened(state: State): OpenedState {
  if (isOpened(state)) return state;
  throw new SwarmError({ code: 'SW0801', what: 'the state is asked for its run before one was opened' });
}

/** Some task is not over yet. */
export const isBusy = (s: State): boolean =>
  s.byState.pending.size + s.byState.assigned.size + s.byState.running.size + s.byState.complete.size > 0;

/** The name of a gate's result on a tree in `passed` and `failed`. */
export const passKey = (gate: string, tree: string): string => `${gate} ${tree}`;

export function emptyState(): State {
  return {
    seq: 0,
    run: undefined,
    at: 0,
    activeMs: 0,
    paused: undefined,
    outagesInRow: 0,
    workers: 0,
    head: undefined,
    baseGate: undefined,
    headGate: undefined,
    amendments: [],
    cancelled: undefined,
    closed: undefined,
    delivered: undefined,
    stopped: false,
    tasks: new Map(),
    attempts: new Map(),
    landings: new Map(),
    byState: Object.fromEntries(TASK_STATES.map((s) => [s, new Set<TaskId>()])) as Record<
      TaskStateName,
      Set<TaskId>
    >,
    labels: new Map(),
    dependents: new Map(),
    liveAttempts: new Set(),
    openLandings: new Set(),
    queue: new Set(),
    passed: new Map(),
    failed: new Map(),
    line: emptyLine(),
    flakes: [],
    steps: [],
    passedUndo: undefined,
    undone: new Set(),
    takenBack: new Set(),
    rejections: {},
    landedCount: 0,
    firstLandingAt: undefined,
    footprint: emptyFootprint(),
    flow: emptyFlow(),
    planning: {
      iteration: 0,
      live: undefined,
      isDone: false,
      saidDone: false,
      failuresInRow: 0,
      acceptedNow: 0,
      lastEndedAt: 0,
      scratchpad: '',
      news: [],
      newsOf: {
        handoff: 0,
        landed: 0,
        failed: 0,
        cancelled: 0,
        rejected: 0,
        finding: 0,
        refused: 0,
        amended: 0,
      },
      newsTold: 0,
    },
    health: {
      lastChecks: undefined,
      lastHead: undefined,
      greensInRow: 0,
      intervalMs: 0,
      rechecks: new Map(),
      findings: new Map(),
      fixTasks: new Map(),
      fixHistory: new Map(),
      culprits: new Map(),
      revertsRefused: new Set(),
    },
    spending: {
      used: NO_USAGE,
      reserved: { tokens: 0, usd: 0 },
      slices: new Map(),
      slicesMade: 0,
      lost: { tokens: 0, usd: 0 },
      reached: undefined,
    },
    machines: new Map(),
  };
}
