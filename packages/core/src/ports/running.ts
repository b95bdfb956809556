/** What runs commands and agents: the sandbox and its rooms, agents, and the store of prepared environments. */

import type { AgentEnd } from '../model/attempt.ts';
import type { HandoffClaim } from '../model/handoff.ts';
import type { AttemptId } from '../model/ids.ts';
import type { ResourceName } from '../model/landing.ts';
import type { SharedNote } from '../model/shared-note.ts';
import type { Usage } from '../model/usage.ts';
import type { CutPrompt } from '../rules/cut-prompts.ts';

export interface Mount {
  readonly host: string;
  /**
   * Where commands should see it. Ask `Room.shown` where they really see it. When it is the same as `host`, files name
   * it by that path, and every provider shows it there.
   */
  readonly inside: string;
}

export interface SandboxLimits {
  readonly wallMs: number;
  /** The process tree is killed after this many bytes of stdout and stderr together. */
  readonly outputBytes: number;
  /** Bytes of one line that are passed on; the rest of that line is dropped. Absent: the sandbox's own bound. */
  readonly lineBytes?: number;
  /** The most memory of the whole process tree: its private pages, added up. */
  readonly memoryBytes?: number;
  /** The most processes of the tree at one time. */
  readonly processes?: number;
  /** The most bytes the workspace may hold. */
  readonly diskBytes?: number;
}

/** One command in a room. */
export interface RoomCommand {
  /** What it is for. The process has it, with a number of its own, as SWARM_TASK_KEY: the reaper finds it by that. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /**
   * `none`: loopback and the gateway only. `setup`: also a way out, to the registries of the package managers and to what
   * the operator named for setup. `agent`: also a way out to what the operator named for agents, which is mostly nothing.
   */
  readonly network: 'none' | 'setup' | 'agent';
  /** It is setup on the trusted base's own tree: what the operator gives to setup alone, it is given. */
  readonly isTrustedSetup?: true;
  /**
   * How the command reaches the room's gateway. Absent: it does not. `address`: at the URL in SWARM_GATEWAY_URL.
   * `socket`: at the unix socket in SWARM_GATEWAY_SOCKET, for programs that know that variable.
   */
  readonly gateway?: 'address' | 'socket';
  readonly limits: SandboxLimits;
  readonly signal?: AbortSignal;
  /** Is called with each whole line as it comes, without its newline, capped. */
  readonly onLine?: (stream: OutputStream, line: string) => void;
  /** Is called now and then with the hosts that were asked for through the way out since the last call. */
  readonly onReach?: (reached: readonly Reached[]) => void;
}

/** One host of the way out, with all that was counted of it so far. */
export interface Reached {
  /** `host:port`; `others` stands for those after the first thirty-two. */
  readonly authority: string;
  /** Requests and tunnels that were let through, and those that were not. */
  readonly requests: number;
  readonly refused: number;
  /** Bytes to the host, and from it. */
  readonly up: number;
  readonly down: number;
}

export type OutputStream = 'stdout' | 'stderr';

export type SandboxEnd = 'exited' | 'timeout' | 'aborted' | 'output-limit' | 'killed' | 'cannot-run';

export interface SandboxResult {
  /** The first cause. `killed`: by a signal that we did not send, for example when the kernel is out of memory. */
  readonly end: SandboxEnd;
  readonly exitCode: number | undefined;
  /** The limit it was killed for. Absent when it was not killed for using too much. */
  readonly limit?: ResourceName;
  /** The beginning and the end of stdout and stderr, in order of arrival, capped. */
  readonly output: string;
  readonly durationMs: number;
  /** `host:port` of what it asked its way out for and may not reach, the first ones first. Absent: nothing. */
  readonly refused?: readonly string[];
}

/** A command that runs and can be written to. */
export interface RoomProcess {
  readonly stdin: {
    /** Resolves when the bytes are taken, or when the process is gone. `ended` tells which. */
    write(text: string): Promise<void>;
    end(): void;
  };
  /** Every line of its output until it ends. Lines are held until they are read, at most `outputBytes` of them. */
  readonly lines: AsyncIterable<{ readonly stream: OutputStream; readonly text: string }>;
  /** Never rejects. */
  readonly ended: Promise<SandboxResult>;
}

