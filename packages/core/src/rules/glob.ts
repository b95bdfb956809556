/**
 * The part of globs that scopes need: could two of them name the same path? Linear matching of paths is not
 * wanted here, and no regular expression is ever made of an entry, so none can run away.
 *
 * `*` and `?` stay within a name, `**` crosses names, `{a,b}` is either, `[x]` is one character or just those
 * characters (files are really called `[id].tsx`). Where an entry is too long or too rich to be followed exactly,
 * it stands for more paths, never for fewer.
 */

/** One alternative of an entry: names in order; `**` stands for any number of names. */
export type Pattern = readonly string[];

/** An entry with wildcards longer than this stands for everything under its fixed beginning. */
const GLOB_LENGTH_MAX = 128;
/** So does an entry with more alternatives than this. */
const ALTERNATIVES_MAX = 8;

export const isGlob = (entry: string): boolean => /[*?{[]/.test(entry);

/** A last name such as `a.ts` is taken for a file; `src`, `v1.2` and `Makefile` may be folders. */
const FILE_NAME = /[^/]\.[a-z][a-z0-9]{0,5}$/;
export const isFileName = (path: string): boolean => FILE_NAME.test(path);

/** A plain path as a pattern: what may be a folder stands for all below it, too. */
export const pathPattern = (path: string): Pattern =>
  isFileName(path) ? names(path) : [...names(path), '**'];

/** Every alternative of one folded entry. */
export function patternsOf(entry: string): readonly Pattern[] {
  if (!isGlob(entry)) return [entry.endsWith('/') ? [...names(entry), '**'] : pathPattern(entry)];
  const alternatives = entry.length > GLOB_LENGTH_MAX ? undefined : expand(entry);
  return alternatives?.map(patternOf) ?? [[...fixedNames(entry), '**']];
}

/** The folder every path of the entry lies in, as names; for a plain path the path itself. */
export function fixedNames(entry: string): string[] {
  if (!isGlob(entry)) return names(entry);
  const fixed = entry.slice(0, entry.search(/[*?{[]/));
  return names(fixed.slice(0, fixed.lastIndexOf('/') + 1));
}

const names = (path: string): string[] => path.split('/').filter((name) => name !== '');

/** @returns undefined when there are too many. A brace or bracket without its end is an ordinary character. */
function expand(entry: string): readonly string[] | undefined {
  let open: readonly string[] = [entry];
  const done: string[] = [];
  while (open.length > 0) {
    if (open.length + done.length > ALTERNATIVES_MAX) return undefined;
    open = open.flatMap((text) => {
      const choice = firstChoice(text);
      if (choice === undefined) done.push(text);
      return choice ?? [];
    });
  }
  return done;
}

/** Marks what was a bracket and is now an ordinary character; cannot stand in an entry (see scope-path.ts). */
const LITERAL = { '[': '\u0001', '{': '\u0002' } as const;

function firstChoice(text: string): string[] | undefined {
  const at = text.search(/[{[]/);
  if (at < 0) return undefined;
  const [before, opener] = [text.slice(0, at), text[at] as '[' | '{'];
  const end = opener === '[' ? text.indexOf(']', at + 2) : braceEnd(text, at);
  const literal = before + LITERAL[opener] + text.slice(at + 1);
  if (end < 0) return [literal];
  if (opener === '[') return [`${before}?${text.slice(end + 1)}`, literal];
  return braceParts(text.slice(at + 1, end)).map((part) => before + part + text.slice(end + 1));
}

function braceEnd(text: string, at: number): number {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    if (text[i] === '{') depth++;
    if (text[i] === '}' && --depth === 0) return i;
  }
  return -1;
}

function braceParts(inside: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const c of inside) {
    if (c === '{') depth++;
    if (c === '}') depth--;
    if (c === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += c;
  }
  return parts;
}

function patternOf(alternative: string): Pattern {
  const pattern = names(alternative.replaceAll('\u0001', '[').replaceAll('\u0002', '{')).map((name) =>
    // `src/**.ts` is written by people who mean every folder below.
    name.includes('**') ? '**' : name,
  );
  const last = pattern.at(-1);
  const namesFiles =
    last !== undefined && (/[*?]/.test(last) || isFileName(last)) && !alternative.endsWith('/');
  return namesFiles ? pattern : [...pattern, '**'];
}

/** Whether some path fits both. Work is at most the product of the two lengths. */
export function patternsMeet(a: Pattern, b: Pattern): boolean {
  return meet(a, b, (name) => name === '**', namesMeet);
}

function namesMeet(a: string, b: string): boolean {
  if (a === b) return true;
  if (!/[*?]/.test(a) && !/[*?]/.test(b)) return false;
  return meet(
    a,
    b,
    (c) => c === '*',
    (c, d) => c === d || c === '?' || d === '?',
  );
}

/**
 * Whether two sequences with wildcards can be made equal, by the table of (i, j) "the rest of a from i and the
 * rest of b from j can", filled from the end, one row kept.
 */
function meet<T extends string>(
  a: ArrayLike<T> | string,
  b: ArrayLike<T> | string,
  isAny: (item: string) => boolean,
  same: (x: string, y: string) => boolean,
): boolean {
  let below: boolean[] = [];
  for (let i = a.length; i >= 0; i--) {
    const row: boolean[] = new Array(b.length + 1);
    for (let j = b.length; j >= 0; j--) {
      const [x, y] = [a[i], b[j]];
      if (x === undefined && y === undefined) row[j] = true;
      else if (x !== undefined && isAny(x)) row[j] = below[j]! || (y !== undefined && row[j + 1]!);
      else if (y !== undefined && isAny(y)) row[j] = row[j + 1]! || (x !== undefined && below[j]!);
      else row[j] = x !== undefined && y !== undefined && below[j + 1]! && same(x, y);
    }
    below = row;
  }
  return below[0]!;
}
