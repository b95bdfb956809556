/** What a changed plan changes, for a person who says yes or no to it: from the events that would be recorded. */
import type { Event, EventOf } from '../events.ts';
import type { TaskId } from '../model/ids.ts';
import { isOver, type Task, type TaskSpec } from '../model/task.ts';
import { triesOf } from '../rules/contest.ts';
import { livePartsOf } from '../rules/owners.ts';
import type { State } from '../state.ts';
import { plain } from './words.ts';

export interface DiffTask {
  readonly task: TaskId;
  readonly title: string;
}

export interface PlanDiff {
  readonly added: readonly (DiffTask & {
    readonly after: readonly TaskId[];
    readonly scope: readonly string[];
    readonly priority: number;
  })[];
  /** `what`: the parts of it that are others now. */
  readonly rescoped: readonly (DiffTask & { readonly what: readonly string[] })[];
  /** `state`: what it is in now. */
  readonly cancelled: readonly (DiffTask & { readonly state: string })[];
  readonly failed: readonly (DiffTask & { readonly why: string })[];
  readonly refused: readonly { readonly label: string; readonly problem: string }[];
  /** Tasks that are not over and stay as they are. */
  readonly kept: readonly TaskId[];
  /** What is left to be done, before and after: enough for a forecast. */
  readonly before: readonly Step[];
  readonly after: readonly Step[];
}

export interface Step {
  readonly label: string;
  readonly dependsOn: readonly string[];
  /** How many try it, where that is not one. */
  readonly candidates?: number;
}

export function planDiff(s: State, events: readonly Event[]): PlanDiff {
  const titleOf = (id: TaskId): string => plain(s.tasks.get(id)?.spec.title ?? '', 100);
  const about = (task: TaskId): DiffTask => ({ task, title: titleOf(task) });
  const before = leftIn(s);
  const after = new Map(before);
  const diff = { added: [], rescoped: [], cancelled: [], failed: [], refused: [] } as Writable;
  for (const e of events) {
    switch (e.type) {
      case 'task.accepted': {
        const { dependsOn, scope, priority, title } = e.spec;
        const shown = { title: plain(title, 100), scope: scope.map((one) => plain(one, 200)), priority };
        diff.added.push({ task: e.task, after: dependsOn, ...shown });
        after.set(e.task, { dependsOn, candidates: triesOf(s, e) });
        break;
      }
      case 'task.rescoped': {
        const what = changesOf(s.tasks.get(e.task)?.spec, e.spec);
        if (what.length > 0) diff.rescoped.push({ task: e.task, title: plain(e.spec.title, 100), what });
        after.set(e.task, { dependsOn: e.spec.dependsOn, candidates: triesAs(s, e) });
        break;
      }
      case 'task.cancelled':
        diff.cancelled.push({ ...about(e.task), state: s.tasks.get(e.task)?.state ?? 'pending' });
        after.delete(e.task);
        break;
      case 'task.failed':
        diff.failed.push({ ...about(e.task), why: plain(e.detail, 200) });
        after.delete(e.task);
        break;
      case 'task.refused':
        diff.refused.push({ label: plain(e.label, 100), problem: plain(e.problem, 300) });
        break;
      default:
    }
  }
  const changed = new Set([...diff.rescoped, ...diff.cancelled, ...diff.failed].map(({ task }) => task));
  const kept = [...before.keys()].filter((id) => !changed.has(id));
  return { ...diff, kept, before: stepsOf(before), after: stepsOf(after) };
}

type Writable = {
  -readonly [K in 'added' | 'rescoped' | 'cancelled' | 'failed' | 'refused']: PlanDiff[K][number][];
};

interface LeftTask {
  readonly dependsOn: readonly TaskId[];
  readonly candidates: number;
}
type Left = Map<TaskId, LeftTask>;

/** Those that try a task are told as it: they come and go with it. */
function leftIn(s: State): Left {
  const open = [...s.tasks.values()].filter((t) => !isOver(t.state) && t.source.by !== 'candidates');
  return new Map(
    open.map((t) => [t.id, { dependsOn: t.spec.dependsOn, candidates: triesLeft(s, t) }] as const),
  );
}

/** A worked task is not tried by several any more; of one that several try, so many have not ended. */
function triesLeft(s: State, task: Task): number {
  if (task.state === 'expanded' && s.plans.get(task.id)?.contest) return livePartsOf(s, task.id).length;
  return task.state === 'pending' && task.workCommit === undefined ? triesOf(s, task) : 1;
}

/** One that is worded anew begins anew. */
function triesAs(s: State, { task, spec }: EventOf<'task.rescoped'>): number {
  const known = s.tasks.get(task);
  return known ? triesOf(s, { spec, source: known.source }) : 1;
}

/** What has landed already is waited for no longer. */
const stepsOf = (left: Left): readonly Step[] =>
  [...left].map(([label, { dependsOn, candidates }]) => ({
    label,
    dependsOn: dependsOn.filter((id) => left.has(id)),
    ...(candidates !== 1 && { candidates }),
  }));

const PARTS: readonly (keyof TaskSpec)[] = [
  'title',
  'description',
  'scope',
  'acceptance',
  'verify',
  'priority',
  'dependsOn',
  'kind',
  'role',
  'agent',
];

/** `scope: src/a → src/b`, or the name alone where it is long. */
function changesOf(before: TaskSpec | undefined, now: TaskSpec): readonly string[] {
  if (!before) return ['all of it'];
  return PARTS.flatMap((part) => {
    const [was, is] = [shown(before[part]), shown(now[part])];
    if (was === is) return [];
    // The one it has now stands beside it.
    if (part === 'title') return [`called “${plain(was, 100)}” before`];
    const isShort = was.length + is.length <= 80 && part !== 'description';
    return [
      isShort
        ? `${NAMES[part] ?? part}: ${plain(was || 'none')} → ${plain(is || 'none')}`
        : (NAMES[part] ?? part),
    ];
  });
}

const NAMES: Partial<Record<keyof TaskSpec, string>> = { dependsOn: 'after' };

const shown = (value: TaskSpec[keyof TaskSpec]): string =>
  Array.isArray(value) ? value.join(', ') : String(value ?? '');

/** Nothing would be other than it is. */
export const isEmptyDiff = ({ added, rescoped, cancelled, failed }: PlanDiff): boolean =>
  added.length + rescoped.length + cancelled.length + failed.length === 0;
