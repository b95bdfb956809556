/** Who plans: the run's own planner, or the planner of a task that was split. Each has its labels and its iterations. */
import type { Reservation } from './attempt.ts';
import type { AttemptId, TaskId } from './ids.ts';
import type { Requirement } from './requirement.ts';

export type IterationReason = 'first' | 'handoffs' | 'idle' | 'finding' | 'amended' | 'retry';

/** Something the planner has not been told yet. */
export type News =
  | { readonly kind: 'handoff'; readonly attempt: AttemptId }
  | { readonly kind: 'landed' | 'failed' | 'cancelled' | 'gathered'; readonly task: TaskId }
  | { readonly kind: 'rejected'; readonly task: TaskId; readonly attempt: AttemptId }
  | { readonly kind: 'finding'; readonly signature: string }
  | { readonly kind: 'refused'; readonly label: string; readonly problem: string }
  | { readonly kind: 'clipped'; readonly task: TaskId; readonly asked: number; readonly allowed: number }
  | { readonly kind: 'amended'; readonly text: string };

export interface LiveIteration {
  readonly iteration: number;
  readonly reason: IterationReason;
  readonly startedAt: number;
  readonly reserved: Reservation;
}

export interface Planning {
  /** Number of the last iteration started; 0 before the first. */
  iteration: number;
  live: LiveIteration | undefined;
  /** The planner said `done`, and nothing has happened since that it must be asked about. */
  isDone: boolean;
  /** Its last answer said `done` while tasks were live. It is asked again when they are over. */
  saidDone: boolean;
  /** How many iterations in a row gave nothing usable. */
  failuresInRow: number;
  /** How many tasks the live iteration has given so far. */
  acceptedNow: number;
  lastEndedAt: number;
  scratchpad: string;
  /** What the request asks for, by the planner's own names, in the order it wrote them down. */
  readonly requirements: Map<string, Requirement>;
  /** In order of time. An iteration that ends as planned removes what it was told. */
  news: News[];
  /** How many of `news` there are of each kind. */
  readonly newsOf: Record<News['kind'], number>;
  /** How much of `news` the live iteration was told. */
  newsTold: number;
  /** What the planner asked for and was refused, by its label, as long as no task has that label. */
  readonly refusals: Map<string, Refused>;
}

export interface Refused {
  readonly iteration: number;
  readonly problem: string;
}

/** What became of several that tried the same task. */
export interface Contest {
  /** How often none of them handed in anything. */
  readonly rounds: number;
  /** The last attempts of those that tried it and have all ended: what each came to is for whoever tries next. */
  readonly over?: readonly AttemptId[];
  /** The one that was taken, and why. Absent: that is not known yet. */
  readonly picked?: { readonly winner: TaskId; readonly why: string; readonly lost: readonly Loser[] };
}

export interface Loser {
  readonly task: TaskId;
  /** What it lacks that the one that was taken has. */
  readonly why: string;
}

/** The plan of one task that was split, or is to be. It is kept when the task is given up and tried again. */
export interface Subplan extends Planning {
  /** Its own words for its parts: the run's planner may use the same for something else. */
  readonly labels: Map<string, TaskId>;
  /** Every part it filed, over or not, in order. */
  readonly parts: TaskId[];
  /** Iterations since the task was split that gave an answer. */
  answers: number;
  /** Its parts try the same task, and one of them is taken. No planner is asked. */
  contest?: Contest;
  /** A pipeline: its parts are steps made by a rule, and no planner is asked. */
  isPipeline?: true;
}

export function emptyPlanning(): Planning {
  return {
    iteration: 0,
    live: undefined,
    isDone: false,
    saidDone: false,
    failuresInRow: 0,
    acceptedNow: 0,
    lastEndedAt: 0,
    scratchpad: '',
    requirements: new Map(),
    news: [],
    newsOf: {
      handoff: 0,
      landed: 0,
      failed: 0,
      cancelled: 0,
      gathered: 0,
      rejected: 0,
      finding: 0,
      refused: 0,
      clipped: 0,
      amended: 0,
    },
    newsTold: 0,
    refusals: new Map(),
  };
}

export const emptySubplan = (): Subplan => ({
  ...emptyPlanning(),
  labels: new Map(),
  parts: [],
  answers: 0,
});

/** The most levels of tasks below those the run's planner files, whatever a request says. */
export const DEPTH_MAX = 3;
/** A task that names fewer files is worked as it is. */
export const SPLIT_FILES_MIN = 4;
/** The most parts one task is split into, replaced ones among them. */
export const PARTS_MAX = 10;
/** The most answers a task's planner gives from when it is split. */
export const SUBPLAN_ANSWERS_MAX = 5;
/** After this many unusable answers in a row a task's planner is not asked again. */
export const SUBPLAN_FAILURES_MAX = 3;
