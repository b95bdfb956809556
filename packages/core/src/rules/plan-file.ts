/** A whole plan from a file: read at once, refused at once, with every mistake in it named by its place. */
import { TASKS_MAX } from '../model/request.ts';
import { parseLoosely } from './loose-json.ts';
import { pointer, readDraft, type TaskDraft, type WireProblem } from './task-format.ts';
import { nearestWord } from './text.ts';

/** Most characters of a plan file. */
export const PLAN_TEXT_MAX = 64 * 1024 * 1024;
/** Most mistakes named; how many more there are is said in the last one. */
export const PLAN_PROBLEMS_MAX = 200;

/** One value of the file, and where it stands: a JSON pointer, or `line N`. */
interface Placed {
  readonly at: string;
  readonly value: unknown;
}

/** A draft with its place, for the checks that look at several. */
interface PlacedDraft {
  readonly at: string;
  readonly draft: TaskDraft;
}

export interface PlanReading {
  /** The tasks that are right in themselves, in the file's order. Use them only when `problems` is empty. */
  readonly drafts: readonly TaskDraft[];
  readonly problems: readonly WireProblem[];
}

export interface PlanOptions {
  /** Tasks that are there already, by what the file may call them; none when absent. */
  readonly isKnown?: (label: string) => boolean;
}

/**
 * Reads a JSON array of tasks, an object `{"tasks": […]}`, or NDJSON with one task a line; slips that leave no doubt
 * (loose-json.ts, task-words.ts) are read as meant. A task without `id` is
 * called `#1`, `#2` … by its place. Never throws.
 */
export function readPlan(text: string, options: PlanOptions = {}): PlanReading {
  const { items, problems } = split(text);
  const readings = items.map(({ at, value }, i) => ({
    at,
    reading: readDraft(value, { label: `#${i + 1}` }),
  }));
  const placed = readings.flatMap(({ at, reading }) => (reading.ok ? [{ at, draft: reading.draft }] : []));
  const refused = readings.flatMap(({ reading }) => (reading.ok ? [] : [reading.label]));
  const own = readings.flatMap(({ at, reading }) =>
    reading.ok ? [] : reading.problems.map(({ path, why }) => ({ path: at + path, why })),
  );
  const all = [
    ...problems,
    ...own,
    ...doubles(placed),
    ...strangers(placed, refused, options.isKnown),
    ...cycles(placed),
  ];
  return { drafts: placed.map((p) => p.draft), problems: capped(all) };
}

function capped(problems: WireProblem[]): WireProblem[] {
  const more = problems.length - PLAN_PROBLEMS_MAX;
  if (more <= 0) return problems;
  return [...problems.slice(0, PLAN_PROBLEMS_MAX), { path: '', why: `and ${more} more mistakes` }];
}

// ───────────────────────── the three shapes ─────────────────────────

function split(raw: string): { items: Placed[]; problems: WireProblem[] } {
  const text = raw.replace(/^\ufeff/, '');
  if (text.length > PLAN_TEXT_MAX) return nothing(`is longer than ${PLAN_TEXT_MAX} characters`);
  if (text.trim() === '') return nothing('is empty; a plan is a JSON array of tasks, or one task a line');
  const whole = parseLoosely(text);
  const shape = whole.ok ? fromJson(whole.value) : (fromLines(text) ?? nothing(`is not JSON: ${whole.why}`));
  if (shape.items.length > TASKS_MAX) {
    return nothing(`has ${shape.items.length} tasks; at most ${TASKS_MAX} fit one run`);
  }
  return shape;
}

const nothing = (why: string) => ({ items: [], problems: [{ path: '', why }] });

function fromJson(value: unknown): { items: Placed[]; problems: WireProblem[] } {
  if (Array.isArray(value)) return listed(value, '');
  if (typeof value !== 'object' || value === null) return nothing('must be an array of tasks');
  if (!Object.hasOwn(value, 'tasks')) return { items: [{ at: '', value }], problems: [] };
  const { tasks, ...rest } = value as { tasks: unknown } & Record<string, unknown>;
  const problems = Object.entries(rest).flatMap(([key, given]) => {
    const why = besideTasks(key, given);
    return why === undefined ? [] : [{ path: pointer([key]), why }];
  });
  if (!Array.isArray(tasks)) return nothing('`tasks` must be an array');
  const { items, problems: empty } = listed(tasks, '/tasks');
  return { items, problems: [...problems, ...empty] };
}

