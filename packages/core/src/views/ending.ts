/**
 * What a run has come to, in one sentence that is the same in its last line, in the status, in the report and after an
 * undo: first what happened to the tasks, then whether the head is green. The parts of a sum are always parts of all tasks.
 */
import { type CloseReason, PLANNER_FAILURES_MAX } from '../model/request.ts';
import { isOver, TASK_STATES, type TaskStateName } from '../model/task.ts';
import { satisfiedCount } from '../rules/outcome.ts';
import type { State } from '../state.ts';
import { lostCount, lostOf } from './contest.ts';
import { criteriaText } from './criteria.ts';
import { leftCount } from './remainder.ts';
import { verdictOf } from './verdict.ts';
import { countText, shortCommit } from './words.ts';

/** How much of what was asked for is there: landed, answered or found done. */
export type Amount = 'all' | 'some' | 'none' | 'nothing-asked';

export function amountOf(s: State): Amount {
  if (s.tasks.size === 0) return 'nothing-asked';
  const there = satisfiedCount(s);
  if (there === 0) return 'none';
  // One that lost to another was to be there or that other.
  return there === s.tasks.size - lostCount(s) ? 'all' : 'some';
}

/** Where a run stands: closed for a reason, or not closed. */
type End = CloseReason | 'open';

/** What is said after the tasks, of a run that had some. */
const THEN: Readonly<Record<End, string>> = {
  done: '',
  budget: ', then the budget was used up',
  time: ', then the time was used up',
  'planner-failed': `, then the planner gave nothing that could be used, ${PLANNER_FAILURES_MAX} times in a row`,
  cancelled: ', then the run was cancelled',
  open: '',
};

/** What is said of a run that never had a task. */
const NO_TASK: Readonly<Record<End, string>> = {
  done: 'nothing landed: the plan was empty',
  budget: 'nothing landed: the budget was used up before there was a task',
  time: 'nothing landed: the time was used up before there was a task',
  'planner-failed': `nothing landed: the planner gave nothing that could be used, ${PLANNER_FAILURES_MAX} times in a row`,
  cancelled: 'nothing landed: the run was cancelled before there was a task',
  open: 'there is no task yet',
};

/** What happened to the tasks. Never empty. */
export function headline(s: State): string {
  const end: End = s.closed?.reason ?? 'open';
  const amount = amountOf(s);
  if (amount === 'nothing-asked') return noTask(s, end);
  const [first, ...rest] = partsOf(s).map(([part, count], i) =>
    i === 0 ? `${count} of ${s.tasks.size} ${part}` : `${count} ${part}`,
  );
  const sum = [first, ...rest].join(', ');
  return `${amount === 'none' && s.closed ? 'nothing landed: ' : ''}${sum}${thenOf(s, end)}`;
}

function thenOf({ spending }: State, end: End): string {
  const isSoft = spending.neared !== undefined && spending.reached === undefined;
  if (!isSoft || (end !== 'budget' && end !== 'time')) return THEN[end];
  return `, then the ${end} came near its end`;
}

function noTask({ planning }: State, end: End): string {
  const refused = planning.refusals.size;
  if (refused === 0 || end === 'open') return NO_TASK[end];
  const then = end === 'planner-failed' ? '' : THEN[end];
  return `nothing landed: ${refused} of ${countText(refused, 'task')} refused${then}`;
}

/** The same sum without the whole, for the line of figures: `1 landed, 1 failed`. What landed is told, be it none. */
export function sumText(s: State): string {
  const parts = partsOf(s).filter(([part]) => part !== 'landed');
  return [['landed', s.byState.landed.size] as const, ...parts]
    .map(([part, count]) => `${count} ${part}`)
    .join(', ');
}

/** The words of the sum, what was asked for first. */
const PARTS = [
  'landed',
  'answered',
  'unneeded',
  'gathered',
  'undone',
  'failed',
  'left undone',
  'cancelled',
  'lost',
  'unfinished',
] as const;
type Part = (typeof PARTS)[number];

function partsOf(s: State): readonly (readonly [Part, number])[] {
  const undone = undoneCount(s);
  const lost = lostOf(s);
  const left = leftCount(s);
  const count = (...states: readonly TaskStateName[]): number =>
    states.reduce((sum, state) => sum + s.byState[state].size, 0);
  const counts: Readonly<Record<Part, number>> = {
    landed: count('landed'),
    answered: count('answered'),
    unneeded: count('unneeded'),
    gathered: count('gathered'),
    undone,
    failed: count('failed') - lost.failed - left,
    'left undone': left,
    cancelled: count('cancelled') - undone - lost.cancelled,
    lost: lost.failed + lost.cancelled,
    unfinished: count(...TASK_STATES.filter((state) => !isOver(state))),
  };
  const parts = PARTS.flatMap((part) => (counts[part] > 0 ? [[part, counts[part]] as const] : []));
  // Of a run that is under way it is told how many have landed, be it none.
  return s.closed || counts.landed > 0 ? parts : [['landed', 0], ...parts];
}

/** Landings that were taken back and not tried again: cancelled, as the tasks' states have it. */
export const undoneCount = (s: State): number =>
  [...s.undone].filter((id) => s.byState.cancelled.has(id)).length;

/** Whether the head is green, where the run has ended and that was looked at. What came after the end is another head, which nobody checked. */
export function headText(s: State): string {
  if (s.head === undefined) return 'the head is unknown';
  const head = shortCommit(s.head);
  const { closed } = s;
  if (closed && closed.head !== s.head) return `the head is now ${head}, which was not checked`;
  if (!closed) return `the head is ${head}`;
  if (closed.green === 'unknown') return `the head, ${head}, was not checked`;
  return `the head is ${closed.green ? 'green' : 'RED'} at ${head}`;
}

/** `1 of 2 landed, 1 failed; the head is green at 1f9bcdc4e0`. */
export function endingText(s: State): string {
  const criteria = s.closed ? criteriaText(s) : undefined;
  return `${headline(s)}; ${headText(s)}${criteria === undefined ? '' : `; ${criteria}`}`;
}

/** Why it is closed, in a word: never `done` where something is missing. Undefined while it is open. */
export function closedWord(s: State): string | undefined {
  const reason = s.closed?.reason;
  return reason === 'done' && verdictOf(s) !== 'complete' ? 'incomplete' : reason;
}
