/** The first request of a replay that was not recorded, told with the words that differ. */
import { type Ask, type Who, whoText } from './line.ts';
import { comparable, withoutOutputs } from './sameness.ts';

export interface Divergence {
  /** Of the cassette, where there is a line to compare with. */
  readonly line?: number;
  /** Of several lines: who asks, where in the request, what was recorded (`-`) and what is asked now (`+`). */
  readonly text: string;
}

export interface DivergenceFacts {
  /** Of the cassette. */
  readonly path: string;
  readonly who: Who;
  readonly asked: Ask;
  /** Requests of this asker that were answered before. */
  readonly answered: number;
  /** What this asker asked next in the recorded run. */
  readonly recorded?: { readonly line: number; readonly ask: Ask };
  readonly wasResumed: boolean;
}

export function divergenceOf(facts: DivergenceFacts): Divergence {
  const { who, answered, recorded, path: file } = facts;
  const request = `${whoText(who)}, request ${answered + 1}`;
  if (recorded === undefined)
    return { text: [`${request}: in ${file} ${nothingMore(facts)}`, ...lastWords(facts.asked)].join('\n') };
  const { line } = recorded;
  const difference = differenceOf(recorded.ask, facts.asked);
  if (difference === undefined) return { line, text: `${request}: ${file}:${line} is of another endpoint` };
  const { path, was, now } = difference;
  return {
    line,
    text: [`${request}: ${path} is not as in ${file}:${line}`, ...shortDiff(was, now)].join('\n'),
  };
}

/** What tools gave back decides nothing, and is not what differs. */
const differenceOf = (recorded: Ask, asked: Ask): Difference | undefined =>
  firstDifference(comparable(withoutOutputs(recorded)), comparable(withoutOutputs(asked)), '');

function nothingMore({ answered, wasResumed }: DivergenceFacts): string {
  const what = answered === 0 ? 'nothing is recorded of this one' : `it asked ${answered} times, and no more`;
  return wasResumed
    ? `${what} (the recorded run was stopped and taken up again, which a replay is not)`
    : what;
}

interface Difference {
  readonly path: string;
  readonly was: unknown;
  readonly now: unknown;
}

/** In the order of keys: the conversation before the tools. */
function firstDifference(was: unknown, now: unknown, path: string): Difference | undefined {
  if (isHolder(was) && isHolder(now) && Array.isArray(was) === Array.isArray(now)) {
    const keys = Array.isArray(was)
      ? longerOf(was, now)
      : [...new Set([...Object.keys(was), ...Object.keys(now)])].sort();
    for (const key of keys) {
      const found = firstDifference(
        was[key],
        now[key],
        Array.isArray(was) ? `${path}[${key}]` : joined(path, key),
      );
      if (found) return found;
    }
    return undefined;
  }
  return was === now ? undefined : { path: path || 'the request', was, now };
}

type Holder = Record<string, unknown>;
const isHolder = (value: unknown): value is Holder => typeof value === 'object' && value !== null;
/** @returns the places of the longer list. */
const longerOf = (...[a, b]: readonly [object, object]): string[] => {
  const [ofA, ofB] = [Object.keys(a), Object.keys(b)];
  return ofA.length >= ofB.length ? ofA : ofB;
};

/** `body` holds nearly everything, and says nothing. */
const joined = (path: string, key: string): string =>
  path === '' && key === 'body' ? '' : path === '' ? key : `${path}.${key}`;

const CONTEXT = 2;
const LINES_MAX = 4;
const CHARS_MAX = 160;

/** The first lines that differ, with the lines before them. */
function shortDiff(was: unknown, now: unknown): readonly string[] {
  const [a, b] = [linesIn(was), linesIn(now)];
  let first = 0;
  while (first < Math.min(a.length, b.length) && a[first] === b[first]) first += 1;
  let last = 0;
  while (last < Math.min(a.length, b.length) - first && a.at(-1 - last) === b.at(-1 - last)) last += 1;
  const at = firstChar(a[first] ?? '', b[first] ?? '');
  const shown = (sign: string, lines: readonly string[]): string[] => {
    const kept = lines.slice(0, LINES_MAX).map((line, i) => `${sign} ${clipped(line, i === 0 ? at : 0)}`);
    return lines.length > LINES_MAX ? [...kept, `${sign} [… ${lines.length - LINES_MAX} lines more]`] : kept;
  };
  return [
    ...shown(' ', a.slice(Math.max(0, first - CONTEXT), first)),
    ...shown('-', a.slice(first, a.length - last)),
    ...shown('+', b.slice(first, b.length - last)),
  ];
}

function linesIn(value: unknown): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? value.split('\n') : [JSON.stringify(value)];
}

function firstChar(a: string, b: string): number {
  let at = 0;
  while (at < Math.min(a.length, b.length) && a[at] === b[at]) at += 1;
  return at;
}

/** With the place that differs in sight. */
function clipped(line: string, at: number): string {
  const from = at > CHARS_MAX / 2 ? at - CHARS_MAX / 2 : 0;
  const text = line.slice(from, from + CHARS_MAX).toWellFormed();
  return `${from > 0 ? '…' : ''}${text}${from + CHARS_MAX < line.length ? '…' : ''}`;
}

/** The end of what is asked, where there is nothing to compare with. */
function lastWords({ body }: Ask): readonly string[] {
  const said = body.messages ?? body.input ?? body.contents;
  const last: unknown = Array.isArray(said) ? said.at(-1) : said;
  const text =
    isHolder(last) && typeof last.content === 'string' ? last.content : JSON.stringify(last ?? body);
  return text
    .trim()
    .split('\n')
    .slice(0, LINES_MAX)
    .map((line) => `+ ${clipped(line, 0)}`);
}
