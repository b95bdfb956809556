/** The tasks of `swarm map`: one a place, made by rule, and one that makes something of all their ends. */
import { TASK_LIMITS, type TaskDraft } from '@swarm/core/rules/task-format';
import { shellWord } from '../telling/shell.ts';

export interface MapAsk {
  readonly prompt: string;
  readonly reduce?: string;
  /** Each place's own check. */
  readonly verify?: string;
  /** Places are asked something, and nothing of them is changed. */
  readonly isAsking?: boolean;
}

/** Stands for the place, in a prompt and in a check. */
export const HOLE = '{place}';

export function mapDrafts(places: readonly string[], ask: MapAsk): readonly TaskDraft[] {
  const labels = new Set<string>();
  const drafts = places.map((place, i): TaskDraft => {
    const label = place.length <= TASK_LIMITS.label ? place : `#${i + 1}`;
    labels.add(label);
    return { ...placeDraft(place, ask), label };
  });
  return ask.reduce === undefined ? drafts : [...drafts, reduceDraft(ask.reduce, drafts, labels)];
}

function placeDraft(place: string, { prompt, verify, isAsking }: MapAsk): Omit<TaskDraft, 'label'> {
  const text = filled(prompt, place);
  return {
    title: titleOf(prompt, place),
    description: prompt.includes(HOLE) ? text : `${text}\n\nThe place: ${place}`,
    scope: [place],
    acceptance: '',
    ...(verify !== undefined && { verify: filled(verify, shellWord(place)) }),
    priority: 5,
    dependsOn: [],
    kind: isAsking ? 'answer' : 'change',
    requires: [],
  };
}

function reduceDraft(reduce: string, drafts: readonly TaskDraft[], labels: ReadonlySet<string>): TaskDraft {
  let label = 'reduce';
  while (labels.has(label)) label += '-';
  return {
    label,
    title: cut(firstLine(reduce), TASK_LIMITS.title),
    description: reduce,
    scope: [],
    acceptance: '',
    priority: 5,
    dependsOn: drafts.map((draft) => draft.label),
    anyEnd: true,
    kind: 'answer',
    requires: [],
  };
}

const filled = (text: string, place: string): string => text.split(HOLE).join(place);

/** The place stands in it as long as there is room for it: it is what tells one task from the others. */
function titleOf(prompt: string, place: string): string {
  const line = firstLine(prompt);
  const whole = line.includes(HOLE) ? filled(line, place) : `${line}: ${place}`;
  if (whole.length <= TASK_LIMITS.title) return whole;
  const left = TASK_LIMITS.title - place.length - 2;
  if (left >= 12) return `${cut(line.split(HOLE).join('').trim(), left)}: ${place}`;
  return `…${place.slice(-(TASK_LIMITS.title - 1)).toWellFormed()}`;
}

const firstLine = (text: string): string => text.trim().split('\n', 1)[0]!.trim();

const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`;