/** A planner's own answer may be given as it is: its notes and lists, and whether it thought itself done, are no tasks. */
function besideTasks(key: string, given: unknown): string | undefined {
  if (given === null || ['$schema', 'requirements', 'scratchpad', 'done'].includes(key)) return undefined;
  if (key !== 'cancel') return 'has no meaning in a plan file, which holds `tasks` alone';
  const isEmpty = Array.isArray(given) && given.length === 0;
  return isEmpty ? undefined : 'cancels tasks, and a plan file can only add them: leave it out';
}

function listed(values: readonly unknown[], at: string): { items: Placed[]; problems: WireProblem[] } {
  if (values.length === 0) return { items: [], problems: [{ path: at, why: 'holds no task' }] };
  return { items: values.map((value, i) => ({ at: `${at}/${i}`, value })), problems: [] };
}

/** NDJSON is what begins with a line that is a whole object; anything else is JSON with a mistake in it. */
function fromLines(text: string): { items: Placed[]; problems: WireProblem[] } | undefined {
  const lines = text
    .split('\n')
    .map((content, i) => ({
      at: `line ${i + 1}`,
      content: content
        .trim()
        .replace(/^- (?=\{)/, '')
        .replace(/,$/, ''),
    }))
    .filter(({ content }) => content !== '' && !content.startsWith('```') && !/^(?:#|\/\/)/.test(content));
  const first = lines[0]?.content ?? '';
  if (!first.startsWith('{') || !parseLoosely(first).ok) return undefined;
  const items: Placed[] = [];
  const problems: WireProblem[] = [];
  for (const { at, content } of lines) {
    const parsed = parseLoosely(content);
    if (parsed.ok) items.push({ at, value: parsed.value });
    else problems.push({ path: at, why: `is not JSON: ${parsed.why}` });
  }
  return { items, problems };
}

// ───────────────────────── tasks together ─────────────────────────

function doubles(placed: readonly PlacedDraft[]): WireProblem[] {
  const firsts = new Map<string, string>();
  return placed.flatMap(({ at, draft }) => {
    const first = firsts.get(draft.label);
    if (first === undefined) firsts.set(draft.label, at);
    return first === undefined
      ? []
      : [{ path: `${at}/id`, why: `${draft.label} is already the id of ${first}` }];
  });
}

/** References to tasks that are not there. A task refused for itself still counts as there. */
function strangers(
  placed: readonly PlacedDraft[],
  refused: readonly string[],
  isKnown: (label: string) => boolean = () => false,
): WireProblem[] {
  const labels = new Set([...placed.map((p) => p.draft.label), ...refused]);
  const why = (label: string): string => {
    const meant = nearestWord(label, [...labels].slice(0, 1_000));
    return `${label} is not a task of this plan${meant === undefined ? '' : `; did you mean ${meant}?`}`;
  };
  return placed.flatMap(({ at, draft }) => [
    ...draft.dependsOn.flatMap((label, i) =>
      labels.has(label) || isKnown(label) ? [] : [{ path: `${at}/dependsOn/${i}`, why: why(label) }],
    ),
    ...(draft.parent === undefined || labels.has(draft.parent) || isKnown(draft.parent)
      ? []
      : [{ path: `${at}/parent`, why: why(draft.parent) }]),
  ]);
}

/** Circles of dependencies, each named once as the way round. Depth-first with its own stack: plans may be deep. */
function cycles(placed: readonly PlacedDraft[]): WireProblem[] {
  const byLabel = new Map(placed.map((p) => [p.draft.label, p]));
  const done = new Set<string>();
  const found: WireProblem[] = [];
  for (const { draft } of placed) {
    const path: { label: string; next: number }[] = [];
    const onPath = new Map<string, number>();
    const enter = (label: string): void => {
      onPath.set(label, path.length);
      path.push({ label, next: 0 });
    };
    if (!done.has(draft.label)) enter(draft.label);
    while (path.length > 0) {
      const here = path.at(-1)!;
      const needs = byLabel.get(here.label)?.draft.dependsOn ?? [];
      const need = needs[here.next++];
      if (need === undefined) {
        done.add(here.label);
        onPath.delete(here.label);
        path.pop();
      } else if (onPath.has(need)) {
        const round = [...path.slice(onPath.get(need)).map((p) => p.label), need];
        const at = byLabel.get(here.label)!.at;
        found.push({ path: `${at}/dependsOn`, why: `is a circle: ${roundText(round)}` });
      } else if (!done.has(need) && byLabel.has(need)) {
        enter(need);
      }
    }
  }
  return found;
}

/** `a → b → a`; the middle of a long way is left out. */
function roundText(round: readonly string[]): string {
  if (round.length <= 12) return round.join(' → ');
  return [...round.slice(0, 6), `… ${round.length - 11} more …`, ...round.slice(-5)].join(' → ');
}
