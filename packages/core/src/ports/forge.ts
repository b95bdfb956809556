/**
 * A forge is where people review and merge: GitHub, GitLab. One object speaks of one repository of it. Rules besides those
 * of ports/world.ts:
 *
 * - All text of a forge was written by anybody, and is bounded by the adapter.
 * - What creates something is asked once. Whether it was done is found out by looking, never by asking again.
 * - Every method throws SW0706 when the forge does not answer, and SW0406 when it rejects the token.
 */
import type { CommitId } from '../model/ids.ts';

export type ForgeKind = 'github' | 'gitlab';

/** A branch of a repository, of which a pull request may also belong to a fork. */
export interface ForgeBranch {
  /** `owner/name`; with GitLab there may be more parts. */
  readonly slug: string;
  readonly branch: string;
}

export interface ForgeRepository {
  readonly slug: string;
  readonly url: string;
  readonly defaultBranch: string;
  /** The token's owner may push to it. */
  readonly canPush: boolean;
  /** It takes no changes at all. */
  readonly isArchived: boolean;
  /** The repository it was forked from. */
  readonly parent?: string;
}

/** GitLab's merge request is one too. */
export interface PullRequest {
  readonly number: number;
  readonly url: string;
  readonly state: 'open' | 'closed' | 'merged';
  readonly isDraft: boolean;
  readonly head: ForgeBranch;
  readonly headCommit: CommitId;
  /** The branch it is to be merged into. */
  readonly base: string;
  readonly title: string;
  readonly body: string;
  /** Who merged or closed it, where the forge says so. */
  readonly endedBy?: string;
  /** What its base became by the merge: of a squash the only trace of it there. */
  readonly mergedAs?: CommitId;
}

export interface PullRequestDraft {
  readonly head: ForgeBranch;
  readonly base: string;
  readonly title: string;
  readonly body: string;
  readonly isDraft?: true;
}

export type OpenOutcome =
  | { readonly kind: 'opened'; readonly pull: PullRequest }
  /** The forge said no, in its own words. One that was open already is such a no. */
  | { readonly kind: 'refused'; readonly why: string }
  /** It may have been opened: the answer was lost. */
  | { readonly kind: 'unclear'; readonly why: string };

/** What besides checks stands between a pull request and its base. Empty: nothing that the forge tells of. */
export interface PullStanding {
  /** It waits in the forge's own queue to be merged: a push would take it out. */
  readonly queued?: { readonly place?: number };
  /** People have to look at it first; `changes`: one of them wants something else. */
  readonly wants?: 'approval' | 'changes';
}

/** What a forge runs on a commit. */
export interface ForgeCheck {
  readonly name: string;
  /** `neutral`: it ended and judges nothing. */
  readonly state: 'pending' | 'passed' | 'failed' | 'neutral';
  /** The base lets nothing in without it. */
  readonly isRequired: boolean;
  /** What it said of itself, bounded. */
  readonly detail: string;
  readonly url: string;
}

export interface ForgeComment {
  /** Unique among what is of its kind. */
  readonly id: string;
  readonly author: string;
  readonly body: string;
  /** ms since the epoch. */
  readonly at: number;
  readonly url: string;
  /** Of a review: what it says of all; absent for a comment. */
  readonly verdict?: 'approved' | 'changes-requested' | 'commented';
  /** Where it stands, for one on a line. */
  readonly path?: string;
  readonly line?: number;
  /** It is settled, or the line is gone. */
  readonly isSettled?: true;
}

export interface ForgeIssue {
  readonly number: number;
  readonly url: string;
  readonly title: string;
  readonly body: string;
  readonly author: string;
  readonly isOpen: boolean;
  readonly labels: readonly string[];
  readonly assignees: readonly string[];
  /** ms since the epoch. */
  readonly at: number;
}

/** `unknown`: the forge does not tell, and nobody is trusted for it. */
export type ForgeAccess = 'write' | 'read' | 'none' | 'unknown';

