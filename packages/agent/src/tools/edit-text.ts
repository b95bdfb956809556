/**
 * Replaces passages of a text. A model often copies a passage nearly right: what it meant is looked for in four passes,
 * from exact to alike, and a pass counts only where it finds one place.
 */
import { ToolFault } from './tool.ts';

export interface Replacement {
  readonly oldText: string;
  readonly newText: string;
  readonly replaceAll?: boolean | undefined;
}

export interface Edited {
  readonly text: string;
  /** What was taken out and put in, each with its first line's number. */
  readonly changes: readonly Change[];
}
export interface Change {
  readonly line: number;
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** How the passage was found, when it was not there as given. */
  readonly how?: string;
}

/** Each on what the one before it left; none is done when one cannot be. @throws ToolFault */
export function editText(text: string, replacements: readonly Replacement[], shown: string): Edited {
  let now = text;
  const changes: Change[] = [];
  for (const [i, replacement] of replacements.entries()) {
    const which = replacements.length > 1 ? `edits.${i}: ` : '';
    const places = placesOf(now, replacement, shown, which);
    for (const place of [...places].reverse()) {
      changes.push(changeOf(now, place));
      now = now.slice(0, place.at) + place.newText + now.slice(place.end);
    }
  }
  return { text: now, changes };
}

/** The changes as lines with `-` and `+`, at most `max` of them. */
export function diffText(changes: readonly Change[], max = 80): string {
  const lines = changes.flatMap(({ line, before, after, how }) => [
    `@@ line ${line}${how ? `, ${how}` : ''} @@`,
    ...before.map((l) => `-${l}`),
    ...after.map((l) => `+${l}`),
  ]);
  return lines.length <= max
    ? lines.join('\n')
    : [...lines.slice(0, max), `[… ${lines.length - max} more lines]`].join('\n');
}

interface Place {
  readonly at: number;
  readonly end: number;
  readonly newText: string;
  readonly how?: string;
}

function placesOf(text: string, given: Replacement, shown: string, which: string): readonly Place[] {
  const fault = (why: string) => new ToolFault(`edit: ${which}${why}`);
  if (given.oldText === '') throw fault('oldText is empty; to write a whole file use write');
  for (const one of numbersStripped(given)) {
    const [from, to] = inLineEndingsOf(text, one.oldText, one.newText);
    if (from === to) throw fault('oldText and newText are the same; nothing to do');
    const exact = everyPlaceOf(text, from);
    if (exact.length === 1 || (exact.length > 1 && given.replaceAll))
      return exact.map((at) => ({ at, end: at + from.length, newText: to }));
    if (exact.length > 1)
      throw fault(
        `oldText occurs ${exact.length} times in ${shown}; give more context, or replaceAll to change each`,
      );
    if (given.replaceAll) continue;
    const alike = likePlace(text, from, to);
    if (alike === 'many')
      throw fault(
        `oldText does not occur in ${shown}, and more than one passage is like it; copy it exactly`,
      );
    if (alike) return [alike];
  }
  throw fault(`oldText does not occur in ${shown}; ${nearMiss(text, given.oldText)}`);
}

/** Line numbers that were copied along with the text, as `read` shows them, belong to no file. */
function numbersStripped(given: Replacement): readonly Replacement[] {
  const oldText = withoutNumbers(given.oldText);
  if (oldText === undefined) return [given];
  return [given, { ...given, oldText, newText: withoutNumbers(given.newText) ?? given.newText }];
}

const NUMBERED = /^ *\d+(?:\t|[|:→] ?)/;

function withoutNumbers(text: string): string | undefined {
  const lines = text.split('\n');
  const told = lines.filter((line) => line.trim() !== '');
  if (told.length === 0 || !told.every((line) => NUMBERED.test(line))) return undefined;
  return lines.map((line) => line.replace(NUMBERED, '')).join('\n');
}

function everyPlaceOf(text: string, passage: string): readonly number[] {
  const places: number[] = [];
  for (let at = text.indexOf(passage); at !== -1; at = text.indexOf(passage, at + passage.length))
    places.push(at);
  return places;
}

// ───────────── passages that are alike, line by line ─────────────

interface Pass {
  readonly how: string;
  readonly key: (line: string) => string;
  readonly isIndented?: true;
}

const PASSES: readonly Pass[] = [
  { how: 'found but for space at the ends of lines', key: (line) => line.trimEnd() },
  { how: 'found with another indentation, which was kept', key: (line) => line.trim(), isIndented: true },
  { how: 'found but for characters that look alike', key: (line) => plainCharacters(line).trimEnd() },
];

function likePlace(text: string, from: string, to: string): Place | 'many' | undefined {
  const lines = text.split('\n');
  const wanted = trimmedLines(from);
  if (wanted.length === 0) return undefined;
  for (const { how, key, isIndented } of PASSES) {
    const found = windowsLike(lines, wanted, key);
    if (found.length > 1) return 'many';
    if (found.length === 0) continue;
    const first = found[0]!;
    const there = lines.slice(first, first + wanted.length);
    const put = trimmedLines(to);
    const newText = (isIndented ? reindented(put, wanted, there) : put).join('\n');
    const at = lines.slice(0, first).reduce((n, line) => n + line.length + 1, 0);
    const end = at + there.join('\n').length;
    if (to !== '') return { at, end, newText: keptEnd(newText, there.at(-1)!), how };
    // A passage that goes takes its line end with it.
    return { at, end: Math.min(end + 1, text.length), newText: '', how };
  }
  return undefined;
}

