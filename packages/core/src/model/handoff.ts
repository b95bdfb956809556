import type { AttemptId, CommitId, TaskId } from './ids.ts';
import type { PatchId } from './review.ts';

/**
 * `partial`: sound and useful, and something is missing. `already_done`: nothing was to be done; believed only with a
 * check that passes on the base.
 */
export const HANDOFF_STATUSES = ['complete', 'partial', 'already_done', 'blocked', 'failed'] as const;
export type HandoffStatus = (typeof HANDOFF_STATUSES)[number];

/** What an agent says about its own work. It may be hostile: its sizes are capped where it is read. */
export interface HandoffClaim {
  readonly status: HandoffStatus;
  readonly summary: string;
  readonly concerns: readonly string[];
  readonly suggestions: readonly string[];
}

/** What git says about the work. The orchestrator measures it and never takes it from the agent. */
export interface MeasuredChange {
  readonly commit: CommitId;
  /** The change is relative to this commit: the merge base of `commit` and the target. */
  readonly base: CommitId;
  readonly filesChanged: readonly string[];
  /** `path:line` where a merge left its conflict, of each file in which the base had none; absent: there are none. */
  readonly conflictsLeft?: readonly string[];
  readonly linesAdded: number;
  readonly linesRemoved: number;
  /** Names the change; absent where nobody votes on it. */
  readonly patch?: PatchId;
}

/** The tests of a change, run on the sources before it. */
export interface TestsTried {
  readonly files: readonly string[];
  /** `proves`: they fail there. `nothing`: they pass there too. `unknown`: that could not be told. */
  readonly says: 'proves' | 'nothing' | 'unknown';
  /** The command that ran them; absent: none did. */
  readonly by?: string;
  readonly detail: string;
}

/** A change of what the gate runs, or goes by. */
export interface GateChange {
  readonly path: string;
  readonly why: string;
}

/** What an attempt delivers. It never changes. `change` is absent for an answer and when nothing had to change. */
export interface Handoff extends HandoffClaim {
  readonly taskId: TaskId;
  readonly attempt: AttemptId;
  readonly change?: MeasuredChange;
  /** Absent: it has no tests, or nobody asked. */
  readonly tests?: TestsTried;
  /** How the gate ended in its workspace, where several try the task; absent: nobody asked. */
  readonly gate?: 'passed' | 'no-worse';
  /** Scripts of manifests it changes that the gate runs; absent: none. */
  readonly scripts?: readonly GateChange[];
  readonly toolCalls: number;
  readonly durationMs: number;
}

/** The wire shape, as written to `handoff.json`. */
export interface HandoffFile {
  readonly taskId: TaskId;
  readonly attempt: AttemptId;
  readonly status: HandoffStatus;
  readonly summary: string;
  readonly filesChanged: readonly string[];
  readonly concerns: readonly string[];
  readonly suggestions: readonly string[];
  readonly metrics: {
    readonly inputTokens: number;
    readonly outputTokens: number;
    readonly costUsd: number;
    readonly toolCalls: number;
    readonly durationMs: number;
    readonly linesAdded: number;
    readonly linesRemoved: number;
  };
}

/** Longest summary, and longest single concern or suggestion, kept from an agent (characters). */
export const HANDOFF_TEXT_MAX = 4_000;
/** Most concerns, and most suggestions, kept from an agent. */
export const HANDOFF_LIST_MAX = 20;
