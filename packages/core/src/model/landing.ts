import type { AttemptId, CommitId, LandingId, TaskId, TreeId } from './ids.ts';
import type { PatchId } from './review.ts';

/**
 * Why a handoff was not put on the target, and what follows.
 *
 * - `counts`: whether it uses up one of the task's attempts.
 * - `held`: the task is not tried again. It ends as failed and waits for the operator.
 */
export const REJECTIONS = {
  conflict: { counts: true, held: false, means: 'does not merge with the target' },
  'gate-failed': { counts: true, held: false, means: 'the gate fails on the merged commit' },
  'gate-timeout': { counts: true, held: false, means: 'the gate ran out of time on the merged commit' },
  'gate-killed': { counts: true, held: false, means: 'the gate was killed for using too much' },
  empty: { counts: true, held: false, means: 'changes nothing that is not on the target already' },
  collateral: { counts: true, held: false, means: 'the merge would change paths the branch did not' },
  'scope-broken': { counts: true, held: false, means: 'touches paths outside its scope' },
  markers: { counts: true, held: false, means: 'holds a conflict that a merge has left' },
  'tests-weakened': { counts: true, held: true, means: 'runs fewer tests, or skips more' },
  protected: { counts: true, held: true, means: 'touches files only the operator may change' },
  'review-rejected': { counts: true, held: false, means: 'was rejected by its reviewers' },
  'no-quorum': { counts: true, held: true, means: 'was voted on by too few reviewers' },
  'work-lost': { counts: false, held: false, means: 'its commit is gone from the hub' },
} as const satisfies Record<string, { counts: boolean; held: boolean; means: string }>;
export type RejectionReason = keyof typeof REJECTIONS;

/** Why a landing was dropped without a verdict. Its members keep their place in the merge queue. */
export const DROPS = {
  'target-moved': 'the target moved while it was tested',
  'target-gone': 'the target is gone',
  'target-refused': 'the target refused the commit',
  restart: 'the orchestrator was restarted',
  'publish-unknown': 'the target did not say whether it took the commit',
  'gate-broken': 'the gate could not be run',
  bisect: 'its batch failed and was divided',
  cancelled: 'a member was cancelled',
  'line-broken': 'one that it stood on did not land',
} as const;
export type DropReason = keyof typeof DROPS;

/** Why landings were not taken back. */
export const UNDO_REFUSALS = {
  'unknown-task': 'there is no such task',
  'not-landed': 'it has not landed',
  'already-undone': 'it was undone before',
  dependents: 'landed work depends on it',
  'nothing-landed': 'nothing of the run is on the target',
  conflict: 'what landed later changed the same places',
  empty: 'the target no longer has its changes',
  collateral: 'taking it back would change other paths',
  missing: 'its commit is not in the hub',
  'gate-failed': 'the gate fails without it',
  'gate-timeout': 'the gate runs out of time without it',
  'gate-killed': 'the gate is killed for using too much without it',
  'gate-broken': 'the gate cannot be run',
  'target-moves': 'the target moved again and again while it was tested',
  'target-lost': 'the target cannot be worked on',
} as const;
export type UndoRefusalReason = keyof typeof UNDO_REFUSALS;

/** One task's part in a landing: its attempt, and the attempt's commit in the candidate. */
export interface LandingMember {
  readonly task: TaskId;
  readonly attempt: AttemptId;
  /** The squash commit with the trailers. In a landing of one task it is the candidate itself. */
  readonly commit: CommitId;
  /** The change that commit makes; named where reviewers vote on it. */
  readonly patch?: PatchId;
}

/** The exact bytes under test: this commit, with this tree, on this parent. */
export interface Candidate {
  readonly parent: CommitId;
  readonly commit: CommitId;
  readonly tree: TreeId;
}

/**
 * `passed`: exit 0. `no-worse`: it failed, and every failure it named was on the parent too; it may land and is not
 * green. `weakened`: no failure, but fewer tests or more skipped ones than on the parent. `none`: there is no gate.
 */
export type GateOutcome =
  | 'passed'
  | 'no-worse'
  | 'weakened'
  | 'failed'
  | 'timeout'
  | 'killed'
  | 'broken'
  | 'none';

/** The tests in a gate's output, summed over every runner that printed a summary. */
export interface TestCounts {
  /** How many tests ran, passed or not. */
  readonly run: number;
  readonly failed: number;
  /** Skipped, pending, ignored, deselected, to do, expected to fail: named, and of no effect. */
  readonly skipped: number;
}

/** What is limited for one command and everything it starts. */
export type ResourceName = 'memory' | 'processes' | 'disk' | 'output';

export interface GateResult {
  readonly outcome: GateOutcome;
  /** The request's `gateHash`; with the candidate's tree it is what `Swarm-Gate` carries. */
  readonly gate: string;
  readonly durationMs: number;
  /** Failure signatures, most telling first; empty when it passed. */
  readonly signatures: readonly string[];
  /** The end of its output, capped. */
  readonly output: string;
  /** Passed only after a retry on the same tree. */
  readonly flaky: boolean;
  /** The result of an earlier run on the same tree, gate and environment. */
  readonly remembered: boolean;
  /** Absent when the output has no count that we can read. */
  readonly tests?: TestCounts;
  /** It ran to its end and failed, and `signatures` names every failure exactly. Absent: they cannot be told apart. */
  readonly isTold?: true;
  /** The limit it was killed for. */
  readonly limit?: ResourceName;
}

interface LandingBase {
  readonly id: LandingId;
  readonly members: readonly LandingMember[];
  readonly candidate: Candidate;
  readonly startedAt: number;
  readonly gate?: GateResult;
}

export type Landing =
  | (LandingBase & { readonly state: 'testing' })
  | (LandingBase & { readonly state: 'landed' | 'rejected'; readonly endedAt: number })
  | (LandingBase & { readonly state: 'dropped'; readonly endedAt: number; readonly reason: DropReason });
