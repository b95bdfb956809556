/**
 * A task on the wire: what models and plan files may say, and what a command agent is told in its
 * task file. Everything here came from outside and is held to be hostile until it is a `TaskDraft`.
 */
import * as z from 'zod';
import type { TaskId } from '../model/ids.ts';
import { CANDIDATES_MAX, TASKS_MAX } from '../model/request.ts';
import type { TaskSpec } from '../model/task.ts';
import { requirementWire } from './requirement-format.ts';
import { normaliseScopeEntry, SCOPE_ENTRY_MAX, scopeProblem } from './scope-path.ts';
import { loosened, meaningOf } from './task-words.ts';
import { lineProblem, nearestWord, textProblem } from './text.ts';

/** Most a task may say: characters for texts, entries for lists. */
export const TASK_LIMITS = {
  label: 100,
  title: 200,
  description: 16_384,
  acceptance: 4_096,
  verify: 4_096,
  scope: 200,
  dependsOn: 200,
  requires: 20,
  word: 100,
} as const;

/** A task as it was proposed: whole and within bounds, but not yet accepted, numbered or tied to others. */
export interface TaskDraft {
  /** What its author calls it. */
  readonly label: string;
  readonly title: string;
  /** Empty when the title says it. */
  readonly description: string;
  /** Normalised paths and globs; empty when the author does not know. */
  readonly scope: readonly string[];
  readonly acceptance: string;
  readonly verify?: string;
  /** 1 (most urgent) to 10; 5 when not said. */
  readonly priority: number;
  /** Labels, of this answer or of an earlier one. */
  readonly dependsOn: readonly string[];
  /** They need only be over, however they ended. */
  readonly anyEnd?: true;
  readonly kind: 'change' | 'answer';
  readonly role?: string;
  readonly requires: readonly string[];
  readonly agent?: string;
  /** A label. */
  readonly parent?: string;
  /** So many are to try it. */
  readonly candidates?: number;
}

/** One mistake: where, as a JSON pointer (RFC 6901; after `line N` in NDJSON), and what is wrong there. */
export interface WireProblem {
  readonly path: string;
  readonly why: string;
}

export type DraftReading =
  /** `ignored` names remarks nobody acts on. */
  | { readonly ok: true; readonly draft: TaskDraft; readonly ignored: readonly string[] }
  | { readonly ok: false; readonly label: string; readonly problems: readonly WireProblem[] };

export interface ReadingOptions {
  /** The label of a task that brings no `id`. Without it the title is the label. */
  readonly label?: string;
}

const line = (max: number) =>
  z
    .string()
    .max(max)
    .superRefine((text, ctx) => complain(ctx, lineProblem(text)));
const name = (max: number) =>
  line(max).refine((text) => !text.startsWith('-'), 'starts with `-`, like an option');
const text = (max: number) =>
  z
    .string()
    .max(max)
    .superRefine((value, ctx) => complain(ctx, textProblem(value)));
const scopeEntry = z
  .string()
  .max(SCOPE_ENTRY_MAX)
  .superRefine((entry, ctx) => complain(ctx, scopeProblem(entry)));

const complain = (ctx: z.RefinementCtx<string>, why: string | undefined): void => {
  if (why !== undefined) ctx.addIssue({ code: 'custom', message: why, input: ctx.value });
};

const wireTask = z.strictObject({
  id: name(TASK_LIMITS.label).optional().describe('What the plan calls the task; live for the whole run'),
  title: line(TASK_LIMITS.title).describe('One line: the subject of the commit'),
  description: text(TASK_LIMITS.description).default(''),
  scope: z
    .array(scopeEntry)
    .max(TASK_LIMITS.scope)
    .default([])
    .describe('Files and globs it will touch, relative to the repository'),
  acceptance: text(TASK_LIMITS.acceptance).default('').describe('What must be true when it is done'),
  verify: text(TASK_LIMITS.verify).min(1).optional().describe('A shell command; exit 0 means it is done'),
  priority: z.int().min(1).max(10).default(5).describe('1 is most urgent'),
  dependsOn: z
    .array(name(TASK_LIMITS.label))
    .max(TASK_LIMITS.dependsOn)
    .default([])
    .describe('Ids that must have landed first'),
  anyEnd: z
    .boolean()
    .optional()
    .describe('What it depends on need only be over, landed or failed: it is told which'),
  kind: z.enum(['change', 'answer']).default('change'),
  role: name(TASK_LIMITS.word)
    .optional()
    .describe(
      'Whose work it is; picks agent, model and prompt: coder, researcher, reviewer, tester, or a configured one',
    ),
  requires: z.array(name(TASK_LIMITS.word)).max(TASK_LIMITS.requires).default([]),
  agent: name(TASK_LIMITS.word).optional().describe('Who does it, whatever its role says'),
  parent: name(TASK_LIMITS.label).optional(),
  candidates: z
    .int()
    .min(1)
    .max(CANDIDATES_MAX)
    .optional()
    .describe(
      'So many try it side by side, and the best of what they hand in lands; a planner’s wish counts as far as `planner.candidates` allows',
    ),
});
const FIELDS = Object.keys(wireTask.shape);

/** Reads one task. Never throws, whatever it is given; nothing of `value` is kept but strings and numbers. */
export function readDraft(value: unknown, options: ReadingOptions = {}): DraftReading {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const why = `must be an object with at least a title, not ${kindOf(value)}`;
    return { ok: false, label: options.label ?? '?', problems: [{ path: '', why }] };
  }
  const { known, names, ignored, problems } = sortFields(value);
  const parsed = wireTask.safeParse(known, { error: sayIssue });
  if (parsed.success && problems.length === 0) {
    return { ok: true, draft: draftOf(parsed.data, options.label), ignored };
  }
  const mistakes = parsed.success ? [] : parsed.error.issues.map((issue) => problemOf(issue, names));
  return { ok: false, label: labelOf(known, options.label), problems: [...mistakes, ...problems] };
}

