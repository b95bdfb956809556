/**
 * Makes whatever a caller hands over into plain JSON that is safe to tail in a terminal: bounded in depth,
 * breadth and length, without cycles, secrets or control characters. Never throws, whatever the value does.
 */
import type { Redactor } from './redact.ts';

export interface Bounds {
  /** Longest string kept, in characters. */
  readonly chars: number;
  /** Most items of an array, and most keys of an object. */
  readonly items: number;
  /** Deepest nesting. */
  readonly depth: number;
}

/** Strings are cut to this before they are searched for secrets, to bound the search. */
const SEARCH_CHARS_MAX = 256 * 1024;

/** C0, DEL, C1, and the marks that turn the direction of text or break a line. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
const escapeMark = (mark: string): string => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** One line for a terminal: every unsafe mark becomes visible text such as `\u001b`, line breaks included. */
export const singleLine = (text: string): string => text.toWellFormed().replace(UNSAFE, escapeMark);

/** As `singleLine`, but line breaks and tabs stay: JSON escapes them on disk. */
const manyLines = (text: string): string =>
  text.toWellFormed().replace(UNSAFE, (mark) => (mark === '\n' || mark === '\t' ? mark : escapeMark(mark)));

/** Redacts first and shortens then, so that no half of a secret is left at the cut. */
export function cleanText(text: string, chars: number, redactor: Redactor): string {
  return shorten(manyLines(searched(text, redactor)), chars);
}

export const cleanLine = (text: string, chars: number, redactor: Redactor): string =>
  shorten(singleLine(searched(text, redactor)), chars);

function searched(text: string, redactor: Redactor): string {
  if (text.length <= SEARCH_CHARS_MAX) return redactor.redact(text);
  const head = redactor.redact(text.slice(0, SEARCH_CHARS_MAX));
  return `${head.slice(0, -redactor.longest || undefined)}… (${text.length} characters)`;
}

const shorten = (text: string, chars: number): string =>
  text.length <= chars ? text : `${text.slice(0, chars).toWellFormed()}… (${text.length} characters)`;

/** What a value may cost in all, in characters kept and 8 for every node; a cycle ends here at the latest. */
const COST_MAX = 128 * 1024;
const NODE_COST = 8;
const KEY_CHARS = 200;

/** An object as plain JSON within the bounds. */
export function plainData(
  value: Readonly<Record<string, unknown>>,
  bounds: Bounds,
  redactor: Redactor,
): Record<string, unknown> {
  const data = new PlainCopy(bounds, redactor).of(value, bounds.depth);
  return typeof data === 'object' && data !== null ? { ...data } : { unreadable: data };
}

class PlainCopy {
  readonly #bounds: Bounds;
  readonly #redactor: Redactor;
  #left = COST_MAX;

  constructor(bounds: Bounds, redactor: Redactor) {
    this.#bounds = bounds;
    this.#redactor = redactor;
  }

  /** Getters and proxies run foreign code and may throw. */
  of(value: unknown, depth: number): unknown {
    this.#left -= NODE_COST;
    if (this.#left < 0) return '…';
    try {
      return typeof value === 'object' && value !== null
        ? this.#object(value, depth)
        : this.#primitive(value);
    } catch {
      return '[unreadable]';
    }
  }

  #primitive(value: unknown): unknown {
    if (typeof value === 'string') {
      const text = cleanText(value, this.#bounds.chars, this.#redactor);
      this.#left -= text.length;
      return text;
    }
    if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
    if (typeof value === 'boolean' || value === null) return value;
    if (typeof value === 'bigint') return value.toString();
    return value === undefined ? null : `[${typeof value}]`;
  }

  #object(value: object, depth: number): unknown {
    if (depth === 0) return '[deeper]';
    if (value instanceof Error) return this.#pairs({ name: value.name, message: value.message }, depth);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? '[no time]' : value.toISOString();
    if (value instanceof Map || value instanceof Set) return this.#list([...value], depth);
    return Array.isArray(value) ? this.#list(value, depth) : this.#pairs(value, depth);
  }

  #list(list: readonly unknown[], depth: number): unknown[] {
    const kept = list.slice(0, this.#bounds.items).map((item) => this.of(item, depth - 1));
    return kept.length < list.length ? [...kept, `… (${list.length} items)`] : kept;
  }

  /** A key keeps its place but not its power: `__proto__` is a name like any other. */
  #pairs(value: object, depth: number): Record<string, unknown> {
    const all = Object.keys(value);
    const pairs: [string, unknown][] = [];
    for (const key of all.slice(0, this.#bounds.items)) {
      const inner = (value as Record<string, unknown>)[key];
      if (inner === undefined) continue;
      const name = cleanLine(key, KEY_CHARS, this.#redactor);
      this.#left -= name.length;
      pairs.push([name, this.of(inner, depth - 1)]);
    }
    if (all.length > this.#bounds.items) pairs.push(['…', `(${all.length} keys)`]);
    return Object.fromEntries(pairs);
  }
}
