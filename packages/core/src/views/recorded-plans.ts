/** How a plan given anew differs from the one that was given then. */
import type { Entry } from '../events.ts';
import type { TaskSpec } from '../model/task.ts';
import { tokensOf } from '../model/usage.ts';
import type { TaskDraft } from '../rules/task-format.ts';
import { plain } from './words.ts';

/** What the planner answered in one iteration of a recorded run. */
export interface RecordedPlan {
  readonly iteration: number;
  /** Of the entry that began it: the state before is what it was asked on. */
  readonly seq: number;
  readonly promptHash: string;
  readonly tasks: readonly PlannedTask[];
  readonly tokens: number;
  readonly isDone: boolean;
}

export interface PlannedTask {
  readonly label: string;
  readonly title: string;
  readonly scope: readonly string[];
}

export interface PlanDiff {
  readonly kept: readonly PlannedTask[];
  readonly added: readonly PlannedTask[];
  readonly gone: readonly PlannedTask[];
  /** The same task, with other paths. */
  readonly rescoped: readonly { readonly task: PlannedTask; readonly before: readonly string[] }[];
}

/** The run's own planner's, in order; those that gave an answer which could be read. */
export function recordedPlans(entries: Iterable<Entry>): readonly RecordedPlan[] {
  const plans: RecordedPlan[] = [];
  let open: { iteration: number; seq: number; promptHash: string; tasks: PlannedTask[] } | undefined;
  for (const { seq, events } of entries)
    for (const event of events) {
      if (event.type === 'iteration.started' && event.owner === undefined)
        open = { iteration: event.iteration, seq, promptHash: event.promptHash, tasks: [] };
      if (event.type === 'task.accepted' && event.source.by === 'planner')
        if (open?.iteration === event.source.iteration)
          open.tasks.push(plannedTask(event.source.label, event.spec));
      if (event.type === 'task.rescoped' && open && open.iteration === event.iteration)
        open.tasks.push(plannedTask(event.task, event.spec));
      if (event.type !== 'iteration.ended' || open?.iteration !== event.iteration) continue;
      const { outcome, isDone, usage } = event;
      if (outcome === 'planned' || outcome === 'cut')
        plans.push({ ...open, isDone, tokens: tokensOf(usage) });
      open = undefined;
    }
  return plans;
}

const plannedTask = (label: string, { title, scope }: Pick<TaskSpec, 'title' | 'scope'>): PlannedTask => ({
  label: plain(label, 100),
  title: plain(title, 200),
  scope: scope.map((path) => plain(path, 400)),
});

export const draftTask = ({ label, title, scope }: TaskDraft): PlannedTask =>
  plannedTask(label, { title, scope });

/** Tasks are the same by title, else by label, else by all of their paths: models name one thing in several ways. */
export function planDiff(before: readonly PlannedTask[], now: readonly PlannedTask[]): PlanDiff {
  const left = new Set(before);
  const pairs = new Map<PlannedTask, PlannedTask>();
  const sames = [
    (a: PlannedTask, b: PlannedTask) => words(a.title) === words(b.title),
    (a: PlannedTask, b: PlannedTask) => a.label === b.label,
    (a: PlannedTask, b: PlannedTask) => a.scope.length > 0 && paths(a) === paths(b),
  ];
  for (const isSame of sames)
    for (const task of now) {
      if (pairs.has(task)) continue;
      const found = [...left].find((one) => isSame(one, task));
      if (!found) continue;
      pairs.set(task, found);
      left.delete(found);
    }
  const matched = now.filter((task) => pairs.has(task));
  return {
    kept: matched.filter((task) => paths(task) === paths(pairs.get(task)!)),
    rescoped: matched
      .filter((task) => paths(task) !== paths(pairs.get(task)!))
      .map((task) => ({ task, before: pairs.get(task)!.scope })),
    added: now.filter((task) => !pairs.has(task)),
    gone: [...left],
  };
}

const words = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
const paths = ({ scope }: PlannedTask): string => [...scope].sort().join('\0');