interface Sorted {
  readonly known: Record<string, unknown>;
  /** What the author calls each field. */
  readonly names: ReadonlyMap<string, string>;
  readonly ignored: readonly string[];
  readonly problems: readonly WireProblem[];
}

/** Own fields only, under their own names; `null` means absent, as models write it. Nothing is dropped in silence. */
function sortFields(value: object): Sorted {
  const known: Record<string, unknown> = {};
  const names = new Map<string, string>();
  const ignored: string[] = [];
  const problems: WireProblem[] = [];
  for (const [key, given] of Object.entries(value)) {
    if (given === null) continue;
    const meaning = meaningOf(key, given);
    if (meaning.kind === 'remark') ignored.push(key);
    else if (meaning.kind === 'unknown')
      problems.push({ path: pointer([key]), why: meaning.why ?? notAField(key) });
    else {
      const { field } = meaning;
      const read = loosened(field, given);
      const both = names.has(field) ? together(known[field], read) : { value: read };
      if (both) known[field] = both.value;
      else
        problems.push({
          path: pointer([key]),
          why: `says something else than ${names.get(field)}, which is the same field`,
        });
      names.set(field, key);
    }
  }
  return { known, names, ignored, problems };
}

/** One field under two names: lists are one list, anything else must be the same. */
function together(a: unknown, b: unknown): { readonly value: unknown } | undefined {
  if (Array.isArray(a) && Array.isArray(b)) return { value: [...a, ...b] };
  return a === b ? { value: a } : undefined;
}

const notAField = (key: string): string => {
  const meant = nearestWord(key, FIELDS);
  const hint = meant === undefined ? `the fields are ${FIELDS.join(', ')}` : `did you mean ${meant}?`;
  return `is not a field; ${hint}`;
};

function draftOf(wire: z.infer<typeof wireTask>, fallback: string | undefined): TaskDraft {
  const { id, title, scope, dependsOn, anyEnd, verify, role, agent, parent, candidates, ...rest } = wire;
  return {
    label: id ?? fallback ?? title.trim().slice(0, TASK_LIMITS.label),
    title: title.trim(),
    scope: [...new Set(scope.map(normaliseScopeEntry))],
    dependsOn: [...new Set(dependsOn)],
    ...rest,
    ...(anyEnd && { anyEnd }),
    ...(verify !== undefined && { verify }),
    ...(role !== undefined && { role }),
    ...(agent !== undefined && { agent }),
    ...(parent !== undefined && { parent }),
    ...(candidates !== undefined && { candidates }),
  };
}

/** A name to refuse it by, safe to print. */
function labelOf(known: Record<string, unknown>, fallback: string | undefined): string {
  const printable = (v: unknown): v is string => typeof v === 'string' && lineProblem(v) === undefined;
  const said = Number.isSafeInteger(known.id) ? String(known.id) : known.id;
  const found = [said, fallback, known.title].find(printable) ?? '?';
  return found.slice(0, TASK_LIMITS.label);
}

const problemOf = (issue: z.core.$ZodIssue, names: ReadonlyMap<string, string>): WireProblem => {
  const [field, ...rest] = issue.path;
  const path = field === undefined ? [] : [names.get(String(field)) ?? field, ...rest];
  return { path: pointer(path), why: issue.message };
};

/** RFC 6901. */
export const pointer = (path: readonly PropertyKey[]): string =>
  path.map((step) => `/${String(step).slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

function sayIssue(issue: z.core.$ZodRawIssue): string | undefined {
  const unit = issue.origin === 'string' ? ' characters' : issue.origin === 'array' ? ' entries' : '';
  if (issue.code === 'invalid_type') {
    return issue.input === undefined ? 'is missing' : `must be ${issue.expected}, not ${kindOf(issue.input)}`;
  }
  if (issue.code === 'too_big') return `is too much: at most ${issue.maximum}${unit}`;
  if (issue.code === 'too_small') return `is too little: at least ${issue.minimum}${unit}`;
  return issue.code === 'invalid_value' ? `must be one of ${issue.values.join(', ')}` : undefined;
}

const kindOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;

/**
 * One task as a command agent finds it in `{task_file}`.
 * @param labelOf how other tasks are called there; by default their own ids.
 */
export function toWire(
  task: { readonly id: TaskId; readonly spec: TaskSpec },
  labelOf: (id: TaskId) => string = (id) => id,
): Record<string, unknown> {
  const { dependsOn, parent, ...rest } = task.spec;
  return {
    id: task.id,
    ...rest,
    dependsOn: dependsOn.map(labelOf),
    ...(parent !== undefined && { parent: labelOf(parent) }),
  };
}

/** JSON Schema of one task, as `swarm schema task` prints it. */
export const taskSchema = (): object => z.toJSONSchema(wireTask, { io: 'input' });

/** JSON Schema of a planner's whole answer; a plan file needs `tasks` alone. */
export function planSchema(): object {
  const plan = z.strictObject({
    tasks: z.array(wireTask).max(TASKS_MAX).describe('In priority order'),
    cancel: z.array(name(TASK_LIMITS.label)).optional().describe('Ids no longer wanted'),
    requirements: z
      .array(requirementWire)
      .optional()
      .describe('What the request asks for: those that are new or changed'),
    scratchpad: z.string().optional(),
    done: z.boolean().optional(),
  });
  return z.toJSONSchema(plan, { io: 'input' });
}
