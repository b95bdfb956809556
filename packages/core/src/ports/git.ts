/** Git: the hub and the target, branches of other people, workspaces, delivery to the user's own repository. */
import type { MeasuredChange } from '../model/handoff.ts';
import type { AttemptId, CommitId, RunId, TaskId, TreeId } from '../model/ids.ts';
import type { Candidate } from '../model/landing.ts';
import type { RuleName } from '../rules/resolve/resolve.ts';

/** A landing found in the target's history by its trailers. */
export interface LandedMark {
  readonly run: RunId;
  readonly task: TaskId;
  readonly attempt: AttemptId;
  readonly commit: CommitId;
}

/** An undo found in the target's history by its trailers: one commit, one or more landings taken back. */
export interface UndoneMark {
  readonly run: RunId;
  /** As its trailers name them: newest landing first. */
  readonly tasks: readonly TaskId[];
  readonly commit: CommitId;
}

export type RevertOutcome =
  | {
      readonly kind: 'clean';
      readonly commit: CommitId;
      readonly tree: TreeId;
      readonly paths: readonly string[];
    }
  /** Taking back `of` meets what landed later. `detail` is what git says of each conflict, capped. */
  | {
      readonly kind: 'conflict';
      readonly of: CommitId;
      readonly files: readonly string[];
      readonly detail: string;
    }
  /** `onto` no longer has any of it. */
  | { readonly kind: 'empty' }
  /** The result would change these paths, which none of the commits did (P5). */
  | { readonly kind: 'collateral'; readonly paths: readonly string[] }
  /** `of` is not in the hub, or has no parent to go back to. */
  | { readonly kind: 'missing'; readonly of: CommitId };

export interface ResolvedPath {
  readonly path: string;
  readonly rule: RuleName;
}

export type CandidateOutcome =
  | {
      readonly kind: 'clean';
      readonly commit: CommitId;
      readonly tree: TreeId;
      readonly paths: readonly string[];
      /** Conflicts that were settled by rule; absent when there were none. */
      readonly resolved?: readonly ResolvedPath[];
    }
  /** `detail` is what git says of each conflict, capped. */
  | { readonly kind: 'conflict'; readonly files: readonly string[]; readonly detail: string }
  /** The merge changes nothing. */
  | { readonly kind: 'empty' }
  /** The merge would change these paths, which the branch did not (P5). */
  | { readonly kind: 'collateral'; readonly paths: readonly string[] }
  /** The work commit is not in the hub. */
  | { readonly kind: 'missing' };

export type PublishOutcome =
  | { readonly kind: 'published' }
  | { readonly kind: 'moved'; readonly head: CommitId }
  | { readonly kind: 'gone' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string };

export type IngestOutcome =
  | { readonly kind: 'commit'; readonly commit: CommitId }
  | { readonly kind: 'nothing' }
  /** Too large, malformed, or hostile; `why` is for people and for the next attempt. */
  | { readonly kind: 'refused'; readonly why: string }
  /** A known secret stands in it. Nothing of it was taken; `why` names the secret and the place, never the value. */
  | { readonly kind: 'secret'; readonly why: string };

/** Looks for known secrets in bytes that come in pieces. */
export interface SecretFinder {
  /** Begins a search. What it gives is called with each piece, and returns the name of a secret that was found. */
  begin(): (piece: Uint8Array) => string | undefined;
}

