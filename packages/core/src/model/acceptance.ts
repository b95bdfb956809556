/** Whether one thing that was to hold does, and by what that is known. */
import type { CommitId } from './ids.ts';

/** `unverified`: nobody could tell. */
export const ACCEPTANCES = ['verified', 'unverified', 'failed'] as const;
export type AcceptanceVerdict = (typeof ACCEPTANCES)[number];

/** What was looked at, and said so. */
export interface Evidence {
  /** A command that ran, somebody who read it, or a person's word. */
  readonly kind: 'command' | 'review' | 'operator';
  /** The command, or who says it. */
  readonly by: string;
  /** The commit it was seen on. */
  readonly commit: CommitId;
  readonly detail: string;
}

export interface Judgement {
  readonly criterion: string;
  readonly verdict: AcceptanceVerdict;
  readonly evidence?: Evidence;
}

/** The most criteria a run keeps, and the longest of one in characters. */
export const CRITERIA_MAX = 1_000;
export const CRITERION_TEXT_MAX = 4_096;