/** What a room is opened with. Paths are host paths when the sandbox is on this host. */
export interface RoomAsk {
  /** The working directory of every command. It is writable. */
  readonly workspace: string;
  readonly readOnly: readonly Mount[];
  readonly readWrite: readonly Mount[];
  /** The folder that is the home of every command in it. Absent: each has an empty one of its own. */
  readonly home?: string;
  /** The gateway's unix socket, for commands that ask for the gateway. */
  readonly gatewaySocket?: string;
}

/** The file that a command may have left at an outlet. */
export type Collected =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'text'; readonly text: string }
  /** It is a link, a pipe, too large or not readable. `why` is a sentence. */
  | { readonly kind: 'unfit'; readonly why: string };

/**
 * One workspace, ready for commands. Ask the room what commands see and where they see it, and never assume it:
 * providers differ.
 */
export interface Room {
  /** The workspace's path as commands see it. */
  readonly workspace: string;
  /** Returns a mount's path as commands see it. The room was opened with the mount. */
  shown(mount: Mount): string;
  /** Returns whether commands find something at this path. A relative path starts at the workspace. */
  sees(path: string): Promise<boolean>;
  /** Puts a file where commands can read it and cannot change it. Returns its path as they see it. */
  place(file: { readonly name: string; readonly text: string }): Promise<string>;
  /** Returns the path, as commands see it, where a command may leave a file of this name for `collect`. */
  outlet(name: string): Promise<string>;
  /** Reads the file at an outlet. A command made it, so that it may be of any kind, any size and any bytes. */
  collect(name: string, maxBytes: number): Promise<Collected>;
  /** Runs a command to its end. */
  run(command: RoomCommand): Promise<SandboxResult>;
  /** Starts a command and returns it at once. */
  start(command: RoomCommand): RoomProcess;
  /** Ends what still runs and removes what the room made. The workspace stays. */
  close(): Promise<void>;
}

export interface Sandbox {
  /** The name of the kind, for the report and the doctor. */
  readonly provider: string;
  open(ask: RoomAsk): Promise<Room>;
  /** Kills every process that an earlier orchestrator of this state directory left. Returns how many there were. */
  reap(): Promise<number>;
}

/** The variable that holds the path of the gateway's socket. */
export const GATEWAY_SOCKET_VARIABLE = 'SWARM_GATEWAY_SOCKET';

/** What an agent needs in its room besides the workspace. */
export interface RoomNeeds {
  readonly readOnly: readonly Mount[];
  /** What it leaves in its home is there in the attempt's next room. */
  readonly keepsHome?: true;
  readonly gatewaySocket?: string;
}

/** What an agent is told, rendered. An agent that takes one text gets the one after the other. */
export interface AgentPrompt {
  /** Role and rules. May be empty. */
  readonly system: string;
  readonly user: string;
}

export const wholePrompt = ({ system, user }: AgentPrompt): string =>
  system === '' ? user : `${system}\n\n${user}`;

/** What an attempt's agent gets. */
export interface AgentJob {
  readonly attempt: AttemptId;
  /** Opens a room on the attempt's workspace. The agent closes the room. */
  readonly open: (needs: RoomNeeds) => Promise<Room>;
  readonly prompt: AgentPrompt;
  /** Absent: a conversation begins. */
  readonly goOn?: GoOn;
  /** One task in the wire format, as JSON. */
  readonly taskJson: string;
  readonly limits: AgentLimits;
  readonly signal: AbortSignal;
  /** Is called at every sign of life, for the log and the stuck detector. */
  readonly onActivity: (activity: AgentActivity) => void;
  /** What the operator says to it while it works. Absent: nobody can. */
  readonly notes?: Notes;
  /** The run's notes. Absent: it is not offered them. */
  readonly shared?: SharedNotes;
}

/** The run's notes, as one attempt sees and sets them. */
export interface SharedNotes {
  /** Those that concern its task, the one set last at the end. */
  list(): readonly SharedNote[];
  get(key: string): SharedNote | undefined;
  /** @param version what it has seen; 0: none. An empty text takes the note away. */
  set(
    key: string,
    text: string,
    version: number,
  ): Promise<{ readonly ok: true } | { readonly ok: false; readonly why: string }>;
}

