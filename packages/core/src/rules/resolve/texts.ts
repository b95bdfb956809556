/** The three versions of a conflicted file, as lines. */

export interface Texts {
  /** Absent when both sides added the file. */
  readonly base?: string;
  /** What the target holds: landed already. */
  readonly ours: string;
  /** What wants to land. */
  readonly theirs: string;
}

export type Lines = readonly string[];

export interface ThreeLines {
  readonly base: Lines;
  readonly ours: Lines;
  readonly theirs: Lines;
  /** Lines put together again, with the line ends all three share. */
  readonly join: (lines: Lines) => string;
}

/**
 * @returns undefined when line ends differ within or between the texts: no line could be told from its twin.
 * A missing newline at the end is a fact of its own, merged as such, and makes no line differ.
 */
export function splitLines({ base = '', ours, theirs }: Texts): ThreeLines | undefined {
  const ends = new Set([base, ours, theirs].flatMap((text) => lineEndsOf(text)));
  if (ends.size > 1) return undefined;
  const [end = '\n'] = ends;
  const isEnded = merged(hasEnd(base), hasEnd(ours), hasEnd(theirs));
  const split = (text: string): Lines => (text === '' ? [] : trimEnd(text).split(end));
  const join = (lines: Lines): string => lines.join(end) + (isEnded && lines.length > 0 ? end : '');
  return { base: split(base), ours: split(ours), theirs: split(theirs), join };
}

function lineEndsOf(text: string): string[] {
  const all = text.split('\n').length - 1;
  if (all === 0) return [];
  const long = text.split('\r\n').length - 1;
  if (long === 0) return ['\n'];
  return long === all ? ['\r\n'] : ['\n', '\r\n'];
}

/** An empty text counts as ended: the first line added to it decides nothing. */
const hasEnd = (text: string): boolean => text === '' || text.endsWith('\n');
const trimEnd = (text: string): string => text.replace(/\r?\n$/, '');
const merged = (base: boolean, ours: boolean, theirs: boolean): boolean => (ours === base ? theirs : ours);

export function sameLines(a: Lines, b: Lines): boolean {
  return a.length === b.length && a.every((line, i) => line === b[i]);
}
