/**
 * What the core and the orchestrator need of the world, as interfaces only. Each has a real adapter and, in
 * testkit, an in-memory twin; both pass the same contract test. Rules for all of them:
 *
 * - Expected outcomes are values in the result; surprises are thrown as SwarmError.
 * - A method given an `AbortSignal` settles soon after it fires, with everything it started dead.
 * - Nothing here decides: policy lives in rules/ and decide.ts.
 */
import type { Entry } from './events.ts';
import type { LogEventName, LogFields } from './log-events.ts';
import type { HandoffClaim, MeasuredChange } from './model/handoff.ts';
import type { AttemptId, CommitId, RunId, TaskId, TreeId } from './model/ids.ts';
import type { Candidate, LandingMember, ResourceName } from './model/landing.ts';
import type { Usage } from './model/usage.ts';
import type { RuleName } from './rules/resolve/resolve.ts';

// ───────────────────────── time and chance ─────────────────────────

export interface Clock {
  /** Wall time, ms since the epoch: for people and for stamps, never for order or deadlines. */
  now(): number;
  /** Monotonic ms: for deadlines and durations. */
  monotonic(): number;
  /** Calls `run` once after `delayMs`; the returned function cancels it. Never keeps the process alive alone. */
  after(delayMs: number, run: () => void): () => void;
}

/** A number in [0, 1). */
export type Rng = () => number;

// ───────────────────────── the journal ─────────────────────────

export interface Journal {
  /**
   * Writes the entries in one write and makes them durable with one fsync before it resolves.
   * The first error poisons the journal: this and every later call reject with SW0701.
   */
  append(entries: readonly Entry[]): Promise<void>;
  close(): Promise<void>;
}

export interface OpenedJournal {
  readonly journal: Journal;
  /** Everything durable, in order. */
  readonly entries: readonly Entry[];
  /** Bytes of a torn last line that were cut off at opening; 0 when there were none. */
  readonly cutBytes: number;
}

// ───────────────────────── git ─────────────────────────

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
  | { readonly kind: 'refused'; readonly why: string };

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
   * intake. Exit 0: pushed, or nothing to push. It trusts nothing of the clone's configuration.
   * @param inside paths as the sandbox shows them.
   */
  saveCommand(ask: {
    readonly message: string;
    readonly workspace: string;
    readonly intake: string;
  }): readonly string[];
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

// ───────────────────────── running things ─────────────────────────

export interface Mount {
  readonly host: string;
  /** Where the sandbox shows it. Providers that cannot map paths show it at `host`. */
  readonly inside: string;
}

export interface SandboxLimits {
  readonly wallMs: number;
  /** Bytes of stdout+stderr after which the process tree is killed. */
  readonly outputBytes: number;
  /** Memory of the whole tree: private pages, added up. */
  readonly memoryBytes?: number;
  /** Processes of the whole tree at one time. */
  readonly processes?: number;
  /** Bytes the workspace may hold. */
  readonly diskBytes?: number;
}

export interface SandboxSpec {
  /** Unique among what runs now; shows in the process's environment as SWARM_TASK_KEY, for the reaper. */
  readonly name: string;
  readonly argv: readonly string[];
  /** Host path of the folder that is writable and is the working directory. */
  readonly workspace: string;
  readonly readOnly: readonly Mount[];
  readonly readWrite: readonly Mount[];
  readonly env: Readonly<Record<string, string>>;
  /** `none`: loopback only, plus the gateway. `open`: the host's network, for setup on the trusted base. */
  readonly network: 'none' | 'open';
  /** Host path of the gateway's unix socket; inside it answers on SWARM_GATEWAY_URL, set by the provider. */
  readonly gatewaySocket?: string;
  readonly limits: SandboxLimits;
  readonly signal?: AbortSignal;
  /** Whole lines as they come, without the newline, each capped. */
  readonly onLine?: (stream: 'stdout' | 'stderr', line: string) => void;
}

export type SandboxEnd = 'exited' | 'timeout' | 'aborted' | 'output-limit' | 'killed' | 'cannot-run';

export interface SandboxResult {
  /** First cause wins. `killed`: by a signal that was not ours, the kernel's for memory among them. */
  readonly end: SandboxEnd;
  readonly exitCode: number | undefined;
  /** The bound it was killed for; absent when nobody here killed it for using too much. */
  readonly limit?: ResourceName;
  /** The beginning and the end of stdout and stderr together, in order of arrival, capped. */
  readonly output: string;
  readonly durationMs: number;
}

export interface Sandbox {
  /** `bubblewrap`, `none`, … for the report and the doctor. */
  readonly provider: string;
  /** How the sandbox shows a workspace that lies at this host path. */
  insideOf(workspace: string): string;
  run(spec: SandboxSpec): Promise<SandboxResult>;
  /** Kills every process left by an earlier orchestrator of this state directory; returns how many. */
  reap(): Promise<number>;
}

/** What an attempt's agent is given. All paths are host paths. */
export interface AgentJob {
  readonly attempt: AttemptId;
  readonly workspace: Workspace;
  /** The prompt, rendered. */
  readonly prompt: string;
  /** One task in the wire format, as JSON. */
  readonly taskJson: string;
  readonly limits: {
    readonly steps: number;
    readonly tokens: number;
    readonly usd?: number;
    readonly wallMs: number;
    readonly quietMs: number;
  };
  readonly signal: AbortSignal;
  /** A sign of life and what it was, for the log and the stuck detector. */
  readonly onActivity: (activity: AgentActivity) => void;
}

