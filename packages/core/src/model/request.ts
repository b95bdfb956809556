import type { GatePolicy } from '../rules/batching.ts';
import type { OutsideRule } from '../rules/change-rules.ts';
import type { Distribution } from '../rules/distribute.ts';
import type { ForeignWorker } from '../rules/foreign.ts';
import type { Role } from '../rules/roles.ts';
import type { Acceptance } from './acceptance.ts';
import type { CommitId, TaskId } from './ids.ts';
import type { ReviewRule } from './review.ts';

export type DeliverTo = 'branch' | 'apply' | 'push' | 'pr';
export type RunMode = 'planner' | 'plan' | 'land';

/** The limits of a run. An absent one does not bound the run. */
export interface Limits {
  readonly workers: number;
  /** The most attempts of one task that count. */
  readonly attempts: number;
  readonly tokens?: number;
  readonly usd?: number;
  readonly timeMs?: number;
  /** The most tasks one run accepts, from all sources. */
  readonly tasks: number;
  /** The most a single attempt may use. */
  readonly attemptTokens: number;
  readonly attemptUsd?: number;
  /** The most all attempts of one task may use together, since it was last tried again at somebody's word. */
  readonly taskTokens?: number;
  readonly taskUsd?: number;
  /** How many levels of tasks a task may be split into, at most DEPTH_MAX. Absent: none is split. */
  readonly depth?: number;
  /** How many a planner may have try one task. Absent: one. */
  readonly candidates?: number;
  /** What each role may use of the whole at most. A role that is not named is bounded by the whole alone. */
  readonly roles?: Partial<Record<SpendRole, RoleBudget>>;
  /** The share of tokens, money and time, above 0 and below 1, at which nothing new opens. Absent: only the limit itself ends that. */
  readonly soft?: number;
}

/** Who spends. A subplanner is the planner of a task that is split. */
export const SPEND_ROLES = ['planner', 'subplanner', 'worker', 'reviewer', 'reconciler'] as const;
export type SpendRole = (typeof SPEND_ROLES)[number];

/** Who has slices of the budget: its calls belong to no attempt and no iteration. */
export type SliceRole = 'planner' | 'reconciler' | 'reviewer';

/** An absent dimension does not bound the role. */
export interface RoleBudget {
  readonly tokens?: number;
  readonly usd?: number;
  /** So much of each limit of the whole, above 0 and at most 1: it grows with them. */
  readonly share?: number;
}

/** The limits an operator may raise after the run was opened. */
export type RaisedLimits = Partial<Pick<Limits, 'tokens' | 'usd' | 'timeMs'>>;

/** The most tasks one run accepts, from all sources. */
export const TASKS_MAX = 100_000;
/** The most that try one task, whatever it or its role says. */
export const CANDIDATES_MAX = 5;
/** The most fix tasks that may be open at once. */
export const FIX_TASKS_MAX = 5;
/** After this many outages in a row the run waits for a person, though each outage seemed to be over. */
export const OUTAGES_MAX = 5;
/** After this many unreadable or failed answers of the planner in a row, planning ends. */
export const PLANNER_FAILURES_MAX = 5;

