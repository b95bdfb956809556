/** The rule book of small faults: what a slip of one word makes of a line, and so what may mend it. */

export interface Swap {
  /** Where in the repository. */
  readonly file: string;
  /** From 0. */
  readonly line: number;
  readonly before: string;
  readonly after: string;
  /** The slip: `<=` for `<`. Both ways have one name. */
  readonly kind: string;
}

/** Words that are mistaken for each other. */
const PAIRS: readonly (readonly [string, string])[] = [
  ['<=', '<'],
  ['>=', '>'],
  ['<', '>'],
  ['+=', '-='],
  [' + ', ' - '],
  [' * ', ' / '],
  ['&&', '||'],
  ['===', '!=='],
  ['true', 'false'],
  ['Math.max', 'Math.min'],
  ['Math.floor', 'Math.ceil'],
];
const COMPARISONS = new Set(['<', '>']);

/** Comments, heads, and what counts a loop: a slip there is seen at once, or never ends. */
const NO_PLACE = /^\s*(\/\*\*|\*|\/\/|import\b|export function\b|for \(let \w+ =)|\bi [+-]= 1/;

/** Every swap of one word, and every number that is one more or less, in code alone. */
export function swapsIn(file: string, text: string): readonly Swap[] {
  return text.split('\n').flatMap((before, line) => {
    if (NO_PLACE.test(before)) return [];
    return changesOf(before).map(({ after, kind }) => ({ file, line, before, after, kind }));
  });
}

interface Change {
  readonly after: string;
  readonly kind: string;
}

function changesOf(line: string): readonly Change[] {
  const pairs = PAIRS.flatMap(([a, b]) => [...placed(line, a, b), ...placed(line, b, a)]);
  return [...pairs, ...numbersIn(line)];
}

function placed(line: string, from: string, to: string): readonly Change[] {
  const changes: Change[] = [];
  for (let at = line.indexOf(from); at >= 0; at = line.indexOf(from, at + 1)) {
    const isPart = COMPARISONS.has(from) && /[<>=]/.test(`${line[at - 1]}${line[at + 1]}`);
    if (isPart) continue;
    const after = line.slice(0, at) + to + line.slice(at + from.length);
    changes.push({ after, kind: [from, to].sort().join(' ').trim() });
  }
  return changes;
}

const numbersIn = (line: string): readonly Change[] =>
  [...line.matchAll(/\b\d+\b/g)].flatMap(({ 0: digits, index }) =>
    [1, -1]
      .map((step) => Number(digits) + step)
      .filter((n) => n >= 0)
      .map((n) => ({
        after: line.slice(0, index) + n + line.slice(index + digits.length),
        kind: 'off by one',
      })),
  );

export const applied = (text: string, { line, after }: Swap): string =>
  text
    .split('\n')
    .map((was, at) => (at === line ? after : was))
    .join('\n');

/** Name of the function a line stands in. */
export function functionAt(text: string, line: number): string {
  const above = text
    .split('\n')
    .slice(0, line + 1)
    .toReversed();
  return above.flatMap((one) => /^export function (\w+)/.exec(one)?.[1] ?? [])[0] ?? '';
}
