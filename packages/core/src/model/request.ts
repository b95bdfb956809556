import type { GatePolicy } from '../rules/batching.ts';
import type { OutsideRule } from '../rules/change-rules.ts';
import type { CommitId, TaskId } from './ids.ts';

export type DeliverTo = 'branch' | 'apply' | 'push' | 'pr';
export type RunMode = 'planner' | 'plan' | 'land';

/** What may bound a run; absent means unbounded in that dimension. */
export interface Limits {
  readonly workers: number;
  /** Counted attempts a task may use. */
  readonly attempts: number;
  readonly tokens?: number;
  readonly usd?: number;
  readonly timeMs?: number;
  /** Tasks accepted in one run, from all sources. */
  readonly tasks: number;
  /** One attempt's share: the most a single attempt may consume. */
  readonly attemptTokens: number;
  readonly attemptUsd?: number;
}

/** The most tasks one run accepts, whoever files them. */
export const TASKS_MAX = 100_000;
/** The most fix tasks that may be open at once. */
export const FIX_TASKS_MAX = 5;
/** Outages in a row, each said to be over, after which the run waits for a person. */
export const OUTAGES_MAX = 5;
/** Unreadable or failed planner answers in a row that end planning. */
export const PLANNER_FAILURES_MAX = 5;

/** What a person asked, with target and limits; pinned when the run opens. */
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
  /** The gate's shell command; absent means every candidate lands untested, said in the report. */
  readonly gate?: string;
  /** Hash of gate, setup and sandbox provider: the first half of the `Swarm-Gate` trailer; `none` without a gate. */
  readonly gateHash: string;
  /** Absent in runs of before there were batches: `strict`. Without a gate nothing is tested, whatever it says. */
  readonly gatePolicy?: Exclude<GatePolicy, 'none'>;
  /** Tests that may run at the same time; absent: one. */
  readonly gateParallel?: number;
  readonly setup?: string;
  readonly checks?: string;
  /** Bounds of the time between two runs of the checks, ms. */
  readonly checksMinMs: number;
  readonly checksMaxMs: number;
  /** Failed fix tasks for one failure after which its culprit's landing is taken back, at least 1. Absent: never. Old
   * journals say 0 for that; rules/healing.ts reads it. */
  readonly revertAfter?: number;
  readonly limits: Limits;
  /** How scopes of tasks in flight keep one another out. */
  readonly overlap: 'serialize' | 'warn' | 'off';
  /** Globs of files only a task whose scope names them may change, besides those of rules/protected.ts. */
  readonly protect?: readonly string[];
  /** Begin on a base whose failures cannot be told apart: nothing lands there but what makes the gate pass. */
  readonly fixRed?: true;
  /** What follows when a change leaves the scope its task declared; absent means `warn`. */
  readonly outside?: OutsideRule;
}

/** `endpoints-failing`: they answer, and no call can be finished; it does not mend itself. */
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
 * Why an orchestrator left a run before its end. `paused`: it waits for what only the operator can mend, and nothing
 * is in flight any more.
 */
export type StopReason =
  | 'signal'
  | 'auth'
  | 'quota'
  | 'bad-request'
  | 'base-red'
  | 'setup-failed'
  | 'gate-broken'
  | 'paused'
  | 'fault';

/** Why a run closed, worst first. The CLI turns it into an exit code with the report. */
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