export interface Forge {
  readonly kind: ForgeKind;
  readonly slug: string;
  repository(): Promise<ForgeRepository | undefined>;
  /** Who the token is of; undefined where the forge does not say so to such a token. */
  whoAmI(): Promise<{ readonly login: string; readonly scopes?: readonly string[] } | undefined>;
  /** Every one of this head, in whatever state, the newest first. */
  findPulls(head: ForgeBranch): Promise<readonly PullRequest[]>;
  pull(number: number): Promise<PullRequest | undefined>;
  openPull(draft: PullRequestDraft): Promise<OpenOutcome>;
  /** Returns why not, where the forge said no. May be repeated. */
  updatePull(
    number: number,
    change: { readonly title?: string; readonly body?: string; readonly base?: string },
  ): Promise<string | undefined>;
  /** A draft no more. Returns why not, where the forge said no. May be repeated. */
  makeReady(number: number): Promise<string | undefined>;
  standing(number: number): Promise<PullStanding>;
  /** What ran on the commit, and what `base` requires and has not been seen yet. */
  checks(commit: CommitId, base: string): Promise<readonly ForgeCheck[]>;
  /** Reviews, comments on lines and comments on the whole, in order of time. */
  reviews(number: number): Promise<readonly ForgeComment[]>;
  issue(number: number): Promise<ForgeIssue | undefined>;
  comments(number: number): Promise<readonly ForgeComment[]>;
  /** Comments of an issue or a pull request. Look first: asked again it is there twice. Returns its address. */
  comment(on: 'issue' | 'pull', number: number, body: string): Promise<string>;
  /** Open ones that have the label, the oldest first. */
  issuesLabelled(label: string): Promise<readonly ForgeIssue[]>;
  access(login: string): Promise<ForgeAccess>;
}

// ───────────── a run's own pull request ─────────────

export type BranchPush =
  /** The remote has it, as this commit. */
  | { readonly kind: 'there' }
  /** Somebody else's commits are on top of it. */
  | { readonly kind: 'ahead'; readonly head: CommitId }
  /** The branch there is another one: what it holds is not ours to take away. */
  | { readonly kind: 'elsewhere'; readonly head: CommitId }
  /** The remote said no, or nothing. */
  | { readonly kind: 'silent'; readonly why: string };

/** Branches of a run at a remote. They only ever move forward, from what swarm put there itself. */
export interface RunBranches {
  /** Puts a commit of the hub there. May be repeated. Never throws for what the remote says. */
  push(branch: string, commit: CommitId): Promise<BranchPush>;
  /** What the remote has, brought into the hub; undefined: no such branch. Errors: SW0703. */
  head(branch: string): Promise<CommitId | undefined>;
  /** Makes it a branch of the operator's repository too, or moves theirs forward. What is checked out, or went elsewhere, stays. */
  offer(branch: string, commit: CommitId): Promise<void>;
  /** Files that a commit of the hub changed. */
  paths(change: CommitId): Promise<readonly string[]>;
  has(commit: CommitId): Promise<boolean>;
  /** The same change upon another commit; `change` itself where it stands there, `onto` where it changes nothing. */
  replay(ask: { readonly onto: CommitId; readonly change: CommitId }): Promise<Rebuilt>;
  /** The change taken back upon another commit; `onto` where there is nothing of it. */
  takeBack(ask: {
    readonly onto: CommitId;
    readonly change: CommitId;
    readonly message: string;
  }): Promise<Rebuilt>;
  /**
   * A branch with what came into its base: `tip` where that is there already.
   * @param ask.since what the branch has of its base in other commits, as after a squash.
   */
  join(ask: {
    readonly tip: CommitId;
    readonly base: CommitId;
    readonly since?: CommitId;
    readonly message: string;
  }): Promise<Rebuilt>;
}

/** A commit that nobody has tested as it is. The same inputs give the same one, but for a signature. */
export type Rebuilt =
  | { readonly kind: 'commit'; readonly commit: CommitId }
  | { readonly kind: 'conflict'; readonly files: readonly string[] };

/** Where a run's work is asked to be taken over. */
export interface PullPlace {
  readonly forge: Forge;
  readonly branches: RunBranches;
  /** Name of the remote that is pushed to. */
  readonly remote: string;
  /** The repository that has the branches: the forge's own, or a fork of it. */
  readonly headSlug: string;
  readonly base: string;
  /** The issue that asked for it. */
  readonly asker?: { readonly number: number; readonly url: string };
  /** One for each task, each based on the one it depends on. */
  readonly isStacked?: true;
  /** Opened as drafts: they are made ready once their checks have passed. */
  readonly isDraft?: true;
}
