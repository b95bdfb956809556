/** What a plan is made of, and how the fields beside its tasks are read. */
import { parseLoosely } from './loose-json.ts';

export type PlanPiece =
  /** `text` is the object without its white space; `value` is not looked into yet. */
  | { readonly kind: 'task'; readonly value: unknown; readonly text: string }
  | { readonly kind: 'cancel'; readonly labels: readonly string[] }
  /** Not looked into yet. */
  | { readonly kind: 'requirements'; readonly values: readonly unknown[] }
  | { readonly kind: 'scratchpad'; readonly text: string }
  | { readonly kind: 'done'; readonly value: boolean }
  /** Would have been a task or one of the fields above. `text` is its beginning. */
  | { readonly kind: 'broken'; readonly text: string; readonly why: string };

type Field = Exclude<PlanPiece, { readonly kind: 'task' }>;

/** Undefined: it says nothing, as `null` does. */
export function readField(field: string, text: string): Field | undefined {
  const parsed = parseLoosely(text);
  const value = parsed.ok ? parsed.value : undefined;
  if (value === null) return undefined;
  const piece = READERS[field]?.(value);
  return piece ?? { kind: 'broken', text, why: `${field} must be ${NEEDED[field]}` };
}

const READERS: Readonly<Record<string, (value: unknown) => Field | undefined>> = {
  done: (value) => (typeof value === 'boolean' ? { kind: 'done', value } : undefined),
  scratchpad: (value) => (typeof value === 'string' ? { kind: 'scratchpad', text: value } : undefined),
  cancel: (value) =>
    Array.isArray(value) && value.every(isLabel) ? { kind: 'cancel', labels: value.map(String) } : undefined,
  requirements: (value) => (Array.isArray(value) ? { kind: 'requirements', values: value } : undefined),
};

const NEEDED: Readonly<Record<string, string>> = {
  done: 'true or false',
  scratchpad: 'a string',
  cancel: 'an array of ids',
  requirements: 'an array of objects',
};

const isLabel = (value: unknown): boolean => typeof value === 'string' || Number.isSafeInteger(value);
