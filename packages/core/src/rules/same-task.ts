/** Whether a new task is one that the run has already, filed under another name. */
import type { Task, TaskSpec } from '../model/task.ts';

/** What is compared; a draft has it as well as a spec. */
export type Wording = Pick<TaskSpec, 'title' | 'description' | 'scope' | 'kind'>;

/** Share of words two tasks of one scope have in common, from which they are the same. */
const ALIKE = 0.85;
/** Fewer words than this say too little: only the title counts then. */
const WORDS_MIN = 6;

/** Tasks that are not over, or whose work is there. A failed or cancelled one may be filed again in other words. */
const COUNTS: ReadonlySet<Task['state']> = new Set([
  'pending',
  'expanded',
  'assigned',
  'running',
  'contending',
  'reviewing',
  'complete',
  'landed',
  'answered',
  'unneeded',
  'gathered',
]);

/** The task that is the same: of the same scope, with the same title or nearly the same words. */
export function sameTask(tasks: Iterable<Task>, draft: Wording): Task | undefined {
  const scope = scopeKey(draft);
  const title = plainWords(draft.title).join(' ');
  const words = wordsOf(draft);
  for (const task of tasks) {
    if (!COUNTS.has(task.state) || task.spec.kind !== draft.kind || scopeKey(task.spec) !== scope) continue;
    if (plainWords(task.spec.title).join(' ') === title) return task;
    if (scope !== '' && isAlike(words, wordsOf(task.spec))) return task;
  }
  return undefined;
}

/** Whether a task is said again exactly as it is. */
export const isSaidAgain = (spec: TaskSpec, draft: Wording): boolean =>
  spec.title === draft.title &&
  spec.description === draft.description &&
  spec.kind === draft.kind &&
  scopeKey(spec) === scopeKey(draft);

const scopeKey = ({ scope }: Pick<TaskSpec, 'scope'>): string => [...scope].sort().join('\0');

const plainWords = (text: string): readonly string[] =>
  text
    .toLowerCase()
    .match(/[\p{L}\p{N}_./-]+/gu)
    ?.map((word) => word.replace(/[./-]+$/, '')) ?? [];

const wordsOf = ({ title, description }: Wording): ReadonlySet<string> =>
  new Set(plainWords(`${title} ${description}`));

function isAlike(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  if (Math.min(one.size, other.size) < WORDS_MIN) return false;
  const common = [...one].filter((word) => other.has(word)).length;
  return common / (one.size + other.size - common) >= ALIKE;
}
