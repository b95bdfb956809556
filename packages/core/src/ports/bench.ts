/**
 * Where attempts, gates and checks are worked on: this machine, or another. Nothing here names a place on any host:
 * a bench is asked to do things, and what comes back are results and commits.
 */
import type { AttemptId, CommitId } from '../model/ids.ts';
import type { Pack, SaveReport } from './git.ts';
import type {
  AgentActivity,
  AgentLimits,
  AgentResult,
  OutputStream,
  SandboxLimits,
  SandboxResult,
} from './running.ts';

export interface AttemptHost {
  /** For the log and the journal: `local`, or what a worker host calls itself. */
  readonly name: string;
  /** Attempts it works on at one time. */
  readonly slots: number;
  /** What it can be asked for by name, such as its agents. */
  readonly capabilities: readonly string[];
  /** Makes a work tree at a commit, with its environment prepared. Throws SwarmError when it is broken itself. */
  open(ask: BenchAsk): Promise<Bench | CannotRun>;
  /** Whether nothing more can be written here now. */
  isFull(): Promise<boolean>;
  /** Ends every process that an orchestrator which is dead left here; returns how many. */
  reap(): Promise<number>;
  /** Removes every bench that is left over, and returns their names. Called before anything is opened. */
  clear(): Promise<readonly string[]>;
}

export interface BenchAsk {
  /** An attempt's id, or `gate-l7`, `checks-3`: unique among the benches that are open. Replaces a leftover. */
  readonly name: string;
  readonly base: CommitId;
  /** Its work is merged onto `base`; conflicts are left in the files. */
  readonly from?: CommitId;
  /** Whose work is saved here; absent: nothing is. */
  readonly attempt?: AttemptId;
  /** Absent: there is nothing to prepare. */
  readonly setup?: SetupAsk;
  /** Ends the opening, and nothing later. */
  readonly signal: AbortSignal;
}

export interface SetupAsk {
  readonly command: string;
  readonly timeoutMs: number;
  /** Setup is given its own variables on this commit's own tree, and on no other. */
  readonly trusted: CommitId;
  /** Whose setup reaches the network: the trusted commit's alone, or that of work too. */
  readonly network: 'base' | 'work';
  /** The target's head: what its tree is set up with may serve whatever is built on it. */
  readonly landed: CommitId;
}

/** Why there is no bench. */
export interface CannotRun {
  readonly kind: 'cannot-run';
  readonly reason: 'aborted' | 'setup-failed' | 'disk-full';
  readonly detail: string;
}

/** One work tree and what is done in it, one thing after the other. */
export interface Bench {
  readonly kind: 'bench';
  /** What the work tree was made at: the base, or the last work merged onto it. */
  readonly head: CommitId;
  /** Files with conflict markers. */
  readonly conflicts: readonly string[];
  /** What commands print in front of the work tree's files: taken out before failures are compared. */
  readonly prefix: string;
  /** Runs a shell command in the work tree, contained and without network. */
  shell(ask: ShellAsk): Promise<SandboxResult>;
  /** Name of the agent that gets a job with this wish. */
  agentName(wish: string | undefined): string;
  agent(job: BenchJob): Promise<AgentResult>;
  /** Commits what the work tree holds. Only where the bench has an attempt, and after its agent is gone. */
  save(message: string): Promise<Saved>;
  /** Removes the work tree. Safe after any ending. */
  close(): Promise<void>;
}

export interface ShellAsk {
  /** Unique among what runs now. */
  readonly name: string;
  readonly command: string;
  readonly limits: SandboxLimits;
  readonly signal?: AbortSignal;
  readonly onLine?: (stream: OutputStream, line: string) => void;
}

export interface BenchJob {
  /** The task's own wish for an agent. */
  readonly wish: string | undefined;
  /** The prompt, rendered. */
  readonly prompt: string;
  /** One task in the wire format, as JSON. */
  readonly taskJson: string;
  readonly limits: AgentLimits;
  readonly signal: AbortSignal;
  /** A sign of life and what it was, for the log and the stuck detector. */
  readonly onActivity: (activity: AgentActivity) => void;
}

export type Saved =
  /** It lies in the attempt's intake at home, if there was anything to save; all but what the report says was left out. */
  | { readonly kind: 'here'; readonly report: SaveReport }
  /** It is to be put there: see `Hub.receive`. */
  | { readonly kind: 'pack'; readonly pack: Pack; readonly report: SaveReport }
  /** It did not come so far; some of it may lie in the intake all the same. */
  | { readonly kind: 'failed'; readonly why: string };
