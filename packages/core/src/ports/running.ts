/** What runs commands and agents: the sandbox, the agent of an attempt, prepared environments. */

import type { AgentEnd } from '../model/attempt.ts';
import type { HandoffClaim } from '../model/handoff.ts';
import type { AttemptId } from '../model/ids.ts';
import type { ResourceName } from '../model/landing.ts';
import type { Usage } from '../model/usage.ts';

export interface Mount {
  readonly host: string;
  /**
   * Where commands should see it; where they do is `Room.shown`. The same as `host`: files name it by that path, and
   * it is seen there whatever the provider.
   */
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

/** One command in a room. */
export interface RoomCommand {
  /** Unique among what runs now; shows in the process's environment as SWARM_TASK_KEY, for the reaper. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** `none`: loopback only, plus the gateway. `open`: a way out too, for setup on the trusted base;
   * what it reaches of the host and its neighbours is the provider's to say. */
  readonly network: 'none' | 'open';
  /** It is setup on the trusted base's own tree: what the operator gives to setup alone, it is given. */
  readonly isTrustedSetup?: true;
  /**
   * How the command reaches the gateway of a room that has one; absent: not at all. `address`: at SWARM_GATEWAY_URL.
   * `socket`: at the unix socket that SWARM_GATEWAY_SOCKET names, for programs that know it.
   */
  readonly gateway?: 'address' | 'socket';
  readonly limits: SandboxLimits;
  readonly signal?: AbortSignal;
  /** Whole lines as they come, without the newline, each capped. */
  readonly onLine?: (stream: OutputStream, line: string) => void;
}

export type OutputStream = 'stdout' | 'stderr';

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

/** A command that was started and can be talked to. */
export interface RoomProcess {
  readonly stdin: {
    /** Settles when the bytes are taken, or when the process is gone: that is told by `ended`. */
    write(text: string): Promise<void>;
    end(): void;
  };
  /** Every line of its output until it ends, held until it is read. `outputBytes` bounds what is held. */
  readonly lines: AsyncIterable<{ readonly stream: OutputStream; readonly text: string }>;
  /** Never rejects. */
  readonly ended: Promise<SandboxResult>;
}

/** What a room is opened on. Host paths, where the sandbox is on this host. */
export interface RoomAsk {
  /** The folder that is writable and is the working directory. */
  readonly workspace: string;
  readonly readOnly: readonly Mount[];
  readonly readWrite: readonly Mount[];
  /** The folder that is the home of every command in it. Absent: each has an empty one of its own. */
  readonly home?: string;
  /** The gateway's unix socket, for commands that ask for it. */
  readonly gatewaySocket?: string;
}

/** What became of a file a command may have left. */
export type Collected =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'text'; readonly text: string }
  /** A link, a pipe, too large, not readable; `why` is a sentence. */
  | { readonly kind: 'unfit'; readonly why: string };

/**
 * One workspace, made ready for commands. What is to be seen inside, and where, is asked of the room and never
 * assumed: providers differ in it.
 */
export interface Room {
  /** Where commands see the workspace. */
  readonly workspace: string;
  /** Where commands see a mount the room was opened with. */
  shown(mount: Mount): string;
  /** Whether commands find something at this path; a relative one is looked for in the workspace. */
  sees(path: string): Promise<boolean>;
  /** Puts a file where commands can read it and not change it. Returns its path as they see it. */
  place(file: { readonly name: string; readonly text: string }): Promise<string>;
  /** Where a command may leave a file of this name for `collect`, as it sees it. */
  outlet(name: string): Promise<string>;
  /** Reads what was left at an outlet. The file is the command's: any kind, any size, any bytes. */
  collect(name: string, maxBytes: number): Promise<Collected>;
  run(command: RoomCommand): Promise<SandboxResult>;
  start(command: RoomCommand): RoomProcess;
  /** Ends what still runs and removes what the room itself made. The workspace stays. */
  close(): Promise<void>;
}

export interface Sandbox {
  /** `bubblewrap`, `none`, … for the report and the doctor. */
  readonly provider: string;
  open(ask: RoomAsk): Promise<Room>;
  /** Kills every process left by an earlier orchestrator of this state directory; returns how many. */
  reap(): Promise<number>;
}

/** Where an agent that knows the gateway's socket finds it. */
export const GATEWAY_SOCKET_VARIABLE = 'SWARM_GATEWAY_SOCKET';

/** What an agent needs in its room besides the workspace. */
export interface RoomNeeds {
  readonly readOnly: readonly Mount[];
  readonly gatewaySocket?: string;
}

/** What an attempt's agent is given. */
export interface AgentJob {
  readonly attempt: AttemptId;
  /** Opens a room on the attempt's workspace. The agent closes it. */
  readonly open: (needs: RoomNeeds) => Promise<Room>;
  /** The prompt, rendered. */
  readonly prompt: string;
  /** One task in the wire format, as JSON. */
  readonly taskJson: string;
  readonly limits: AgentLimits;
  readonly signal: AbortSignal;
  /** A sign of life and what it was, for the log and the stuck detector. */
  readonly onActivity: (activity: AgentActivity) => void;
}

export interface AgentLimits {
  readonly steps: number;
  readonly tokens: number;
  readonly usd?: number;
  readonly wallMs: number;
  readonly quietMs: number;
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

/** What setup of one work tree reads. */
export interface SetupNeed {
  /** 16 hex digits over the setup command and every file it is known to read: manifests, lockfiles, named scripts. */
  readonly hash: string;
  /** False: it may read any file of the tree, so that two trees with the same hash may be set up differently. */
  readonly isKnown: boolean;
}

/** Something setup left in a work tree. It is no part of anybody's work. */
export interface SetupLeft {
  /** As git reads it in a list of what to leave out. */
  readonly pattern: string;
  /** A file, which is the agent's work once its content is another: object names of its content, in every format. */
  readonly file?: { readonly path: string; readonly blobs: readonly string[] };
}

/** A work tree on this host, and the home folder of whatever runs in it. */
export interface PreparedPlace {
  readonly workspace: string;
  readonly home: string;
}

/**
 * Prepared environments: what `setup` made in its work tree and in its home, kept by key in the state directory. A key
 * is what was needed, alone or with the names of the commits whose tree made it: words of `[0-9a-z]`, joined by `-`.
 */
export interface EnvironmentStore {
  needOf(workspace: string, setup: string): Promise<SetupNeed>;
  has(key: string): Promise<boolean>;
  /** It never makes room for another one while this process lives. */
  pin(key: string): void;
  /** Every path in the workspace but git's own, relative to it: taken before setup runs. */
  snapshot(workspace: string): Promise<ReadonlySet<string>>;
  /**
   * Takes what is new since `before` (`node_modules` and the like) and the home, without its credentials; the first
   * one kept under a key stays. The place is given up: nothing may be done in it afterwards.
   */
  keep(key: string, place: PreparedPlace, before: ReadonlySet<string>): Promise<void>;
  /**
   * Puts a copy into a fresh workspace, and a home beside it. Undefined: somebody changed what was kept, or it is gone;
   * it is not there any more.
   */
  install(key: string, place: PreparedPlace): Promise<readonly SetupLeft[] | undefined>;
  /** Puts a copy of its home alone, with the stores of package managers. Nothing where there is none. */
  lendHome(key: string, home: string): Promise<void>;
}
