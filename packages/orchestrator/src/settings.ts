import type { Command } from '@swarm/core/commands';
import type { CommitId, RunId } from '@swarm/core/model/ids';
import type { Request, StopReason } from '@swarm/core/model/request';
import type { AttemptHost, Fleet } from '@swarm/core/ports/bench';
import type { ChangeReader } from '@swarm/core/ports/changes';
import type { PullPlace } from '@swarm/core/ports/forge';
import type { Branches, Delivery, Hub, RepositoryReader } from '@swarm/core/ports/git';
import type { OpenedJournal } from '@swarm/core/ports/journal';
import type { TicketedModel } from '@swarm/core/ports/models';
import type { SandboxLimits } from '@swarm/core/ports/running';
import type { Clock, Log, Prompts, RunFiles } from '@swarm/core/ports/world';
import type { TaskDraft } from '@swarm/core/rules/task-format';
import type { Approve } from './approval.ts';

/** Everything the orchestrator needs of the world. */
export interface OrchestratorPorts {
  readonly clock: Clock;
  readonly journal: OpenedJournal;
  readonly hub: Hub;
  /** Absent where no run lands branches, as in a simulation. */
  readonly branches?: Branches;
  /** Absent where somebody else sees to the votes, as in a simulation. */
  readonly changes?: ChangeReader;
  readonly reader: RepositoryReader;
  readonly delivery: Delivery;
  /** Where the pull request goes; only with `deliver: 'pr'`. */
  readonly pulls?: PullPlace;
  /** Where attempts, gates and checks run. */
  readonly host: AttemptHost;
  /** Hosts that do the run's attempts. Absent: `host` does them. */
  readonly fleet?: Fleet;
  /** Absent in a run without a model: `--plan` with a command agent. */
  readonly model?: TicketedModel;
  readonly prompts: Prompts;
  readonly files: RunFiles;
  readonly log: Log;
  /** Asks a person before the planner's first plan starts anything; absent: it starts as it streams. */
  readonly approve?: Approve;
}

/** Pinned for the life of one orchestrator. Times in ms, sizes in bytes. */
export interface Settings {
  /** Present when the journal is new; a resumed run has it in the journal. */
  readonly open?: {
    readonly run: RunId;
    readonly request: Request;
    readonly configHash: string;
    readonly seed?: number;
  };
  /** Tasks of `--plan`, accepted in one entry when the run opens. */
  readonly plan?: readonly TaskDraft[];
  /** What `swarm land` is to land, in this order; accepted in the same entry. */
  readonly branches?: readonly BranchDraft[];
  /** What the operator wants besides, of a run that is taken up again; a closed one is opened again for it. */
  readonly again?: readonly AgainCommand[];
  readonly version: string;
  readonly host: string;
  readonly pid: number;
  readonly attempt: {
    readonly steps: number;
    readonly wallMs: number;
    readonly quietMs: number;
    /** A first attempt sees the folders of its scope only, where that can be told. */
    readonly isSparse?: true;
    /** Workers may set notes that others are told. */
    readonly sharesNotes?: true;
  };
  readonly gate: {
    readonly timeoutMs: number;
    readonly flakyRetries: number;
    readonly preGate: boolean;
    /** What one run of the gate may use; absent: whatever the sandbox gives everybody. */
    readonly limits?: Pick<SandboxLimits, 'memoryBytes' | 'processes' | 'diskBytes'>;
  };
  /** Absent where nobody votes. */
  readonly review?: {
    /** How long one reviewer may take. */
    readonly wallMs: number;
    /** The agent that votes. Absent: a conversation of our own with the reviewer’s model. */
    readonly agent?: string;
    /** Most characters of that conversation. */
    readonly contextChars: number;
    /** Another one each time, that nobody can guess: an agent's vote repeats it. */
    readonly newSeal: () => string;
  };
  /** Tests of a change are run on the sources before it. */
  readonly proves?: true;
  readonly checks: { readonly timeoutMs: number };
  readonly setup: { readonly timeoutMs: number; readonly network: 'base' | 'work' };
  /** How long a first Ctrl-C waits for what is in flight. */
  readonly drainMs: number;
  /** Time between two looks at the world. */
  readonly sweepMs: number;
  /** Most tasks one planner answer is asked for. */
  readonly tasksPerIteration: number;
  /** Most characters of the planner's conversation before it starts afresh (70 % of the model's context). */
  readonly plannerContextChars: number;
}

export type AgainCommand = Extract<Command, { type: 'raiseLimits' | 'changeGate' | 'retry' | 'cancelRun' }>;

/** A branch somebody made, as it is when the run opens. */
export interface BranchDraft {
  readonly draft: TaskDraft;
  readonly branch: string;
  readonly commit: CommitId;
  /** What the other branches were that it is built on, the nearest ones; absent: on none. */
  readonly upon?: readonly CommitId[];
}

/** How one orchestrator's work on a run ended. */
export type RunOutcome =
  | { readonly kind: 'closed' }
  /** Left before the end; `swarm resume` goes on. */
  | { readonly kind: 'stopped'; readonly why: StopReason; readonly detail: string };

/** Output of any one command, before its tree is killed. */
export const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
/** What of an output is kept in the journal and shown to a next attempt, characters. */
export const DETAIL_MAX = 6_000;

/** The end of a text, where errors are, with a mark when something was left out. */
export function tailOf(text: string, max = DETAIL_MAX): string {
  const trimmed = text.trimEnd();
  return trimmed.length <= max
    ? trimmed
    : `[… ${trimmed.length - max} characters left out]\n${trimmed.slice(-max)}`;
}
