/** Git: the hub, the target, other people's branches, workspaces, and delivery to the user's own repository. */
import type { MeasuredChange } from '../model/handoff.ts';
import type { AttemptId, CommitId, RunId, TaskId, TreeId } from '../model/ids.ts';
import type { Candidate } from '../model/landing.ts';
import type { PatchId } from '../model/review.ts';
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
  /** In the order of its trailers: newest landing first. */
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
  /** Taking back `of` conflicts with what landed later. `detail` is git's text about each conflict, capped. */
  | {
      readonly kind: 'conflict';
      readonly of: CommitId;
      readonly files: readonly string[];
      readonly detail: string;
    }
  /** `onto` holds none of these changes any more. */
  | { readonly kind: 'empty' }
  /** The result would change these paths, and none of the commits changed them (P5). */
  | { readonly kind: 'collateral'; readonly paths: readonly string[] }
  /** `of` is not in the hub, or it has no parent. */
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
      /** Conflicts that a rule resolved. Absent when there were none. */
      readonly resolved?: readonly ResolvedPath[];
      /** Names what the commit changes, as `measure` does. Absent: two commits are never known to change the same. */
      readonly patch?: PatchId;
    }
  /** `detail` is git's text about each conflict, capped. */
  | { readonly kind: 'conflict'; readonly files: readonly string[]; readonly detail: string }
  /** The merge changes nothing. */
  | { readonly kind: 'empty' }
  /** The merge would change these paths, and the branch did not change them (P5). */
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
  /** The work is too large, malformed or hostile. `why` is for people and for the next attempt. */
  | { readonly kind: 'refused'; readonly why: string }
  /**
   * A known secret, or what has the form of one, stands in it. Nothing of it was taken; `why` names the secret or the
   * rule, and the place, never the value.
   */
  | { readonly kind: 'secret'; readonly why: string };

/** Looks for known secrets in bytes that come in pieces. */
export interface SecretFinder {
  /** Begins a search. What it gives is called with each piece, and returns the name of a secret that was found. */
  begin(): (piece: Uint8Array) => string | undefined;
}

