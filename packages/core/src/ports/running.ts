/** What runs commands and agents: the sandbox, the agent of an attempt, prepared environments. */
import type { HandoffClaim } from '../model/handoff.ts';
import type { AttemptId } from '../model/ids.ts';
import type { ResourceName } from '../model/landing.ts';
import type { Usage } from '../model/usage.ts';
import type { Workspace } from './git.ts';

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
