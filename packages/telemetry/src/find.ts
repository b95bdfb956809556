/** Finds known secrets in bytes that come in pieces, in every spelling the redactor knows. */
import type { SecretFinder } from '@swarm/core/ports/git';
import { formsOf } from './redact.ts';

export interface KnownSecret {
  /** What is told of it, such as the variable it stands in. */
  readonly name: string;
  readonly value: string;
}

/** A shorter value, or a line of one, stands in honest files by chance. */
const SECRET_CHARS_MIN = 8;
const LINE_CHARS_MIN = 24;
/** Of a longer value the beginning is looked for. */
const SECRET_CHARS_MAX = 4_096;

interface Pattern {
  readonly name: string;
  readonly bytes: Buffer;
}

/** @returns undefined when there is nothing to look for. */
export function makeFinder(secrets: readonly KnownSecret[]): SecretFinder | undefined {
  const patterns = secrets.flatMap(patternsOf);
  if (patterns.length === 0) return undefined;
  const starts = new Map<number, Pattern[]>();
  for (const pattern of patterns) {
    const start = startAt(pattern.bytes, 0);
    starts.set(start, [...(starts.get(start) ?? []), pattern]);
  }
  const isStart = new Uint8Array(1 << 16);
  for (const start of starts.keys()) isStart[start] = 1;
  const longest = Math.max(...patterns.map(({ bytes }) => bytes.length));
  return { begin: () => search({ starts, isStart, longest }) };
}

interface Table {
  /** Patterns by their first two bytes. */
  readonly starts: ReadonlyMap<number, readonly Pattern[]>;
  readonly isStart: Uint8Array;
  readonly longest: number;
}

function search({ starts, isStart, longest }: Table): (piece: Uint8Array) => string | undefined {
  let tail: Uint8Array = Buffer.alloc(0);
  return (piece) => {
    const bytes = Buffer.concat([tail, piece]);
    for (let at = 0; at + 1 < bytes.length; at += 1) {
      const start = startAt(bytes, at);
      if (isStart[start] === 0) continue;
      const found = starts.get(start)?.find((pattern) => stands(pattern.bytes, bytes, at));
      if (found) return found.name;
    }
    tail = bytes.subarray(Math.max(0, bytes.length - longest + 1));
    return undefined;
  };
}

const startAt = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;

const stands = (pattern: Buffer, bytes: Buffer, at: number): boolean =>
  at + pattern.length <= bytes.length &&
  bytes.compare(pattern, 0, pattern.length, at, at + pattern.length) === 0;

/** The value, and each long line of it: a key of many lines is indented, or quoted, where it is put. */
function patternsOf({ name, value }: KnownSecret): Pattern[] {
  const whole = value.slice(0, SECRET_CHARS_MAX);
  const lines = whole.split('\n').filter((line) => line.length >= LINE_CHARS_MIN && !line.includes('-----'));
  const texts = [whole, ...(whole.includes('\n') ? lines : [])].filter(
    (text) => text.length >= SECRET_CHARS_MIN,
  );
  const forms = new Set(texts.flatMap(formsOf).filter((form) => form.length >= SECRET_CHARS_MIN));
  const wide = texts.map((text) => Buffer.from(text, 'utf16le'));
  return [...[...forms].map((form) => Buffer.from(form)), ...wide].map((bytes) => ({ name, bytes }));
}