export type AgentActivity =
  | { readonly kind: 'model'; readonly detail: string }
  | {
      readonly kind: 'tool';
      readonly tool: string;
      readonly detail: string;
      readonly ok: boolean;
      readonly durationMs: number;
    }
  | { readonly kind: 'text'; readonly detail: string };

export type AgentEnd =
  | 'finished'
  | 'failed'
  | 'blocked'
  | 'step-limit'
  | 'token-limit'
  | 'money-limit'
  | 'timeout'
  | 'stuck'
  | 'bad-output'
  | 'killed'
  | 'cannot-run'
  | 'model-down'
  | 'aborted';

export interface AgentResult {
  readonly end: AgentEnd;
  readonly detail: string;
  readonly claim?: HandoffClaim;
  readonly usage: Usage;
  readonly toolCalls: number;
}

export interface Agent {
  readonly name: string;
  run(job: AgentJob): Promise<AgentResult>;
}

// ───────────────────────── models ─────────────────────────

export type ModelRole = 'planner' | 'worker' | 'reconciler' | 'reviewer';

export type ChatMessage =
  | { readonly role: 'system' | 'user'; readonly content: string }
  | {
      readonly role: 'assistant';
      readonly content: string;
      readonly toolCalls: readonly ToolCall[];
      readonly bag?: ProviderBag;
    }
  | { readonly role: 'tool'; readonly callId: string; readonly content: string };

/**
 * What a provider sent along with an answer and wants back as it came: its thinking, signatures of calls. Nobody
 * looks into it, and it goes to the same endpoint and model alone.
 */
export interface ProviderBag {
  readonly endpoint: string;
  readonly model: string;
  /** The endpoint behind a gateway of ours. */
  readonly via?: string;
  /** Fields of the message. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Fields of its calls, by the call's id. */
  readonly calls: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** As the model wrote it: parsed, and refused if it does not parse, by whoever runs the tool. */
  readonly argumentsJson: string;
}

export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments object. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface ModelRequest {
  readonly role: ModelRole;
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ToolSpec[];
  readonly maxOutputTokens?: number;
  /** Sent along as `X-Swarm-Task` and `X-Swarm-Attempt`, for endpoints that tell callers apart. */
  readonly task?: TaskId;
  readonly attempt?: AttemptId;
}

export type ModelEnd =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'tools'; readonly calls: readonly ToolCall[] }
  /** Cut by its own output limit. */
  | { readonly kind: 'length' }
  | { readonly kind: 'refused'; readonly why: string }
  /** The stream broke after `text`; retries are used up. */
  | { readonly kind: 'cut'; readonly why: string }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'down'; readonly why: string }
  | { readonly kind: 'auth'; readonly why: string }
  | { readonly kind: 'quota'; readonly why: string }
  | { readonly kind: 'bad-request'; readonly why: string };

export interface ModelResult {
  readonly end: ModelEnd;
  readonly text: string;
  readonly usage: Usage;
  /** The model that answered, as the endpoint names it. */
  readonly model: string;
  /** Belongs on the assistant message this answer becomes. */
  readonly bag?: ProviderBag;
}

export interface Model {
  /** The configured name for a role, for journal and log. */
  nameFor(role: ModelRole): string;
  /**
   * One streamed answer, retried inside until it ends one way. `onText` sees each piece once and only of the
   * try whose answer is returned unless that try was cut: text already shown is never taken back, so a try
   * that showed text and then broke ends as `cut` and is not retried here.
   */
  stream(
    request: ModelRequest,
    options: { readonly signal: AbortSignal; readonly onText?: (piece: string) => void },
  ): Promise<ModelResult>;
  /** Resolves when an endpoint answers again after `down`; for P15. */
  whenUp(signal: AbortSignal): Promise<void>;
}

// ───────────────────────── words, files, telling ─────────────────────────

export type PromptName = 'planner' | 'subplanner' | 'worker' | 'reconciler' | 'conflict' | 'reviewer';

export interface Prompts {
  /** Renders the present text; a variable it names and is not given, or the reverse, is SW0205. */
  render(
    name: PromptName,
    variables: Readonly<Record<string, string>>,
  ): { readonly text: string; readonly hash: string };
  hash(name: PromptName): string;
}

/** Files of the run's folder. Each write is whole or absent (temporary file, then rename). */
export interface RunFiles {
  writeHandoff(attempt: AttemptId, json: string): Promise<void>;
  writeReport(json: string, markdown: string): Promise<void>;
}

/** The prepared environment's folders: what `setup` made, kept by key in the state directory. */
export interface EnvironmentStore {
  has(key: string): Promise<boolean>;
  /** Every path in the workspace but git's own, relative to it: taken before setup runs. */
  snapshot(workspace: string): Promise<ReadonlySet<string>>;
  /** Keeps what is new since `before` (`node_modules` and the like) under `key`; the first one kept stays. */
  keep(key: string, workspace: string, before: ReadonlySet<string>): Promise<void>;
  /** Puts a copy into a fresh workspace. */
  install(key: string, workspace: string): Promise<void>;
  /** Hash of every lockfile and manifest of the commit checked out in the workspace. */
  keyOf(workspace: string, setup: string): Promise<string>;
}

export interface Log {
  /** One line of log.ndjson; never throws, never blocks. Fields are redacted and sanitised by the writer. */
  write<N extends LogEventName>(name: N, fields: LogFields): void;
}

export type { LandingMember };