/** In a file with `\r\n` the last line found has its `\r` inside. */
const keptEnd = (newText: string, last: string): string =>
  last.endsWith('\r') && !newText.endsWith('\r') ? `${newText}\r` : newText;

/** Lines without empty ones at either end: they say nothing about the place. */
function trimmedLines(text: string): readonly string[] {
  const lines = text.split('\n');
  while (lines.length > 0 && lines[0]!.trim() === '') lines.shift();
  while (lines.length > 0 && lines.at(-1)!.trim() === '') lines.pop();
  return lines;
}

function windowsLike(
  lines: readonly string[],
  wanted: readonly string[],
  key: (line: string) => string,
): readonly number[] {
  const keys = wanted.map(key);
  const all = lines.map(key);
  const found: number[] = [];
  for (let i = 0; i + keys.length <= all.length && found.length < 2; i++)
    if (keys.every((k, j) => k === all[i + j])) found.push(i);
  return found;
}

const indentOf = (line: string): string => /^[ \t]*/.exec(line)![0];

/** The new lines with the file's indentation where the passage had another one. */
function reindented(
  put: readonly string[],
  wanted: readonly string[],
  there: readonly string[],
): readonly string[] {
  const known = new Map<string, string>();
  for (const [i, line] of wanted.entries())
    if (line.trim() !== '' && !known.has(indentOf(line))) known.set(indentOf(line), indentOf(there[i]!));
  const unit = unitOf(known);
  return put.map((line) => {
    if (line.trim() === '') return line;
    const own = indentOf(line);
    return (known.get(own) ?? scaled(own, known, unit)) + line.slice(own.length);
  });
}

/** An indentation that the passage does not show: the nearest smaller one that it does, and as many steps more. */
function scaled(
  own: string,
  known: ReadonlyMap<string, string>,
  unit: { readonly said: string; readonly there: string } | undefined,
): string {
  const smaller = [...known.keys()]
    .filter((said) => own.startsWith(said))
    .sort((a, b) => b.length - a.length);
  const [from] = smaller;
  if (from === undefined) return own;
  const rest = own.slice(from.length);
  const steps = unit ? rest.length / unit.said.length : 0;
  return known.get(from)! + (unit && Number.isInteger(steps) ? unit.there.repeat(steps) : rest);
}

/** One step of indentation, as it was said and as it is in the file. */
function unitOf(known: ReadonlyMap<string, string>): { said: string; there: string } | undefined {
  const pairs = [...known].sort((a, b) => a[0].length - b[0].length);
  for (let i = 1; i < pairs.length; i++) {
    const [said, there] = [
      pairs[i]![0].slice(pairs[i - 1]![0].length),
      pairs[i]![1].slice(pairs[i - 1]![1].length),
    ];
    if (said !== '' && there !== '') return { said, there };
  }
  return undefined;
}

const ALIKE: readonly (readonly [RegExp, string])[] = [
  [/[\u2018\u2019\u201a\u201b\u2032]/g, "'"],
  [/[\u201c\u201d\u201e\u201f\u2033]/g, '"'],
  [/[\u2010-\u2015\u2212]/g, '-'],
  [/[\u00a0\u2002-\u200a\u202f\u205f\u3000]/g, ' '],
  [/\u2026/g, '...'],
];

const plainCharacters = (line: string): string =>
  ALIKE.reduce((text, [from, to]) => text.replaceAll(from, to), line.normalize('NFC'));

// ───────────── what is told ─────────────

/** Models write `\n`; a file with `\r\n` throughout keeps its own ends. */
function inLineEndingsOf(text: string, oldText: string, newText: string): [string, string] {
  if (!text.includes('\r\n') || oldText.includes('\r\n')) return [oldText, newText];
  const crlf = (s: string) => s.replaceAll(/\r?\n/g, '\r\n');
  return [crlf(oldText), crlf(newText)];
}

function changeOf(text: string, { at, end, newText, how }: Place): Change {
  const from = text.lastIndexOf('\n', at - 1) + 1;
  const lineEnd = text.indexOf('\n', Math.max(end - (text[end - 1] === '\n' ? 1 : 0), at));
  const to = lineEnd === -1 ? text.length : Math.max(lineEnd, end);
  const before = text.slice(from, to);
  const after = text.slice(from, at) + newText + text.slice(end, to);
  const line = text.slice(0, at).split('\n').length;
  return { line, before: shownLines(before), after: shownLines(after), ...(how && { how }) };
}

function shownLines(text: string): readonly string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Where the first line of a passage is, when the rest of it does not match. */
function nearMiss(text: string, passage: string): string {
  const first = trimmedLines(passage)[0]?.trim();
  const line = first ? text.split('\n').findIndex((l) => l.trim() === first) + 1 : 0;
  return line > 0
    ? `its first line is at line ${line}, but what follows differs: read the file there and copy exactly`
    : 'read the file and copy the passage exactly';
}
