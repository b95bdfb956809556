import type { HandoffClaim } from './handoff.ts';
import type { AttemptId, CommitId, Label, TaskId } from './ids.ts';
import type { Review, Subject, Voted } from './review.ts';

export type TaskKind = 'change' | 'answer';

/** What is wanted: one change, or one answer. Only a re-scope changes it. */
export interface TaskSpec {
  readonly title: string;
  readonly description: string;
  /** Paths the task says it will touch: files or globs, relative, normalised. Empty: unknown. */
  readonly scope: readonly string[];
  readonly acceptance: string;
  /** A shell command run in a clean checkout of what was committed; exit 0 means the acceptance holds. */
  readonly verify?: string;
  /** 1 (most urgent) to 10. */
  readonly priority: number;
  readonly dependsOn: readonly TaskId[];
  /** What it depends on need only be over, however it ended. Absent: its work must be there. */
  readonly anyEnd?: true;
  readonly kind: TaskKind;
  readonly role?: string;
  /** Worker capabilities, such as `coder@>=2`. */
  readonly requires: readonly string[];
  /** The driver or preset this task asks for. */
  readonly agent?: string;
  readonly parent?: TaskId;
  /** So many try it, and the best of what they hand in is taken. Absent: as its role says, else one. */
  readonly candidates?: number;
}

/** Who filed the task, and what they call it. */
export type TaskSource =
  | { readonly by: 'plan'; readonly label: Label }
  | { readonly by: 'planner'; readonly label: Label; readonly iteration: number }
  | {
      readonly by: 'subplanner';
      readonly label: Label;
      readonly parent: TaskId;
      readonly iteration?: number;
    }
  /** A step of the task it is a part of, which several roles do one after the other. */
  | { readonly by: 'pipeline'; readonly parent: TaskId; readonly step: string }
  /** One of several that try the task it is a part of; `nth`: 1 for the first. */
  | { readonly by: 'candidates'; readonly parent: TaskId; readonly nth: number }
  /** `generation`: 1, or one more than the generation of the fix task that brought the failure. Absent: 1. */
  | { readonly by: 'reconciler'; readonly signatures: readonly string[]; readonly generation?: number }
  | { readonly by: 'operator' }
  /** `upon`: what the run's other branches were that this one is built on, the nearest ones. Absent: on none. */
  | {
      readonly by: 'land';
      readonly branch: string;
      readonly commit: CommitId;
      readonly upon?: readonly CommitId[];
    };

export const TASK_STATES = [
  'pending',
  'expanded',
  'assigned',
  'running',
  'contending',
  'reviewing',
  'complete',
  'landed',
  'answered',
  'unneeded',
  'gathered',
  'failed',
  'cancelled',
] as const;
export type TaskStateName = (typeof TASK_STATES)[number];

export const isTaskState = (text: string): text is TaskStateName =>
  (TASK_STATES as readonly string[]).includes(text);

/** The transition table. An illegal move is a Refusal in `decide` and a damaged journal in `fold`. */
export const TASK_MOVES: Readonly<Record<TaskStateName, readonly TaskStateName[]>> = {
  pending: ['assigned', 'expanded', 'failed', 'cancelled', 'landed'],
  // It goes back when it has no parts, or is changed.
  expanded: ['pending', 'gathered', 'failed', 'cancelled', 'landed'],
  assigned: ['running', 'failed', 'cancelled', 'landed'],
  running: ['complete', 'contending', 'answered', 'unneeded', 'failed', 'cancelled', 'landed'],
  // Handed in, and held against what others made of the same task.
  contending: ['complete', 'pending', 'failed', 'cancelled', 'landed'],
  reviewing: ['complete', 'pending', 'failed', 'cancelled', 'landed'],
  complete: ['landed', 'reviewing', 'pending', 'unneeded', 'failed', 'cancelled'],
  // Only an undo, or a target whose history was rewritten by somebody else, takes a landing back.
  landed: ['pending', 'cancelled'],
  // Git wins on "landed", whatever the journal thought of the task.
  answered: ['landed'],
  unneeded: ['landed'],
  // One of its parts is not on the target any more, and is tried again.
  gathered: ['expanded', 'landed'],
  failed: ['pending', 'cancelled', 'landed'],
  cancelled: ['pending', 'landed'],
};

export const canMove = (from: TaskStateName, to: TaskStateName): boolean => TASK_MOVES[from].includes(to);

/** Why a task ended as `failed`. */
export type TaskFailure =
  | 'attempts' // its attempts are used up; the last one's reason is kept beside
  | 'dependency'
  | 'parts' // too little came of the tasks it was split into
  | 'blocked' // an agent said three fixes failed, or that it cannot be done as specified
  | 'budget'
  | 'time'
  | 'cannot-run'; // the attempt could not even begin: setup, sandbox, agent missing

/** The most notes of the operator's to one task (P8). */
export const NOTES_MAX = 50;

/** What the next attempt is told about the last one. */
export interface Setback {
  readonly attempt: AttemptId;
  /** An attempt's ending reason or a landing's rejection reason. */
  readonly reason: string;
  /** Output, conflict files, or what the agent said; capped where it was measured. */
  readonly detail: string;
}