/** Commits on their way between two repositories, as git packs them. The bytes are as hostile as who made them. */
export interface Pack {
  readonly head: CommitId;
  /** Can be read once. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** `refused`: it is no pack, or too large; `why` is for people and for the next attempt. */
export type Received = { readonly kind: 'received' } | { readonly kind: 'refused'; readonly why: string };

/** Identity of commits swarm makes. */
export interface Identity {
  readonly name: string;
  readonly email: string;
}

/** The hub: the orchestrator's own bare repository, and the target it publishes to. */
export interface Hub {
  /**
   * Brings the target's head into the hub and returns it; undefined when the reference is gone. SW0703 when the
   * target is at a remote that does not answer.
   */
  targetHead(): Promise<CommitId | undefined>;
  /**
   * Every task's commit of this run in `base..head`, by trailers, oldest first: on the first-parent line, or under the
   * merge of its batch. Costs the new commits only.
   */
  landedSince(base: CommitId, head: CommitId): Promise<readonly LandedMark[]>;
  /** Every undo of this run's landings on `base..head`, by trailers, oldest first. */
  undoneSince(base: CommitId, head: CommitId): Promise<readonly UndoneMark[]>;
  isAncestor(ancestor: CommitId, of: CommitId): Promise<boolean>;
  /** Merges `work` onto `onto` without a work tree; one commit with `onto` as its only parent. */
  buildCandidate(ask: {
    readonly onto: CommitId;
    readonly work: CommitId;
    /** The whole message, trailers last. It names the tree, which is known before the commit is. */
    readonly message: (tree: TreeId) => string;
    /** Seconds since the epoch, so that a rebuilt candidate is the same bytes. */
    readonly atSeconds: number;
  }): Promise<CandidateOutcome>;
  /**
   * Takes back what each of `commits` changed against its first parent, in the order given, on top of `onto`,
   * without a work tree: one commit with `onto` as its only parent.
   */
  buildRevert(ask: {
    readonly onto: CommitId;
    readonly commits: readonly CommitId[];
    /** As for a candidate. */
    readonly message: (tree: TreeId) => string;
    readonly atSeconds: number;
  }): Promise<RevertOutcome>;
  /**
   * Files a merge of the two would leave in conflict, rules aside; none when either is not in the hub. Makes nothing
   * that lasts and asks nothing of the target.
   */
  probe(a: CommitId, b: CommitId): Promise<readonly string[]>;
  /**
   * The one commit a batch lands as: parents `onto` and `tip`, the tree of `tip`, which is a chain of candidates on
   * `onto`. The same bytes whenever it is built.
   */
  sealBatch(ask: {
    readonly onto: CommitId;
    readonly tip: CommitId;
    readonly message: (tree: TreeId) => string;
    readonly atSeconds: number;
  }): Promise<{ readonly commit: CommitId; readonly tree: TreeId }>;
  /** Moves the target from `candidate.parent` to `candidate.commit` by compare-and-swap, and reads it back. */
  publish(candidate: Candidate): Promise<PublishOutcome>;
  /**
   * Puts a pack that another host made into the attempt's intake, where `ingest` judges it as anything pushed there.
   * `base` is what the attempt was handed.
   */
  receive(attempt: AttemptId, base: CommitId, pack: Pack): Promise<Received>;
  /** What `wants` reach and `haves` do not, for a host that works elsewhere. */
  pack(wants: readonly CommitId[], haves: readonly CommitId[]): AsyncIterable<Uint8Array>;
  /** Takes what the attempt pushed into its intake; idempotent. Pins it under the attempt's name. */
  ingest(attempt: AttemptId): Promise<IngestOutcome>;
  /** Facts of a commit relative to its merge base with `target`; undefined when nothing differs. */
  measure(commit: CommitId, target: CommitId): Promise<MeasuredChange | undefined>;
  /** Facts for the sweep. */
  observe(): Promise<HubObserved>;
  /** Removes references, intakes and locks nobody needs. Only while holding the run's lock. */
  tidy(keep: ReadonlySet<AttemptId>): Promise<void>;
}

/** Branches other people made, brought in for `swarm land`. */
export interface Branches {
  /**
   * Takes a branch's pinned commit into the hub as the attempt's work, judged as strictly as an attempt's own push;
   * idempotent. `nothing`: the target had all of it when the run was opened.
   */
  take(attempt: AttemptId, commit: CommitId): Promise<IngestOutcome>;
}

export interface HubObserved {
  readonly target: CommitId | undefined;
  /** Attempts whose work the hub holds. */
  readonly work: readonly { readonly attempt: AttemptId; readonly commit: CommitId }[];
  readonly intakes: readonly AttemptId[];
  readonly workspaces: readonly string[];
}

/** Read-only view of a commit, for the planner's tools. Paths are relative; output is capped by the caller. */
export interface RepositoryReader {
  list(commit: CommitId, path: string): Promise<readonly string[]>;
  read(commit: CommitId, path: string): Promise<string | undefined>;
  grep(commit: CommitId, pattern: string, path?: string): Promise<readonly string[]>;
  log(commit: CommitId, limit: number, path?: string): Promise<readonly string[]>;
}

/** A clone one attempt, one gate or one check works in. */
export interface Workspace {
  /** Attempt id, or `gate-l7`, `checks-3`, `setup-<key>`; names the folder. */
  readonly name: string;
  /** Absolute host path of the work tree. */
  readonly path: string;
  /** Host path of the bare repository an attempt pushes into; absent for gates and checks. */
  readonly intake?: string;
  /** Host paths the sandbox must show read-only at the same place: the hub's objects. */
  readonly readOnly: readonly string[];
  readonly head: CommitId;
  /** Files with conflict markers, when `from` did not merge cleanly onto `base`. */
  readonly conflicts: readonly string[];
}

/** Paths as the agent named them, few of many. */
export interface SaveReport {
  /** What could not be taken, each with why. */
  readonly leftOut: readonly string[];
  /** Folders that were repositories of their own: their files were taken, their history was not. */
  readonly unwrapped: readonly string[];
  /** Files that `.gitignore` matches, written since the agent was started: no part of the work. */
  readonly ignored: readonly string[];
}

export const ALL_SAVED: SaveReport = { leftOut: [], unwrapped: [], ignored: [] };

export interface Workspaces {
  /** With `from`, its work is merged onto `base` and conflicts are left in the files. Replaces a leftover. */
  create(ask: {
    readonly name: string;
    readonly base: CommitId;
    readonly from?: CommitId;
    readonly attempt?: AttemptId;
  }): Promise<Workspace>;
  /**
   * The command that, run inside the attempt's sandbox, commits what is uncommitted and pushes HEAD into the
   * intake. Exit 0: all of it was pushed, or there was nothing to push; 3: some of it could not be taken, and the rest
   * was pushed. It trusts nothing of the clone's configuration. Paths are as the sandbox shows them.
   */
  saveCommand(ask: {
    readonly message: string;
    readonly workspace: string;
    readonly intake: string;
    /** Wall time, ms, when the agent was started: ignored files written since are named. Absent: none are. */
    readonly sinceMs?: number;
  }): readonly string[];
  /** What that command said, by its output. */
  readSave(output: string): SaveReport;
  remove(name: string): Promise<void>;
}

export type ApplyOutcome =
  | { readonly kind: 'done'; readonly from: CommitId; readonly to: CommitId }
  | { readonly kind: 'refused'; readonly why: string; readonly fix: string };

/** The user's own repository. */
export interface Delivery {
  /** Fast-forwards the target to `head` where that is clean and safe; never forces, never touches dirt. */
  apply(head: CommitId): Promise<ApplyOutcome>;
}
