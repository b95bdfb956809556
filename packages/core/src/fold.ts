/**
 * Applies entries in order and refuses gaps. Only this file and folding/ change the state. An event that the transition
 * table forbids means a damaged journal or a fault of ours. It throws and is never skipped.
 */
import { assertNever } from './errors.ts';
import type { Entry, Event } from './events.ts';
import { ACCEPTANCE_FOLDS } from './folding/acceptance.ts';
import { ATTEMPT_FOLDS } from './folding/attempts.ts';
import { CONTEST_FOLDS } from './folding/contest.ts';
import type { FoldsOf } from './folding/folds.ts';
import { HEALING_FOLDS } from './folding/healing.ts';
import { HOST_FOLDS } from './folding/hosts.ts';
import { damaged } from './folding/known.ts';
import { LANDING_FOLDS } from './folding/landings.ts';
import { NOTE_FOLDS } from './folding/notes.ts';
import { PLAN_FOLDS } from './folding/planning.ts';
import { REVIEW_FOLDS } from './folding/reviews.ts';
import { RUN_FOLDS, WORKER_FOLDS } from './folding/run.ts';
import { TARGET_FOLDS } from './folding/target.ts';
import { TASK_FOLDS } from './folding/tasks.ts';
import type { State } from './state.ts';

/** Changes `state` in place. Throws SW0203 on a gap or an illegal move. */
export function fold(state: State, entry: Entry): void {
  if (entry.seq !== state.seq + 1) {
    throw damaged(`entry ${entry.seq} follows entry ${state.seq}`);
  }
  const isResume = entry.events[0]?.type === 'run.resumed';
  // What follows the end of a run, such as an undo, comes when nobody was working on it.
  const isAfterwards = state.closed !== undefined && state.delivered !== undefined;
  if (state.run && !isResume && !isAfterwards) state.activeMs += Math.max(0, entry.at - state.at);
  state.seq = entry.seq;
  state.at = entry.at;
  for (const event of entry.events) apply(state, event, entry.at);
}

/** Every event there is: one that is missing here is an error of types. */
const FOLDS: FoldsOf<Event> = {
  ...RUN_FOLDS,
  ...PLAN_FOLDS,
  ...TASK_FOLDS,
  ...CONTEST_FOLDS,
  ...ATTEMPT_FOLDS,
  ...REVIEW_FOLDS,
  ...LANDING_FOLDS,
  ...TARGET_FOLDS,
  ...HEALING_FOLDS,
  ...ACCEPTANCE_FOLDS,
  ...NOTE_FOLDS,
  ...WORKER_FOLDS,
  ...HOST_FOLDS,
};
type Fold = (state: State, event: Event, at: number) => void;
/** A map, so that a word such as `constructor` names no event. */
const FOLD_OF: ReadonlyMap<string, Fold> = new Map(Object.entries(FOLDS as Readonly<Record<string, Fold>>));

function apply(state: State, event: Event, at: number): void {
  const folds = FOLD_OF.get(event.type) ?? assertNever(event as never);
  folds(state, event, at);
}