export interface TaskBase {
  readonly id: TaskId;
  readonly spec: TaskSpec;
  readonly source: TaskSource;
  /** Entry time, ms since the epoch. */
  readonly acceptedAt: number;
  /** Attempts started so far. The next one's ordinal is `attempts + 1`. */
  readonly attempts: number;
  /** How many attempts count against the limit (see ENDINGS and REJECTIONS). */
  readonly counted: number;
  /** The value of `counted` at the operator's last retry. The limit is counted from there. */
  readonly forgiven: number;
  /** The work a next attempt goes on from, if any was worth keeping. */
  readonly workCommit?: CommitId;
  readonly setback?: Setback;
  /** Files in which its work lost a race: nothing new starts in them before this task is over. */
  readonly contested?: readonly string[];
  /** How often. */
  readonly racesLost?: number;
  /** Whether its `verify` passed on the base, before any work. Absent: it was not tried, or has not said. */
  readonly verifiesBase?: boolean;
  /** Attempts before its last retry, whose use is forgiven too. Absent: none, or no task has a budget of its own. */
  readonly triedAfresh?: number;
  /** An operator's hint for the next attempt. */
  readonly hint?: string;
  /** As the operator put it, any whole number. Absent: what its spec says. */
  readonly priority?: number;
  /** What the operator said to whoever works on it, in order. Absent: nothing. */
  readonly notes?: readonly string[];
  /** Its own planner found nothing to split: it is worked as it is. */
  readonly isUnsplit?: true;
  /** What reviewers last came to on it. Absent: nobody voted. */
  readonly voted?: Voted;
  /** Of several that tried the same task it is the one that was taken. */
  readonly isPicked?: true;
  /** The one that was taken instead of it. */
  readonly lostTo?: TaskId;
}

/** A task is its base plus what its state makes certain: a landed task *has* a commit. */
export type Task =
  | (TaskBase & { readonly state: 'pending' })
  | (TaskBase & { readonly state: 'expanded'; readonly expandedAt: number })
  | (TaskBase & { readonly state: 'assigned' | 'running'; readonly attempt: AttemptId })
  | (TaskBase & {
      readonly state: 'contending';
      readonly attempt: AttemptId;
      readonly handoff: HandoffClaim;
      readonly completedAt: number;
    })
  | (TaskBase & {
      readonly state: 'reviewing';
      readonly attempt: AttemptId;
      readonly handoff: HandoffClaim;
      readonly completedAt: number;
      readonly review: Review;
      /** How often it was put to the vote. */
      readonly reviews: number;
    })
  | (TaskBase & {
      readonly state: 'complete';
      readonly attempt: AttemptId;
      readonly handoff: HandoffClaim;
      readonly completedAt: number;
      /** What was voted on, and approved. Absent: nobody was asked. */
      readonly approved?: Subject;
      readonly reviews?: number;
    })
  | (TaskBase & {
      readonly state: 'landed';
      readonly attempt?: AttemptId;
      readonly commit: CommitId;
      readonly handoff?: HandoffClaim;
      readonly endedAt: number;
    })
  | (TaskBase & {
      readonly state: 'answered' | 'unneeded';
      readonly attempt: AttemptId;
      readonly handoff: HandoffClaim;
      readonly endedAt: number;
    })
  | (TaskBase & { readonly state: 'gathered'; readonly handoff: HandoffClaim; readonly endedAt: number })
  | (TaskBase & {
      readonly state: 'failed';
      readonly failure: TaskFailure;
      readonly detail: string;
      readonly endedAt: number;
    })
  | (TaskBase & { readonly state: 'cancelled'; readonly reason: string; readonly endedAt: number });

/** Final states: nothing more happens unless somebody asks for it. */
export const isOver = (s: TaskStateName): boolean => isSatisfied(s) || isDead(s);

/** States in which tasks that depend on it would wait for ever. */
export const isDead = (s: TaskStateName): boolean => s === 'failed' || s === 'cancelled';

/** States in which tasks that depend on it may start: the work is there, or it was not needed. */
export const isSatisfied = (s: TaskStateName): boolean =>
  s === 'landed' || s === 'answered' || s === 'unneeded' || s === 'gathered';

/** What decides who goes first: less is more urgent. */
export const priorityOf = ({ priority, spec }: Pick<TaskBase, 'priority' | 'spec'>): number =>
  priority ?? spec.priority;

/** What is the same in every state: the compiler asks for each. */
const KEPT = Object.keys({
  id: true,
  spec: true,
  source: true,
  acceptedAt: true,
  attempts: true,
  counted: true,
  forgiven: true,
  workCommit: true,
  setback: true,
  contested: true,
  racesLost: true,
  verifiesBase: true,
  triedAfresh: true,
  hint: true,
  priority: true,
  notes: true,
  isUnsplit: true,
  voted: true,
  isPicked: true,
  lostTo: true,
} satisfies Record<keyof TaskBase, true>) as (keyof TaskBase)[];

/** A move from state to state keeps it. */
export function taskBase(t: Task): TaskBase {
  const base: Partial<Record<keyof TaskBase, unknown>> = {};
  for (const key of KEPT) if (t[key] !== undefined) base[key] = t[key];
  return base as TaskBase;
}
