/**
 * The folded state: facts, and indexes that make questions cheap. Only fold.ts and folding/ change it. What follows from
 * the facts (ready, blocked, wanted, stuck) is computed where it is needed and never stored here.
 */

import { SwarmError } from './errors.ts';
import type { CheckEnd, Judgement } from './model/acceptance.ts';
import { type Attempt, NO_RESERVATION, type Reservation } from './model/attempt.ts';
import type { HostFacts } from './model/host.ts';
import type { AttemptId, CommitId, LandingId, RunId, TaskId } from './model/ids.ts';
import type { Candidate, GateResult, Landing, RejectionReason } from './model/landing.ts';
import { emptyPlanning, type LiveIteration, type Planning, type Subplan } from './model/plan.ts';
import {
  type ChecksResult,
  type CloseReason,
  type DeliverTo,
  type Finding,
  type PauseReason,
  type Request,
  type SliceRole,
  SPEND_ROLES,
  type SpendRole,
} from './model/request.ts';
import type { SharedNote } from './model/shared-note.ts';
import { isOver, TASK_STATES, type Task, type TaskStateName } from './model/task.ts';
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

export interface OpenFinding {
  readonly finding: Finding;
  readonly openedAt: number;
  /** The head of the last finished checks that did not show it. Undefined: none are known. */
  readonly lastWithout: CommitId | undefined;
}

/** What is known about where a failure comes from. */
export type Culprit =
  | { readonly kind: 'landing'; readonly commit: CommitId; readonly task: TaskId }
  /** The run's base has the failure already, or somebody else's commit brought it. */
  | { readonly kind: 'base' | 'others'; readonly commit: CommitId }
  | { readonly kind: 'missed'; readonly why: string };

/** One step of the target's history, as the journal knows it. A batch is one step for each of its tasks. */
export interface TargetStep {
  readonly commit: CommitId;
  /** The task that landed. Undefined for an undo and for somebody else's commit. */
  readonly task: TaskId | undefined;
}

/** A revert that passed the gate. It may be published already. */
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
  /** The head of the checks before the last ones, if they finished. */
  lastHead: CommitId | undefined;
  greensInRow: number;
  /** The pause between two runs of the checks, ms. Shorter while the target is red, longer while it is green. */
  intervalMs: number;
  /** What the own check of each landed task said when it was last tried again. */
  rechecks: Map<TaskId, Rechecked>;
  /** Open findings by signature. */
  findings: Map<string, OpenFinding>;
  /** The fix task filed for a signature, over or not. */
  fixTasks: Map<string, TaskId>;
  /** Every fix task ever filed for a signature, oldest first. Kept even when the failure is gone. */
  fixHistory: Map<string, readonly TaskId[]>;
  /** Where open failures come from, as far as it is known. */
  culprits: Map<string, Culprit>;
  /** Tasks whose landing the reconciler could not take back. */
  revertsRefused: Set<TaskId>;
}

/** Tokens and money of one role: used or lost, and set aside. */
export interface RoleSpending {
  spent: Reservation;
  reserved: Reservation;
}

const noRoleSpending = (): RoleSpending => ({ spent: NO_RESERVATION, reserved: NO_RESERVATION });

export interface AcceptanceFact extends Judgement {
  readonly task?: TaskId;
  readonly at: number;
}

export interface Spending {
  /** What was used, as it was metered. */
  used: Usage;
  /** Set aside for what runs now. */
  reserved: Reservation;
  /** Slices of `reserved` for calls outside attempts and iterations, by number. */
  readonly slices: Map<number, { readonly role: SliceRole; readonly reserved: Reservation }>;
  /** How many slices were ever reserved. */
  slicesMade: number;
  /** The same, by who spends it: these add up to the whole. */
  readonly roles: Record<SpendRole, RoleSpending>;
  /** The reservations of what a crash ended. They count as spent. */
  lost: Reservation;
  /** Set when a limit is reached. From then on nothing new starts. */
  reached: 'tokens' | 'usd' | 'time' | undefined;
  /** Set when a limit has come to the share of it at which nothing new opens. */
  neared: 'tokens' | 'usd' | 'time' | undefined;
}

