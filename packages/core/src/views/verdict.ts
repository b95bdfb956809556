/** How a run went, in the same words wherever it is told. */
import { assertNever } from '../errors.ts';
import { type TaskId, taskNumber } from '../model/ids.ts';
import { type CloseReason, PLANNER_FAILURES_MAX } from '../model/request.ts';
import { type Shortfall, shortfalls } from '../rules/outcome.ts';
import type { State } from '../state.ts';
import { leftUndone } from './remainder.ts';
import { countText, plain } from './words.ts';

/** `complete`: closed as done, and everything that was asked for is there and holds. `open`: not closed yet. */
export type Verdict = 'complete' | 'incomplete' | 'open';

export function verdictOf(state: State): Verdict {
  if (state.closed === undefined) return 'open';
  return shortfalls(state).length === 0 ? 'complete' : 'incomplete';
}

/** Tasks or failures named in one sentence. */
const NAMED_MAX = 5;

/** What keeps the run from being complete, one sentence without an end for each kind of it. */
export function shortfallTexts(state: State): readonly string[] {
  // What the budget or the time left undone did not go wrong: it is told as the rest, see `remainderTexts`.
  const left = leftUndone(state);
  const found = shortfalls(state).filter((one) => one.kind !== 'failed' || !left.has(one.task));
  const texts: string[] = [];
  for (const kind of KINDS) {
    const some = found.filter((one) => one.kind === kind);
    if (some.length > 0) texts.push(textOf(state, kind, some));
  }
  return texts;
}

const KINDS = [
  'closed-early',
  'failed',
  'refused',
  'partial',
  'taken-back',
  'requirement',
  'acceptance',
  'finding',
  'red',
  'undelivered',
  'nothing',
] as const satisfies readonly Shortfall['kind'][];

const CLOSED_EARLY: Readonly<Record<CloseReason, string>> = {
  done: 'it was done',
  budget: 'its budget was used up before it was done',
  time: 'its time was used up before it was done',
  'planner-failed': `the planner gave nothing that could be used, ${PLANNER_FAILURES_MAX} times in a row`,
  cancelled: 'it was cancelled',
};

function closedEarly({ closed, spending }: State): string {
  const { reason } = closed!;
  const isSoft = spending.neared !== undefined && spending.reached === undefined;
  if (!isSoft || (reason !== 'budget' && reason !== 'time')) return CLOSED_EARLY[reason];
  return `its ${reason} came near its end before it was done`;
}

function textOf(state: State, kind: Shortfall['kind'], some: readonly Shortfall[]): string {
  const tasks = named(tasksOf(some));
  switch (kind) {
    case 'closed-early':
      return closedEarly(state);
    case 'failed':
      return `${countText(some.length, 'task')} failed (${tasks})`;
    case 'refused':
      return `${countText(some.length, 'task')} of the planner’s ${some.length === 1 ? 'was' : 'were'} refused (${named(some.flatMap(refusalText), '; ')})`;
    case 'partial':
      return `${countText(some.length, 'task')} landed in part, and nothing that landed later says that it makes them whole (${tasks})`;
    case 'taken-back':
      return `${countText(some.length, 'landing')} had to be taken back (${tasks})`;
    case 'requirement':
      return `${countText(some.length, 'requirement')} of the planner’s list ${some.length === 1 ? 'is' : 'are'} not met (${named(some.flatMap(requirementText), '; ')})`;
    case 'acceptance':
      return `${countText(some.length, 'thing')} that ${some.length === 1 ? 'was' : 'were'} to hold ${some.length === 1 ? 'does' : 'do'} not (${named(some.flatMap(criterionText), '; ')})`;
    case 'finding': {
      const names = named(some.flatMap((one) => ('signature' in one ? [plain(one.signature, 120)] : [])));
      return `${countText(some.length, 'failure')} of the target ${some.length === 1 ? 'is' : 'are'} still there (${names})`;
    }
    case 'red':
      return 'the result is red';
    case 'undelivered':
      return 'it was not delivered';
    case 'nothing':
      return 'nothing of what was asked for is there';
    default:
      return assertNever(kind);
  }
}

const refusalText = (one: Shortfall): string[] =>
  one.kind === 'refused' ? [`${plain(one.label, 60)}: ${plain(one.problem, 160)}`] : [];

const requirementText = (one: Shortfall): string[] =>
  one.kind === 'requirement' ? [`${plain(one.id, 60)}: ${plain(one.text, 120)}`] : [];

const criterionText = (one: Shortfall): string[] =>
  one.kind === 'acceptance' ? [`${one.task ? `${one.task}: ` : ''}${plain(one.criterion, 120)}`] : [];

const tasksOf = (some: readonly Shortfall[]): TaskId[] =>
  some.flatMap((one) => ('task' in one ? [one.task] : [])).sort((a, b) => taskNumber(a) - taskNumber(b));

function named(names: readonly string[], between = ', '): string {
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : '';
  return `${names.slice(0, NAMED_MAX).join(between)}${more}`;
}
