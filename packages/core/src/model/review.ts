/** What is asked of reviewers, and what they say: votes on one change. */
import type { AttemptId, CommitId } from './ids.ts';

/** Names the lines a change adds and takes away, wherever they stand: two commits that make the same change share it. */
export type PatchId = string & { readonly patch: unique symbol };

/** What a run asks of reviewers. Absent, or without a reviewer: nobody votes. */
export interface ReviewRule {
  /** How many are asked for each change. */
  readonly reviewers: number;
  /** The part of the votes, weighed by how sure each is, that must be for it: 0 to 1. */
  readonly threshold: number;
  /** How many must have said something. */
  readonly quorum: number;
}

export const VOTES = ['approve', 'reject', 'block', 'abstain'] as const;
export type VoteKind = (typeof VOTES)[number];

/** The change that is voted on: as its attempt made it, or as it would land. */
export interface Subject {
  readonly commit: CommitId;
  /** Absent: nothing but this very commit is what was voted on. */
  readonly patch?: PatchId;
}

export interface Vote {
  readonly reviewer: string;
  readonly vote: VoteKind;
  /** 0 to 1. */
  readonly confidence: number;
  readonly findings: readonly string[];
  /** Agent or model that it was, where that is known. */
  readonly by?: string;
}

/** What the votes come to. `open`: somebody has still to say something. */
export type ReviewVerdict = 'open' | 'approved' | 'rejected' | 'no-quorum';

/** A vote that is going on. */
export interface Review extends Subject {
  readonly reviewers: readonly string[];
  readonly askedAt: number;
  readonly votes: readonly Vote[];
}

/** A vote that has ended. */
export interface Voted extends Subject {
  readonly attempt: AttemptId;
  readonly votes: readonly Vote[];
  readonly verdict: Exclude<ReviewVerdict, 'open'>;
}

/** The most reviewers of one change. */
export const REVIEWERS_MAX = 9;
/** How often one handoff is put to the vote. */
export const REVIEWS_MAX = 4;
/** Findings of one reviewer that are kept, and characters of one. */
export const FINDINGS_MAX = 20;
export const FINDING_TEXT_MAX = 1_000;