export interface State {
  seq: number;
  run: OpenedRun | undefined;
  /** Entry time of the last entry. */
  at: number;
  /** How long an orchestrator worked on the run, ms. The gaps before a resume are left out. */
  activeMs: number;
  paused: { readonly reason: PauseReason; readonly detail: string; readonly at: number } | undefined;
  /** How many times in a row no endpoint answered, with no finished call in between. */
  outagesInRow: number;
  /** Workers wanted now. */
  workers: number;
  /** How many attempts of a role run at a time, where the operator said so. */
  readonly ceilings: Map<string, number>;
  /** The target, as far as the journal knows. */
  head: CommitId | undefined;
  baseGate: GateResult | undefined;
  /** The gate's result at the target's head: the base's, then each landing's. Failures in it block no landing. */
  headGate: GateResult | undefined;
  amendments: string[];
  /** What the run's workers share, by key, the one set last at the end. */
  readonly notes: Map<string, SharedNote>;
  /** Why the operator cancelled the run. It closes when what runs has ended. */
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
        readonly url?: string;
      }
    | undefined;
  stopped: boolean;
  /** Why the orchestrator left the run, while nobody has taken it up again. */
  stoppedFor: { readonly reason: string; readonly detail: string; readonly at: number } | undefined;
  /** When there is more of the quota that the run was stopped for, where a provider said it; ms since the epoch. */
  moreAt: number | undefined;

  tasks: Map<TaskId, Task>;
  attempts: Map<AttemptId, Attempt>;
  landings: Map<LandingId, Landing>;
  /** What is known of what was to hold, by `criterionKey`, in the order in which it was first looked at. */
  acceptance: Map<string, AcceptanceFact>;
  /** How checks of criteria ended on the run's base, by `criterionKey`. */
  triedCriteria: Map<string, { readonly commit: CommitId; readonly end: CheckEnd; readonly detail: string }>;

  /** Tasks by state, in the order they entered it. */
  byState: Record<TaskStateName, Set<TaskId>>;
  labels: Map<string, TaskId>;
  /** Each task with the tasks that depend on it. */
  dependents: Map<TaskId, TaskId[]>;
  liveAttempts: Set<AttemptId>;
  openLandings: Set<LandingId>;
  /** Handoffs that wait to land, in order of arrival. The members of open landings are among them. */
  queue: Set<AttemptId>;
  /** Gate results by gate and tree (`passKey`), so that nothing is tested twice. A tree in `passed` is not in `failed`. */
  passed: Map<string, GateResult>;
  failed: Map<string, GateResult>;
  /** What else the merge queue knows: see rules/batching.ts. */
  line: Line;
  /** Landings whose gate failed first and passed when it was run again. */
  flakes: LandingId[];
  /** Every commit the target was at after its base, oldest first. */
  steps: TargetStep[];
  /** The last revert that passed its gate, published or not. */
  passedUndo: PassedUndo | undefined;
  /** Tasks whose landing was reverted. Their commits are still in the target's history but do not count. */
  undone: Set<TaskId>;
  /** Those of them that the reconciler took back. */
  takenBack: Set<TaskId>;
  /** Attempts whose work was held because a secret stood in it, oldest first. */
  secretAttempts: Set<AttemptId>;
  /** Tasks of which some handoff said that it is not the whole, whatever became of it. */
  saidPartial: Set<TaskId>;
  /** Handoffs refused so far, by reason. */
  rejections: Partial<Record<RejectionReason, number>>;
  landedCount: number;
  firstLandingAt: number | undefined;
  /** Which files handoffs really touched. It corrects declared scopes. */
  footprint: Footprint;
  /** How many handoffs land and how fast. The number of workers depends on it. */
  flow: Flow;

  /** The run's own planner. */
  planning: Planning;
  /** The planners of tasks that are split, or were: by task. */
  plans: Map<TaskId, Subplan>;
  /** How many iterations were ever started, whosever: an iteration's number is its name in the whole run. */
  iterations: number;
  health: Health;
  spending: Spending;
  machines: Map<string, { readonly slots: number; readonly capabilities: readonly string[] }>;
  /** Hosts that are there, by name, in the order they first joined. */
  readonly hosts: Map<string, HostState>;
}

/** A host as the journal knows it. */
export interface HostState extends HostFacts {
  /** Who has each slot that is taken. */
  readonly taken: Map<number, AttemptId>;
}

/** The state of a run that was opened. It has a run and a head and never loses them. */
export interface OpenedState extends State {
  run: OpenedRun;
  head: CommitId;
}

/** Returns whether a run was opened. `run.opened` sets run and head together, and no event removes them. */
export const isOpened = (state: State): state is OpenedState =>
  state.run !== undefined && state.head !== undefined;

/** Returns the same state as an OpenedState. Throws SW0801 when no run was opened. */
export function opened(state: State): OpenedState {
  if (isOpened(state)) return state;
  throw new SwarmError({ code: 'SW0801', what: 'the state is asked for its run before one was opened' });
}

/** Returns whether some task is not over. */
export const isBusy = (s: State): boolean => unfinishedCount(s) > 0;

/** Tasks that are not over. */
export const unfinishedCount = ({ byState }: State): number =>
  LIVE_STATES.reduce((sum, name) => sum + byState[name].size, 0);

const LIVE_STATES = TASK_STATES.filter((name) => !isOver(name));

/** The plan of whoever plans: of the run's planner, or of the task's own. */
export const planOf = (s: State, owner: TaskId | undefined): Planning | undefined =>
  owner === undefined ? s.planning : s.plans.get(owner);

/** Iterations that are live now, each with whose it is. */
export function liveIterations(s: State): readonly (LiveIteration & { readonly owner?: TaskId })[] {
  const own = s.planning.live ? [s.planning.live] : [];
  const others = [...s.plans].flatMap(([owner, { live }]) => (live ? [{ ...live, owner }] : []));
  return [...own, ...others];
}

/** Returns the key of a gate's result in `passed` and `failed`. */
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
    ceilings: new Map(),
    head: undefined,
    baseGate: undefined,
    headGate: undefined,
    amendments: [],
    notes: new Map(),
    cancelled: undefined,
    closed: undefined,
    delivered: undefined,
    stopped: false,
    stoppedFor: undefined,
    moreAt: undefined,
    tasks: new Map(),
    attempts: new Map(),
    landings: new Map(),
    acceptance: new Map(),
    triedCriteria: new Map(),
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
    secretAttempts: new Set(),
    saidPartial: new Set(),
    rejections: {},
    landedCount: 0,
    firstLandingAt: undefined,
    footprint: emptyFootprint(),
    flow: emptyFlow(),
    planning: emptyPlanning(),
    plans: new Map(),
    iterations: 0,
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
      roles: Object.fromEntries(SPEND_ROLES.map((role) => [role, noRoleSpending()])) as Record<
        SpendRole,
        RoleSpending
      >,
      lost: { tokens: 0, usd: 0 },
      reached: undefined,
      neared: undefined,
    },
    machines: new Map(),
    hosts: new Map(),
  };
}
