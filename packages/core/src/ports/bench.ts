/**
 * Where attempts, gates and checks run: this machine, or another one. No type here holds a path of a host. The
 * orchestrator asks a bench to do things and gets results and commits back.
 */
import type { HostSlot, HostsObserved } from '../model/host.ts';
import type { AttemptId, CommitId } from '../model/ids.ts';
import type { Wish } from '../rules/roles.ts';
import type { Pack, SaveReport } from './git.ts';
import type {
  AgentActivity,
  AgentFacts,
  AgentLimits,
  AgentPrompt,
  AgentResult,
  GoOn,
  Notes,
  OutputStream,
  SandboxLimits,
  SandboxResult,
  SharedNotes,
} from './running.ts';

export interface AttemptHost {
  /** For the log and the journal: `local`, or what a worker host calls itself. */
  readonly name: string;
  /** How many attempts it runs at the same time. */
  readonly slots: number;
  /** Names a task may ask for, such as its agents. */
  readonly capabilities: readonly string[];
  /**
   * Makes a work tree at a commit and prepares its environment. Returns CannotRun when this bench cannot be made, and
   * throws SwarmError when the host itself is broken.
   */
  open(ask: BenchAsk): Promise<Bench | CannotRun>;
  /** Returns true when the host's disk is full. */
  isFull(): Promise<boolean>;
  /** Ends every process that a dead orchestrator left here. Returns how many there were. */
  reap(): Promise<number>;
  /** Removes every bench that is left over and returns their names. Is called before the first `open`. */
  clear(): Promise<readonly string[]>;
}

/** The hosts of a run that many work on, as its home sees them. */
export interface Fleet {
  /** How long a host may be silent before its attempts are given up, ms. */
  readonly leaseMs: number;
  seen(): HostsObserved;
  /** Calls `listener` each time `seen` may have changed. Returns what ends that. */
  onChange(listener: () => void): () => void;
  /**
   * After a restart: asks those hosts which of these attempts they still have, and waits at most a lease for each answer.
   * An attempt whose agent has lost its model with the old home is not among them.
   */
  held(
    hosts: readonly string[],
    attempts: readonly AttemptId[],
    signal?: AbortSignal,
  ): Promise<ReadonlySet<AttemptId>>;
}

export interface BenchAsk {
  /**
   * An attempt's id, or `gate-l7`, `checks-3`. Unique among the open benches. A leftover of the same name is replaced.
   */
  readonly name: string;
  readonly base: CommitId;
  /** The last attempt's work. It is merged onto `base`; conflicts are left in the files. */
  readonly from?: CommitId;
  /**
   * Folders whose files are checked out, with the files beside those on the way to them. Absent: every file is. What is not
   * checked out is not part of the work, and is still there in the commit that is saved. Never together with `from`.
   */
  readonly only?: readonly string[];
  /** The attempt whose work `save` saves. Absent: nothing can be saved. */
  readonly attempt?: AttemptId;
  /** The name by which an agent on this bench is known, where nothing of it is saved. Absent: the attempt’s. */
  readonly agentAs?: AttemptId;
  /** The host it is opened on. Absent: this one. */
  readonly on?: HostSlot;
  /** How to prepare the environment. Absent: there is nothing to prepare. */
  readonly setup?: SetupAsk;
  /** Ends `open` early. Has no effect on the bench once it is open. */
  readonly signal: AbortSignal;
}

export interface SetupAsk {
  readonly command: string;
  readonly timeoutMs: number;
  /** Setup gets its own variables only on the tree of this commit. */
  readonly trusted: CommitId;
  /** `base`: setup may use the network only on the tree of `trusted`. `work`: on the tree of any work too. */
  readonly network: 'base' | 'work';
  /** The target's head. What setup makes on its tree may be used for work that is built on it. */
  readonly landed: CommitId;
}

/** Why there is no bench. */
export interface CannotRun {
  readonly kind: 'cannot-run';
  /** `host-gone`: the host that was to make it is not heard of, or it takes no more. */
  readonly reason: 'aborted' | 'setup-failed' | 'disk-full' | 'host-gone';
  readonly detail: string;
}

/** One work tree, and what is done in it. Calls come one after the other, never at the same time. */
export interface Bench {
  readonly kind: 'bench';
  /** The commit the work tree starts from: the base, or the last work merged onto the base. */
  readonly head: CommitId;
  /** Files with conflict markers. */
  readonly conflicts: readonly string[];
  /** The folder that commands print in front of the work tree's files. It is removed before failures are compared. */
  readonly prefix: string;
  /** Runs a shell command in the work tree, in the sandbox and without network. */
  shell(ask: ShellAsk): Promise<SandboxResult>;
  /** Returns who gets a job with this wish. */
  agentFor(wish: Wish): AgentFacts;
  /** Runs the agent until it ends. How it ended is in the result. */
  agent(job: BenchJob): Promise<AgentResult>;
  /** Commits what the work tree holds. Is called only for a bench with an attempt, after its agent has ended. */
  save(message: string): Promise<Saved>;
  /** Removes the work tree. May be called after any ending. */
  close(): Promise<void>;
}

export interface ShellAsk {
  /** Unique among the commands that run now. */
  readonly name: string;
  readonly command: string;
  readonly limits: SandboxLimits;
  readonly signal?: AbortSignal;
  readonly onLine?: (stream: OutputStream, line: string) => void;
}

export interface BenchJob {
  /** What the task says of who is to do it. */
  readonly wish: Wish;
  readonly prompt: AgentPrompt;
  /** The conversation of an earlier call goes on with what is told here. Absent: it begins. */
  readonly goOn?: GoOn;
  /** One task in the wire format, as JSON. */
  readonly taskJson: string;
  readonly limits: AgentLimits;
  readonly signal: AbortSignal;
  /** Is called at every sign of life of the agent, for the log and the stuck detector. */
  readonly onActivity: (activity: AgentActivity) => void;
  /** What the operator says to it while it works. Absent: nobody can. */
  readonly notes?: Notes;
  /** The run's notes. Absent: it is not offered them. */
  readonly shared?: SharedNotes;
}

export type Saved =
  /** `Hub.ingest` finds the work, if there was anything to save. The report names what was left out. */
  | { readonly kind: 'here'; readonly report: SaveReport }
  /** The caller puts the work into the intake: see `Hub.receive`. */
  | { readonly kind: 'pack'; readonly pack: Pack; readonly report: SaveReport }
  /** The host found the work unfit, as `Hub.ingest` would. */
  | { readonly kind: 'refused'; readonly why: string }
  /** The save did not end. Part of the work may be in the intake. */
  | { readonly kind: 'failed'; readonly why: string };
