/**
 * Whether a version answers a range, as npm reads both. Only what is plain is answered: a version before its release,
 * a tag, an address or a range in other words is not, and whoever asks must not guess.
 */

type Version = readonly [major: number, minor: number, patch: number];
/** From, and up to but without. */
interface Span {
  readonly from: Version;
  readonly to: Version | undefined;
}

const RANGE_MAX = 200;
const NUMBER = String.raw`(?:0|[1-9]\d{0,8})`;
const VERSION = new RegExp(String.raw`^v?(${NUMBER})\.(${NUMBER})\.(${NUMBER})(?:\+[\w.-]+)?$`);
const PARTIAL = new RegExp(
  String.raw`^(\^|~|>=|<=|>|<|=)?v?(${NUMBER}|[xX*])(?:\.(${NUMBER}|[xX*]))?(?:\.(${NUMBER}|[xX*]))?$`,
);

/** @returns undefined where the answer is not plain. */
export function satisfies(version: string, range: string): boolean | undefined {
  const asked = versionOf(version);
  if (!asked || range.length > RANGE_MAX) return undefined;
  const answers = range.split('||').map((part) => satisfiesAll(asked, part.trim()));
  return answers.includes(undefined) ? undefined : answers.includes(true);
}

function satisfiesAll(version: Version, part: string): boolean | undefined {
  const spans = spansOf(part);
  return spans?.every(({ from, to }) => compare(version, from) >= 0 && (!to || compare(version, to) < 0));
}

export function versionOf(text: string): Version | undefined {
  const found = VERSION.exec(text);
  return found ? [Number(found[1]), Number(found[2]), Number(found[3])] : undefined;
}

const ANY: Span = { from: [0, 0, 0], to: undefined };

function spansOf(part: string): readonly Span[] | undefined {
  if (part === '') return [ANY];
  const [low, high] = part.split(/ +- +/);
  if (high !== undefined) return hyphen(low!, high);
  const spans = part
    .replace(/([<>=~^]) +/g, '$1')
    .split(/ +/)
    .map(spanOf);
  return spans.every((span) => span !== undefined) ? spans : undefined;
}

/** `1.2 - 2.3.4`: both ends are in it. */
function hyphen(low: string, high: string): readonly Span[] | undefined {
  const spans = [spanOf(`>=${low}`), spanOf(`<=${high}`)];
  return spans.every((span) => span !== undefined) ? spans : undefined;
}

function spanOf(word: string): Span | undefined {
  const found = PARTIAL.exec(word);
  if (!found) return undefined;
  const numbers = found.slice(2, 5).map((text) => (/^\d+$/.test(text ?? '') ? Number(text) : undefined));
  const given = numbers.indexOf(undefined);
  const parts = given < 0 ? 3 : given;
  const at = numbers.map((number, i) => (i < parts ? (number ?? 0) : 0)) as unknown as Version;
  // All that a partial version stands for: `1.2` is 1.2.0 up to 1.3.0.
  const next = parts === 0 ? undefined : bumped(at, parts - 1);
  switch (found[1] ?? '=') {
    case '^':
      return { from: at, to: parts === 0 ? undefined : bumped(at, leading(at, parts)) };
    case '~':
      return { from: at, to: parts === 0 ? undefined : bumped(at, Math.min(parts - 1, 1)) };
    case '>=':
      return { from: at, to: undefined };
    case '>':
      return next && { from: next, to: undefined };
    case '<':
      return { from: [0, 0, 0], to: at };
    case '<=':
      return { from: [0, 0, 0], to: next };
    default:
      return { from: at, to: next };
  }
}

/** The first part of a version that may not change: the leftmost that is not 0. */
function leading(at: Version, parts: number): number {
  const found = at.findIndex((number, i) => i < parts && number > 0);
  return found < 0 ? parts - 1 : found;
}

const bumped = (at: Version, part: number): Version =>
  at.map((number, i) => (i < part ? number : i === part ? number + 1 : 0)) as unknown as Version;

function compare(a: Version, b: Version): number {
  for (let i = 0; i < 3; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}

/** What Rust and others call compatible: nothing in front of the leftmost number that is not 0 differs, nor it. */
export function areCompatible(a: string, b: string): boolean | undefined {
  const [first, second] = [versionOf(a), versionOf(b)];
  if (!first || !second) return undefined;
  const part = leading(first, 3);
  return first.slice(0, part + 1).every((number, i) => number === second[i]);
}