/** What a person asked for, with target and limits. It is fixed when the run opens. */
export interface Request {
  readonly text: string;
  readonly mode: RunMode;
  /** The branch the work is for, such as `main`. */
  readonly target: string;
  /** The full reference every landing is published to, such as `refs/heads/swarm/r-…`. */
  readonly landOn: string;
  readonly deliver: DeliverTo;
  /** The remote's branch every landing is pushed to, `origin/main`; only with `deliver: 'push'`. */
  readonly remote?: string;
  readonly base: CommitId;
  /** The gate's shell command. Absent: every candidate lands untested, and the report says so. */
  readonly gate?: string;
  /** Hash of gate, setup and sandbox provider: the first half of the `Swarm-Gate` trailer; `none` without a gate. */
  readonly gateHash: string;
  /** Absent in old journals: `strict`. Without a gate it has no effect. */
  readonly gatePolicy?: Exclude<GatePolicy, 'none'>;
  /** How many candidates may be tested at the same time. Absent: one. */
  readonly gateParallel?: number;
  readonly setup?: string;
  readonly checks?: string;
  /** The shortest and the longest time between two runs of the checks, ms. */
  readonly checksMinMs: number;
  readonly checksMaxMs: number;
  /** Failed fix tasks for one failure after which its culprit's landing is taken back, at least 1. Absent: never. Old
   * journals say 0 for that; rules/healing.ts reads it. */
  readonly revertAfter?: number;
  /** Hosts that agents may reach. Absent: none, as verification and gate. */
  readonly agentHosts?: readonly string[];
  /** Names a task's `agent` may have; absent in journals of before. */
  readonly agents?: readonly string[];
  /** Roles a task may ask for; absent in journals of before: coders alone. */
  readonly roles?: readonly Role[];
  readonly limits: Limits;
  /** What follows when the scopes of two tasks overlap. */
  readonly overlap: 'serialize' | 'warn' | 'off';
  /** Globs of files that only a task may change whose scope names them, besides those of rules/protected.ts. */
  readonly protect?: readonly string[];
  /** It holds words of people who may not write to the repository: no plan made of it changes what is protected. */
  readonly hasOutsiders?: true;
  /** Begin on a base whose failures cannot be told apart. Then only a change that makes the gate pass lands. */
  readonly fixRed?: true;
  /** What follows when a change leaves the scope its task declared; absent means `warn`. */
  readonly outside?: OutsideRule;
  /** Roles that do a change one after the other. Absent: each task is one worker's. */
  readonly pipeline?: readonly string[];
  /** Kinds of workers, and how one is chosen. Absent: all are alike. */
  readonly distribute?: Distribution;
  /** Workers elsewhere that were registered at the bridge when the run began. Absent: there is no bridge. */
  readonly foreign?: readonly ForeignWorker[];
  /** Attempts run on hosts that join. Absent: in the orchestrator's own process. */
  readonly hosted?: true;
  /** What the run is held against at its end. Absent: nothing is looked at but what tasks were verified by. */
  readonly acceptance?: Acceptance;
  /** What reviewers are asked before anything lands. Absent: nobody is asked. */
  readonly review?: ReviewRule;
}

/** `endpoints-failing`: endpoints answer, but no call finishes, and this does not end by itself. */
export type PauseReason =
  | 'operator'
  | 'endpoints-down'
  | 'endpoints-failing'
  | 'quota'
  | 'history-rewritten'
  | 'target-gone'
  | 'target-refuses'
  | 'disk-full';

/**
 * Why an orchestrator left a run before its end. `paused`: nothing runs any more, and only the operator can do
 * something about the pause.
 */
export type StopReason =
  | 'signal'
  | 'auth'
  | 'quota'
  | 'bad-request'
  | 'base-red'
  | 'setup-failed'
  | 'gate-broken'
  /** A replay asks what the recorded run did not. */
  | 'diverged'
  /** The run was to be recorded, and its cassette takes no more. */
  | 'unrecorded'
  /** Another machine goes on with the run. */
  | 'taken'
  | 'paused'
  | 'fault';

/** Why a run closed. The CLI makes an exit code of it and of the report. */
export type CloseReason = 'done' | 'budget' | 'time' | 'planner-failed' | 'cancelled';

export interface ChecksResult {
  readonly head: CommitId;
  readonly outcome: 'passed' | 'failed' | 'timeout' | 'killed' | 'broken';
  readonly signatures: readonly string[];
  readonly durationMs: number;
}

/** What a landed task's own `verify` says of a head, tried again after it had landed. */
export interface Recheck {
  readonly task: TaskId;
  readonly isPassed: boolean;
  /** How it failed, capped; empty when it passed. */
  readonly detail: string;
}

/** Something the reconciler found wrong with the target, known by its signature. */
export interface Finding {
  readonly signature: string;
  /** The landed task whose own `verify` shows it; absent: the full checks do. */
  readonly task?: TaskId;
  /** The exact lines of the failure, capped. */
  readonly detail: string;
  readonly head: CommitId;
}
