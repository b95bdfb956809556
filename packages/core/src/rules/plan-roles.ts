/** What each object and array in a model's answer is to the plan; the scanner asks as they open. */

/**
 * What a container is to the plan. `unsure` may turn out a task or the envelope, by its first telling key; `wrap`
 * is an object around something, which may only turn out to be the envelope.
 */
export type Role = 'unsure' | 'wrap' | 'task' | 'item' | 'envelope' | 'tasks' | 'array' | 'inert';

export interface Frame {
  readonly isObject: boolean;
  role: Role;
  expects: 'key' | 'colon' | 'value' | 'comma';
  /** The last key read. */
  key: string;
  /** Telling keys read, for objects that may be tasks. */
  readonly seen: Set<string>;
}

/** Fields of the envelope beside its tasks. */
export const ENVELOPE_FIELDS = new Set(['cancel', 'requirements', 'scratchpad', 'done']);
/** Keys that tell a task from any other object. */
export const TASK_KEYS = new Set(['id', 'title', 'description']);

/** What a container that opens inside `parent` is. */
export function roleOf(parent: Frame | undefined, isObject: boolean): Role {
  if (parent === undefined) return isObject ? 'unsure' : 'array';
  if (parent.role === 'tasks') return isObject ? 'item' : 'inert';
  if (parent.role === 'array') return isObject ? 'unsure' : 'inert';
  const mayHoldTasks = ['unsure', 'wrap', 'task', 'envelope'].includes(parent.role);
  if (!isObject) return mayHoldTasks && parent.key === 'tasks' ? 'tasks' : 'inert';
  return parent.role === 'unsure' || parent.role === 'wrap' ? 'wrap' : 'inert';
}

/** Whether the object, as far as it was read, counts as a task (see json-scanner.ts). */
export function isTask(frame: Frame): boolean {
  if (frame.role === 'item') return true;
  return (
    frame.role === 'task' &&
    (frame.seen.has('title') || (frame.seen.has('id') && frame.seen.has('description')))
  );
}
