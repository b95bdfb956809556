/**
 * Which criteria a run is held against, what is still to be looked at, and what comes of it. Nothing is verified by a
 * check that could not have failed: it was seen to fail on the run's base, or it tells nothing.
 */
import {
  type AcceptanceVerdict,
  type Check,
  type CheckEnd,
  CRITERIA_MAX,
  type Criterion,
} from '../model/acceptance.ts';
import type { CommitId, TaskId } from '../model/ids.ts';
import { isSatisfied, type Task, type TaskSpec } from '../model/task.ts';
import type { AcceptanceFact, OpenedState, State } from '../state.ts';
import { criterionKey } from './acceptance.ts';
import { checkIn, commandOf, criteriaIn } from './criterion-text.ts';

/** One of the criteria of a run: its own, or those of a task whose work is there. */
export interface Held extends Criterion {
  readonly task?: TaskId;
}

/** A run of before, or one that was asked not to, has none. */
export const hasCriteria = (s: State): boolean => s.run?.request.acceptance !== undefined;

/** Everything the run is held against now: the operator's own first, then what the planner wrote down, then its tasks'. */
export function criteriaOf(s: State): readonly Held[] {
  if (!hasCriteria(s)) return [];
  const tasks = [...s.tasks.values()].filter(isHeldTo);
  return [
    ...ofRun(s),
    ...tasks.flatMap((task) => ofTask(task.spec).map((one) => ({ ...one, task: task.id }))),
  ];
}

/** Landed, found done, or brought by its parts. */
const isHeldTo = ({ spec, state }: Task): boolean =>
  spec.kind === 'change' && isSatisfied(state) && state !== 'answered';

/** Of what the planner wrote down only what can be checked: the rest of its list is told as the list it is. */
function ofRun(s: State): readonly Held[] {
  const own = s.run?.request.acceptance?.criteria ?? [];
  const said = new Set(own.map(({ text }) => text));
  const listed = [...s.planning.requirements.values()]
    .filter(({ status, text }) => status !== 'dropped' && !said.has(text.trim()))
    .map(({ text }): Held => ({ text: text.trim(), check: checkIn(text.trim()) }));
  return [...own, ...listed.filter(({ check }) => check.kind !== 'text')];
}

/** A task's text is read once. */
const READ = new WeakMap<TaskSpec, readonly Criterion[]>();

function ofTask(spec: TaskSpec): readonly Criterion[] {
  const known = READ.get(spec) ?? criteriaIn(spec.acceptance);
  READ.set(spec, known);
  return known;
}

const isCheckable = ({ check }: Held): boolean => check.kind !== 'text';
const keyOf = ({ task, text }: Held): string => criterionKey(task, text);

/** What nobody tried on the base yet. The run's own are tried at once, those of tasks when the run is at its end. */
export function criteriaToTry(s: OpenedState, isAtItsEnd: boolean): readonly Held[] {
  if (!hasCriteria(s)) return [];
  const all = isAtItsEnd ? criteriaOf(s) : (s.run.request.acceptance?.criteria ?? []);
  if (s.triedCriteria.size >= CRITERIA_MAX) return [];
  return all.filter((one: Held) => isCheckable(one) && !s.triedCriteria.has(keyOf(one)));
}

/** What nobody looked at on this head yet. */
export const criteriaToJudge = (s: OpenedState): readonly Held[] =>
  criteriaOf(s).filter((one) => {
    const known = s.acceptance.get(keyOf(one));
    // What there is no room for would be looked at again and again.
    const isKept = known !== undefined || s.acceptance.size < CRITERIA_MAX;
    return isCheckable(one) && isKept && known?.evidence?.commit !== s.head;
  });

/** Of a run that would close now. */
export const criteriaAreDue = (s: OpenedState): boolean =>
  hasCriteria(s) && (criteriaToTry(s, true).length > 0 || criteriaToJudge(s).length > 0);

/** What comes of a check that ended so on the base and so on the head. */
export function verdictFrom(base: CheckEnd | undefined, head: CheckEnd): AcceptanceVerdict {
  if (head === 'fails') return 'failed';
  if (head === 'cannot') return 'unverified';
  switch (base) {
    case 'fails':
      return 'verified';
    case 'holds':
      return 'tells-nothing';
    default:
      return 'unverified';
  }
}

/**
 * What was seen not to hold, of the run and of tasks whose work is there: of others nobody says that it holds. What a
 * task is no longer held to does not count.
 */
export function failedCriteria(s: State): readonly AcceptanceFact[] {
  const held = new Set(criteriaOf(s).map(keyOf));
  return [...s.acceptance].flatMap(([key, fact]) => {
    const { verdict, task, evidence } = fact;
    if (verdict !== 'failed' || (task !== undefined && !isSatisfied(s.tasks.get(task)!.state))) return [];
    return !hasCriteria(s) || evidence?.kind !== 'command' || held.has(key) ? [fact] : [];
  });
}

/** A criterion as it stands, with what is known of it. */
export interface Standing extends Held {
  readonly verdict: AcceptanceVerdict;
  /** Why it is not verified; empty where it is. */
  readonly why: string;
  /** What was looked at: a command, a reviewer, a person. */
  readonly by?: string;
  readonly commit?: CommitId;
}

/** Every criterion of the run, each with what is known. */
export function standings(s: State): readonly Standing[] {
  const held = criteriaOf(s);
  const known = new Set(held.map(keyOf));
  const others = [...s.acceptance.entries()].filter(
    ([key, { evidence }]) => !known.has(key) && evidence?.kind !== 'command',
  );
  return [
    ...held.map((one) => standingOf(s, one)),
    ...others.map(
      ([, { task, criterion, verdict, evidence }]): Standing => ({
        ...(task && { task }),
        text: criterion,
        check: { kind: 'text' },
        verdict,
        why: verdict === 'verified' ? '' : (evidence?.detail ?? ''),
        ...(evidence && { by: evidence.by, commit: evidence.commit }),
      }),
    ),
  ];
}

function standingOf(s: State, one: Held): Standing {
  const fact = s.acceptance.get(keyOf(one));
  const head = s.closed?.head ?? s.head;
  if (!fact) return { ...one, verdict: 'unverified', why: whyUnseen(one.check) };
  const { evidence } = fact;
  const seen = { ...one, ...(evidence && { by: evidence.by, commit: evidence.commit }) };
  const isOld = evidence?.kind === 'command' && evidence.commit !== head;
  if (isOld && fact.verdict !== 'failed')
    return { ...seen, verdict: 'unverified', why: 'it was looked at on an earlier commit only' };
  return { ...seen, verdict: fact.verdict, why: fact.verdict === 'verified' ? '' : (evidence?.detail ?? '') };
}

const whyUnseen = (check: Check): string =>
  check.kind === 'text' ? 'no machine can check it' : 'it was not looked at';

export interface StandingCounts extends Readonly<Record<AcceptanceVerdict, number>> {
  readonly all: number;
}

export function countStandings(all: readonly Standing[]): StandingCounts {
  const count = (verdict: AcceptanceVerdict): number => all.filter((one) => one.verdict === verdict).length;
  return {
    all: all.length,
    verified: count('verified'),
    unverified: count('unverified'),
    failed: count('failed'),
    'tells-nothing': count('tells-nothing'),
  };
}

/** What a check is called where it is told. */
export const checkName = ({ check, text }: Held): string => commandOf(check) ?? text;
