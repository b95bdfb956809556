/** A plan as a person reads and edits it. */
import type { TaskDraft } from '@swarm/core/rules/task-format';
import { renderTable } from './table.ts';

/** Tasks shown; the rest is counted. */
const ROWS_MAX = 200;
/** Names of one task's dependencies shown. */
const LABELS_MAX = 8;

/** The order work would begin in: by step, then priority, then place in the plan. */
/** @param columns of the terminal it is shown on, if any. */
export function renderPlan(drafts: readonly TaskDraft[], columns: number | undefined): string {
  const steps = stepsOf(drafts);
  const ordered = drafts
    .map((draft, place) => ({ draft, place, step: steps.get(draft.label) ?? Number.POSITIVE_INFINITY }))
    .sort((a, b) => compare(a.step, b.step) || a.draft.priority - b.draft.priority || a.place - b.place);
  const rows = ordered.slice(0, ROWS_MAX).map(({ draft, step }) => rowOf(draft, step));
  const look = { columns, flexible: [3, 4, 5] };
  const table = renderTable(['step', 'priority', 'task', 'title', 'after', 'scope'], rows, look);
  const left = ordered.length - rows.length;
  return left > 0 ? `${table}\n… and ${left} more` : table;
}

/** Infinity less Infinity is no number. */
const compare = (a: number, b: number): number => (a === b ? 0 : a - b);

const rowOf = (d: TaskDraft, step: number): string[] => [
  Number.isFinite(step) ? String(step) : '?',
  String(d.priority),
  d.label,
  d.kind === 'answer' ? `${d.title} (an answer, no change)` : d.title,
  someOf(d.dependsOn) || '-',
  d.scope.join(', ') || 'not said',
];

/** One that waits for all would fill the screen with their names. */
function someOf(labels: readonly string[]): string {
  const more = labels.length - LABELS_MAX;
  return more > 1 ? `${labels.slice(0, LABELS_MAX).join(', ')} and ${more} more` : labels.join(', ');
}

/**
 * Step 1 waits for nothing; every other task is one step after the last of what it depends on. What is no task of this
 * plan counts as there; a task in a circle, which only a planner's raw answer can hold, has no step.
 */
function stepsOf(drafts: readonly TaskDraft[]): ReadonlyMap<string, number> {
  const labels = new Set(drafts.map((draft) => draft.label));
  const unmet = new Map<string, number>();
  const dependents = new Map<string, string[]>();
  for (const { label, dependsOn } of drafts) {
    const needs = dependsOn.filter((need) => labels.has(need));
    unmet.set(label, needs.length);
    for (const need of needs) push(dependents, need, label);
  }
  const steps = new Map<string, number>();
  let level = [...unmet].filter(([, left]) => left === 0).map(([label]) => label);
  for (let step = 1; level.length > 0; step++) {
    for (const label of level) steps.set(label, step);
    level = level.flatMap((label) => dependents.get(label) ?? []).filter((label) => isFree(label, unmet));
  }
  return steps;
}

function push(lists: Map<string, string[]>, key: string, value: string): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** Counts one need as met; true for the last. */
function isFree(label: string, unmet: Map<string, number>): boolean {
  const left = unmet.get(label)! - 1;
  unmet.set(label, left);
  return left === 0;
}

/** The plan in the format of `--plan`, without what says nothing. */
export function planFile(drafts: readonly TaskDraft[]): string {
  return `${JSON.stringify(drafts.map(wireOf), null, 2)}\n`;
}

function wireOf({ label, ...rest }: TaskDraft): Record<string, unknown> {
  const says = ([name, value]: [string, unknown]): boolean =>
    value !== '' && !(Array.isArray(value) && value.length === 0) && !(name === 'kind' && value === 'change');
  return { id: label, ...Object.fromEntries(Object.entries(rest).filter(says)) };
}