/** Text that work adds or changes: a file of it, or a message. */
export interface AddedText {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface RuleHit {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** Name of the rule, such as `github`. */
  readonly rule: string;
  /** Is told to nobody. */
  readonly value: string;
}

export type RulesSaid =
  | { readonly kind: 'looked'; readonly hits: readonly RuleHit[] }
  /** Nobody looked at all of it; `why` is a clause. What it holds is not known. */
  | { readonly kind: 'not-looked'; readonly why: string };

/** Looks for what has the form of a secret. */
export interface SecretRules {
  /** Returns true for a path that the operator lets hold anything. */
  isAllowed(path: string): boolean;
  /** The most bytes of one look. */
  readonly bytesMax: number;
  look(texts: readonly AddedText[]): Promise<RulesSaid>;
  /** What is asked later begins anew. */
  close(): Promise<void>;
}

/** Commits on their way between two repositories, as a git pack. The bytes may be hostile. */
export interface Pack {
  readonly head: CommitId;
  /** Can be read only once. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** `refused`: the bytes are no pack, or too large. `why` is for people and for the next attempt. */
export type Received = { readonly kind: 'received' } | { readonly kind: 'refused'; readonly why: string };

/** Author and committer of the commits swarm makes. */
export interface Identity {
  readonly name: string;
  readonly email: string;
}

/** The hub: the orchestrator's own bare repository, and the target it publishes to. */
export interface Hub {
  /**
   * Brings the target's head into the hub and returns it. Returns undefined when the reference is gone. Throws SW0703
   * when the target is at a remote that does not answer.
   */
  targetHead(): Promise<CommitId | undefined>;
  /**
   * Returns the commit of every task of this run in `base..head`, oldest first, found by trailers. A commit is on the
   * first-parent line, or under the merge of its batch. Only commits that are new since the last call are read.
   */
  landedSince(base: CommitId, head: CommitId): Promise<readonly LandedMark[]>;
  /** Returns every undo of this run's landings in `base..head`, oldest first, found by trailers. */
  undoneSince(base: CommitId, head: CommitId): Promise<readonly UndoneMark[]>;
  isAncestor(ancestor: CommitId, of: CommitId): Promise<boolean>;
  /** Merges `work` onto `onto` without a work tree. The result is one commit whose only parent is `onto`. */
  buildCandidate(ask: {
    readonly onto: CommitId;
    readonly work: CommitId;
    /** Returns the whole message, trailers last. Is called with the tree, because the message names it. */
    readonly message: (tree: TreeId) => string;
    /** Seconds since the epoch. Given, so that a candidate that is built again is the same bytes. */
    readonly atSeconds: number;
  }): Promise<CandidateOutcome>;
  /**
   * Takes back what each of `commits` changed against its first parent, in the given order and without a work tree.
   * The result is one commit whose only parent is `onto`.
   */
  buildRevert(ask: {
    readonly onto: CommitId;
    readonly commits: readonly CommitId[];
    /** As in `buildCandidate`. */
    readonly message: (tree: TreeId) => string;
    readonly atSeconds: number;
  }): Promise<RevertOutcome>;
  /**
   * Returns the files that a merge of the two would leave in conflict, before any rule resolves them. Returns none
   * when one of the two is not in the hub. Leaves nothing behind and does not ask the target.
   */
  probe(a: CommitId, b: CommitId): Promise<readonly string[]>;
  /**
   * Makes the one commit that a batch lands as. Its parents are `onto` and `tip`, its tree is the tree of `tip`, and
   * `tip` is a chain of candidates on `onto`. The bytes are the same each time it is built.
   */
  sealBatch(ask: {
    readonly onto: CommitId;
    readonly tip: CommitId;
    readonly message: (tree: TreeId) => string;
    readonly atSeconds: number;
  }): Promise<{ readonly commit: CommitId; readonly tree: TreeId }>;
  /** Moves the target from `candidate.parent` to `candidate.commit` by compare-and-swap, then reads it back. */
  publish(candidate: Candidate): Promise<PublishOutcome>;
  /**
   * Puts a pack from another host into the attempt's intake. `ingest` then judges it like anything else that is pushed
   * there. `base` is the commit the attempt started from.
   */
  receive(attempt: AttemptId, base: CommitId, pack: Pack): Promise<Received>;
  /** Returns a pack of what `wants` reach and `haves` do not, for a host on another machine. */
  pack(wants: readonly CommitId[], haves: readonly CommitId[]): AsyncIterable<Uint8Array>;
  /**
   * Takes the work that a save named in the attempt's intake, and pins it under the attempt's name. May be repeated.
   * Until the first time the attempt's workspace must stay, because the work may lie there.
   */
  ingest(attempt: AttemptId): Promise<IngestOutcome>;
  /** Measures a commit against its merge base with `target`. Returns undefined when nothing differs. */
  measure(commit: CommitId, target: CommitId): Promise<MeasuredChange | undefined>;
  /** Returns what is there now, for the sweep. */
  observe(): Promise<HubObserved>;
  /** Removes references, intakes and locks that nobody needs. The caller holds the run's lock. */
  tidy(keep: ReadonlySet<AttemptId>): Promise<void>;
}

/** Branches that other people made, for `swarm land`. */
export interface Branches {
  /**
   * Takes a branch's pinned commit into the hub as the attempt's work. It is judged as strictly as an attempt's own
   * push. May be repeated. Returns `nothing` when the target had all of it when the run was opened.
   */
  take(attempt: AttemptId, commit: CommitId): Promise<IngestOutcome>;
}

export interface HubObserved {
  readonly target: CommitId | undefined;
  /** The attempts whose work is in the hub. */
  readonly work: readonly { readonly attempt: AttemptId; readonly commit: CommitId }[];
  readonly intakes: readonly AttemptId[];
  readonly workspaces: readonly string[];
}

/** Reads files of a commit, for the planner's tools. Paths are relative. The caller caps the output. */
export interface RepositoryReader {
  list(commit: CommitId, path: string): Promise<readonly string[]>;
  /** Returns every path under a folder, sorted by git; undefined when there are too many to list. */
  files(commit: CommitId, path: string): Promise<readonly TreeFile[] | undefined>;
  read(commit: CommitId, path: string): Promise<string | undefined>;
  grep(commit: CommitId, pattern: string, path?: string): Promise<readonly string[]>;
  log(commit: CommitId, limit: number, path?: string): Promise<readonly string[]>;
  /** Returns how many of the last commits changed each path; empty when that is too much to read. */
  changes(commit: CommitId, commits: number): Promise<ReadonlyMap<string, number>>;
}

/** One path of a commit's tree. A link and a submodule are listed and never followed. */
export interface TreeFile {
  readonly path: string;
  readonly kind: 'file' | 'link' | 'submodule';
  /** 0 for a submodule. */
  readonly bytes: number;
}

/** The clone that one attempt, one gate or one check works in. */
export interface Workspace {
  /** The attempt's id, or `gate-l7`, `checks-3`, `setup-<key>`. The folder has this name. */
  readonly name: string;
  /** Absolute host path of the work tree. */
  readonly path: string;
  /** Host path of the bare repository in which a save names the attempt's work. Absent for gates and checks. */
  readonly intake?: string;
  /** Host paths that the sandbox must show read-only, at the same path: the objects it borrows. */
  readonly readOnly: readonly string[];
  readonly head: CommitId;
  /** Files with conflict markers, when `from` did not merge cleanly onto `base`. */
  readonly conflicts: readonly string[];
}

/** What a save did not take as it was. Paths are as the agent named them; only the first few are listed. */
export interface SaveReport {
  /** Paths that could not be taken, each with the reason. */
  readonly leftOut: readonly string[];
  /** Folders that were repositories themselves: their files were taken, their history was not. */
  readonly unwrapped: readonly string[];
  /** Files that the agent wrote and `.gitignore` matches. They are not part of the work. */
  readonly ignored: readonly string[];
}

export const ALL_SAVED: SaveReport = { leftOut: [], unwrapped: [], ignored: [] };

export interface Workspaces {
  /** Makes a workspace at `base`, with `from` merged onto it; conflicts are left in the files. Replaces a leftover. */
  create(ask: {
    readonly name: string;
    readonly base: CommitId;
    readonly from?: CommitId;
    readonly attempt?: AttemptId;
    /** As in `BenchAsk`. */
    readonly only?: readonly string[];
  }): Promise<Workspace>;
  /**
   * Returns a command to run inside the attempt's sandbox. It commits what is not committed and names HEAD in the intake,
   * where `Hub.ingest` looks. Exit 0: everything was saved, or there was nothing to save. Exit 3: some of the work could
   * not be taken, and the rest was saved. The command trusts nothing in the clone's configuration. Paths are the ones that
   * commands see in the sandbox.
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
  /** Fast-forwards the target to `head` when that is safe. Never forces, and never touches uncommitted changes. */
  apply(head: CommitId): Promise<ApplyOutcome>;
}