/** Notes to one attempt, in the order they were given. They only become more. */
export interface Notes {
  /** Those that the agent was not told yet. */
  pending(): readonly string[];
  /** Says that the agent has been told the first `count` of the pending ones. */
  told(count: number): void;
  /** Calls `listener` each time there are more. Returns what ends that. */
  onMore(listener: () => void): () => void;
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
  | { readonly kind: 'text'; readonly detail: string }
  /** What it asked for through its way out. No sign of life: a program it left behind may be who asks. */
  | { readonly kind: 'network'; readonly detail: string; readonly reached: readonly Reached[] }
  /** The model's server left a part of a prompt out, and said nothing. */
  | { readonly kind: 'cut'; readonly cut: CutPrompt };

/** A conversation that goes on: what an agent gave back as `talk`, and what it is told now. */
export interface GoOn {
  readonly talk: string;
  /** Takes the place of the answer to its handoff. */
  readonly told: string;
  /** All that the failed check printed. The agent is told where it can read it. */
  readonly log?: string;
}

export interface AgentResult {
  readonly end: AgentEnd;
  readonly detail: string;
  readonly claim?: HandoffClaim;
  readonly usage: Usage;
  readonly toolCalls: number;
  /** Calls of the model that were cut off from outside: what they used is counted as far as it was seen. Absent: none. */
  readonly cutOff?: number;
  /** Its conversation, for `goOn`. Absent: it cannot go on. Nobody but the agent that gave it reads it. */
  readonly talk?: string;
  /** The disk of the host it ran on was full when it ended. Absent: nobody has looked yet. */
  readonly wasFull?: boolean;
  /** Names of the operator's secrets that stood in what it hands over. They were taken out. Absent: none. */
  readonly leaked?: readonly string[];
}

/** What is recorded of an agent when it starts. */
export interface AgentFacts {
  readonly name: string;
  /** Set where a role chose it. */
  readonly model?: string;
  /** It takes notes while it works. Absent: its next attempt has them in its prompt. */
  readonly hears?: true;
}

export interface Agent extends AgentFacts {
  run(job: AgentJob): Promise<AgentResult>;
}

/** What setup reads in one work tree. */
export interface SetupNeed {
  /** 16 hex digits over the setup command and every file it is known to read: manifests, lockfiles, named scripts. */
  readonly hash: string;
  /** False: setup may read any file of the tree. Two trees with the same hash may then be set up differently. */
  readonly isKnown: boolean;
}

/** Something that setup left in a work tree. It is not part of an agent's work. */
export interface SetupLeft {
  /** A pattern as in `.gitignore`. */
  readonly pattern: string;
  /** Set for a file: it is the agent's work as soon as its content has none of these object names. */
  readonly file?: { readonly path: string; readonly blobs: readonly string[] };
}

/** A work tree on this host, and the home folder of the commands that run in it. */
export interface PreparedPlace {
  readonly workspace: string;
  readonly home: string;
}

/**
 * Prepared environments: what `setup` made in its work tree and its home, kept by key in the state directory. A key is
 * the hash of what setup needs, alone or followed by the commits whose trees made it: words of `[0-9a-z]` joined by `-`.
 */
export interface EnvironmentStore {
  /** Returns what this setup reads in this workspace. */
  needOf(workspace: string, setup: string): Promise<SetupNeed>;
  has(key: string): Promise<boolean>;
  /** Keeps the environment from being removed to make room, for as long as this process lives. */
  pin(key: string): void;
  /** Returns every path in the workspace but git's own, relative to it. Is called before setup runs. */
  snapshot(workspace: string): Promise<ReadonlySet<string>>;
  /**
   * Takes what is new since `before`, such as `node_modules`, and the home without its credentials. What was kept first
   * under a key stays. The caller must not use the place afterwards.
   */
  keep(key: string, place: PreparedPlace, before: ReadonlySet<string>): Promise<void>;
  /**
   * Puts a copy into a fresh workspace, and a copy of its home beside it. Returns undefined when the kept environment
   * is gone or somebody changed it. In both cases it is not there any more.
   */
  install(key: string, place: PreparedPlace): Promise<readonly SetupLeft[] | undefined>;
  /** Copies only the home, with all stores of package managers, however large. Does nothing when none is kept. */
  lendHome(key: string, home: string): Promise<void>;
}
