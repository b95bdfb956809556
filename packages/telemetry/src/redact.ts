/** Takes known secrets out of text, in the spellings a program is likely to print them in. */
import { type KnownSecret, type Pattern, patternsOf, spacesIn, squeeze } from './forms.ts';
import { type Found, PatternTable } from './table.ts';

/** What stands in a secret's place. */
export const REDACTED = '[redacted]';
/** A secret shorter than this would take ordinary words with it: it is not looked for. */
export const SECRET_CHARS_MIN = 4;

export interface Redactor {
  redact(text: string): string;
  /** Length of the longest form looked for, in characters; 0 when there are no secrets. */
  readonly longest: number;
}

/** Is told each secret that was taken out, once a text. */
export type OnTakenOut = (secret: KnownSecret) => void;

/**
 * Looks for each secret as it stands, JSON-escaped, backwards, in hex, URL-encoded (as is usual, or every byte), and in
 * base64 (both alphabets) at each of the three places it can have in a longer encoded text, such as
 * `Authorization: Basic …`; also where white space or a line break stands within it. Not found: a secret that is split
 * over two values, compressed or encrypted.
 */
export const makeRedactor = (
  secrets: readonly (string | KnownSecret)[],
  onTakenOut?: OnTakenOut,
): LearningRedactor => new TableRedactor(secrets.map(named), onTakenOut);

/** One that is told of more as a run goes on: what it has learnt is not read again for each new one. */
export interface LearningRedactor extends Redactor {
  learn(secrets: readonly KnownSecret[]): void;
}

const named = (one: string | KnownSecret): KnownSecret =>
  typeof one === 'string' ? { name: '', value: one } : one;

class TableRedactor implements LearningRedactor {
  readonly #tables = new Tables();
  readonly #onTakenOut: OnTakenOut | undefined;

  constructor(secrets: readonly KnownSecret[], onTakenOut: OnTakenOut | undefined) {
    this.#onTakenOut = onTakenOut;
    this.learn(secrets);
  }

  get longest(): number {
    return Math.max(this.#tables.exact.longest, this.#tables.loose.longest * 2);
  }

  learn(secrets: readonly KnownSecret[]): void {
    for (const secret of secrets) this.#tables.add(patternsOf(secret, SECRET_CHARS_MIN));
  }

  /** Is handed around as a function of its own. */
  readonly redact = (text: string): string =>
    this.longest === 0 ? text : cut(text, this.#tables, this.#onTakenOut);
}

export class Tables {
  readonly exact = new PatternTable([]);
  readonly loose = new PatternTable([]);

  add(patterns: readonly Pattern[]): void {
    this.exact.add(patterns.filter(({ isLoose }) => !isLoose));
    this.loose.add(patterns.filter(({ isLoose }) => isLoose));
  }
}

function cut(text: string, { exact, loose }: Tables, onTakenOut: OnTakenOut | undefined): string {
  const tight = loose.longest === 0 ? '' : squeeze(text);
  const inTight = allIn(tight, loose);
  const found = [...allIn(text, exact), ...(inTight.length === 0 ? [] : widened(text, inTight))];
  if (found.length === 0) return text;
  if (onTakenOut)
    for (const secret of new Set(found.map(({ pattern }) => pattern.secret))) onTakenOut(secret);
  return without(text, found);
}

function allIn(text: string, table: PatternTable): Found[] {
  const found: Found[] = [];
  for (let next = table.next(text, 0); next; next = table.next(text, next.end)) found.push(next);
  return found;
}

/** The same places in the text with its white space; a piece takes with it what is written on at its ends. */
function widened(text: string, found: readonly Found[]): Found[] {
  const place = placesIn(text);
  return found.map(({ pattern, at, end }) => {
    const [from, to] = [place(at), place(end - 1) + 1];
    return pattern.isPiece
      ? { pattern, at: runBefore(text, from), end: runAfter(text, to) }
      : { pattern, at: from, end: to };
  });
}

/** Of a character in the squeezed text, where it stands in the text. @returns a function to be asked in rising order. */
function placesIn(text: string): (at: number) => number {
  const spaces = [...spacesIn(text)].map(({ index, 0: space }) => ({ index, length: space.length }));
  let passed = 0;
  let next = 0;
  let last = -1;
  return (at) => {
    if (at < last) [passed, next] = [0, 0];
    last = at;
    while (next < spaces.length && spaces[next]!.index <= at + passed) passed += spaces[next++]!.length;
    return at + passed;
  };
}

/** What is left of a piece beside it. */
const RUN_MAX = 24;
const isRun = (text: string, at: number): boolean => /[\w+/=%-]/.test(text[at] ?? '');

/** What a backslash stands before is no letter of a run. */
function runBefore(text: string, from: number): number {
  let at = from;
  while (from - at < RUN_MAX && isRun(text, at - 1) && text[at - 2] !== '\\') at -= 1;
  return at;
}

function runAfter(text: string, to: number): number {
  let at = to;
  while (at - to < RUN_MAX && isRun(text, at)) at += 1;
  return at;
}

function without(text: string, found: readonly Found[]): string {
  const parts: string[] = [];
  let done = 0;
  for (const { at, end } of [...found].sort((a, b) => a.at - b.at || b.end - a.end)) {
    if (at > done || parts.length === 0) parts.push(text.slice(done, at), REDACTED);
    done = Math.max(done, end);
  }
  return [...parts, text.slice(done)].join('');
}
