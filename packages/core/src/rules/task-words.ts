/**
 * Other words for the fields of a task, as people and models write them, and plain slips in their values. One table:
 * the reader goes by it, and docs/plans.md prints it. What stands in no table is no field, and is refused by name.
 */

/** Names are compared without case, `_`, `-` and blanks: `depends_on` is `dependsOn`. */
export const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  id: ['key', 'slug', 'task id', 'identifier'],
  title: ['name', 'summary', 'subject', 'task', 'heading'],
  description: ['details', 'detail', 'body', 'instructions', 'instruction', 'prompt', 'spec'],
  scope: [
    ...['files', 'file', 'paths', 'path', 'scopes', 'file paths', 'target files', 'affected files'],
    ...['files to modify', 'files to change', 'files to touch', 'files to edit'],
  ],
  acceptance: [
    ...['acceptance criteria', 'acceptance criterion', 'criteria', 'success criteria', 'definition of done'],
    ...['done when', 'test strategy'],
  ],
  verify: ['verify command', 'verification command', 'test command', 'check command'],
  priority: ['prio', 'importance'],
  dependsOn: [
    ...[
      'dependencies',
      'dependency',
      'deps',
      'depends',
      'blocked by',
      'after',
      'prerequisites',
      'prerequisite',
      'needs',
    ],
    ...['requires tasks', 'depends on tasks', 'predecessors'],
  ],
  kind: ['type'],
  parent: ['parent id', 'parent task'],
};

/** What a plan may say about a task and nobody acts on. A state that says the task is over is not among them. */
export const REMARKS = [
  ...[
    'estimate',
    'estimated effort',
    'effort',
    'complexity',
    'rationale',
    'reasoning',
    'reason',
    'why',
    'tags',
    'labels',
  ],
] as const;

export const PRIORITY_WORDS: Readonly<Record<string, number>> = {
  critical: 1,
  urgent: 1,
  highest: 1,
  p0: 1,
  high: 2,
  p1: 2,
  medium: 5,
  normal: 5,
  p2: 5,
  low: 8,
  p3: 8,
  lowest: 10,
  trivial: 10,
  p4: 10,
};

export const KIND_WORDS: Readonly<Record<string, 'change' | 'answer'>> = {
  feature: 'change',
  bug: 'change',
  bugfix: 'change',
  fix: 'change',
  chore: 'change',
  refactor: 'change',
  code: 'change',
  test: 'change',
  docs: 'change',
  implementation: 'change',
  analysis: 'answer',
  research: 'answer',
  question: 'answer',
  investigation: 'answer',
  review: 'answer',
};

/** States of a task that has not begun: they say nothing new. */
const UNBEGUN = new Set(['pending', 'todo', 'open', 'new', 'planned', 'backlog', 'ready', 'not started']);

const plain = (name: string): string => name.toLowerCase().replace(/[\s_-]+/g, '');

const FIELD_OF = new Map(
  Object.entries(OTHER_NAMES).flatMap(([field, names]) =>
    [field, ...names].map((name) => [plain(name), field]),
  ),
);
for (const field of ['role', 'requires', 'agent', 'candidates']) FIELD_OF.set(field, field);
const REMARK_NAMES: ReadonlySet<string> = new Set(REMARKS.map(plain));

/** What a key of a task means: a field, nothing to anybody, or why it cannot be read. */
export type KeyMeaning =
  | { readonly kind: 'field'; readonly field: string }
  | { readonly kind: 'remark' }
  | { readonly kind: 'unknown'; readonly why?: string };

export function meaningOf(key: string, value: unknown): KeyMeaning {
  const name = plain(key);
  const field = FIELD_OF.get(name);
  if (field !== undefined) return { kind: 'field', field };
  if (REMARK_NAMES.has(name)) return { kind: 'remark' };
  if (name === 'status' || name === 'state') {
    if (typeof value === 'string' && UNBEGUN.has(value.toLowerCase().replace(/[_-]/g, ' ')))
      return { kind: 'remark' };
    return {
      kind: 'unknown',
      why: 'is not a field; every task of a plan is still to be done, so leave out those that are not',
    };
  }
  if (name === 'subtasks' || name === 'children') {
    if (Array.isArray(value) && value.length === 0) return { kind: 'remark' };
    return { kind: 'unknown', why: 'is not a field; list each as a task of its own, with `parent`' };
  }
  return { kind: 'unknown' };
}

// ───────────── values ─────────────

const LISTS = new Set(['scope', 'dependsOn', 'requires']);
const TEXTS = new Set(['title', 'description', 'acceptance', 'verify']);
const IDS = new Set(['id', 'parent']);

/** Takes what is plainly meant; anything else is left for the schema to refuse. */
export function loosened(field: string, value: unknown): unknown {
  if (LISTS.has(field)) return listFrom(field, value);
  if (TEXTS.has(field)) return textFrom(field, value);
  if (IDS.has(field)) return idFrom(value);
  if (field === 'priority') return priorityFrom(value);
  if (field === 'kind' && typeof value === 'string')
    return ownOf(KIND_WORDS, value.trim().toLowerCase()) ?? value.trim();
  return value;
}

const ownOf = <T>(table: Readonly<Record<string, T>>, word: string): T | undefined =>
  Object.hasOwn(table, word) ? table[word] : undefined;

const idFrom = (value: unknown): unknown => (Number.isSafeInteger(value) ? String(value) : value);

function priorityFrom(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const word = value.trim().toLowerCase();
  return /^\d{1,2}$/.test(word) ? Number(word) : (ownOf(PRIORITY_WORDS, word) ?? value);
}

/** One word, or several behind commas, is the list of them; what says there is none is none. */
function listFrom(field: string, value: unknown): unknown {
  const items = Array.isArray(value) ? value : typeof value === 'string' ? parted(field, value) : [value];
  const entries = Array.isArray(value) ? items.map((item) => named(field, item)) : items;
  return field === 'dependsOn' ? entries.map(idFrom) : entries;
}

const NOTHING = /^\s*(?:none|n\/a|nothing|-|\[\])?\s*$/i;

function parted(field: string, text: string): readonly string[] {
  if (NOTHING.test(text)) return [];
  // A comma in braces is part of a pattern.
  const isOne = field === 'scope' ? /[{}]/.test(text) : !/[,\n]/.test(text);
  return isOne
    ? [text]
    : text
        .split(/[,\n]/)
        .map((part) => part.trim())
        .filter((part) => part !== '');
}

/** An entry given as an object that says its name and nothing else. */
function named(field: string, item: unknown): unknown {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
  const keys = Object.keys(item);
  const [key = ''] = keys;
  const isName = (field === 'scope' ? ['path', 'file', 'name'] : ['id', 'task', 'name']).includes(key);
  return keys.length === 1 && isName ? (item as Record<string, unknown>)[key] : item;
}

/** Several texts are one, a line each; several commands are all to succeed. */
function textFrom(field: string, value: unknown): unknown {
  if (!Array.isArray(value) || !value.every((part) => typeof part === 'string')) return value;
  if (value.length <= 1) return value[0];
  if (field === 'verify') return value.join(' && ');
  return field === 'title'
    ? value
    : value.map((part: string) => (field === 'acceptance' ? `- ${part}` : part)).join('\n');
}
