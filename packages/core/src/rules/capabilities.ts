/** What a worker can do, and what a task asks for: names, each with a version where that matters, such as `coder@>=2`. */

type Version = readonly [major: number, minor: number, patch: number];

const NAME = /^[A-Za-z][\w.-]{0,63}$/;
const VERSION = /^(\d{1,6})(?:\.(\d{1,6}))?(?:\.(\d{1,6}))?$/;
const BOUND = /^(>=|<=|>|<|=|\^|~)?\s*(\d[\d.]*)$/;
const BOUNDS_MAX = 4;

interface Bound {
  readonly op: string;
  readonly version: Version;
  /** How many of its three numbers were written. */
  readonly depth: number;
}

/** What is wrong with a capability as a worker has it; undefined: nothing. */
export function capabilityProblem(text: string): string | undefined {
  const { name, after } = halves(text);
  if (!NAME.test(name)) return 'expected a name such as "gpu", or with its version "coder@2.1"';
  return after === undefined || VERSION.test(after) ? undefined : 'expected a version such as "coder@2.1"';
}

/** What is wrong with a capability as a task asks for it; undefined: nothing. */
export function wantProblem(text: string): string | undefined {
  const { name, after } = halves(text);
  if (!NAME.test(name)) return 'is no name of a capability';
  return after === undefined || boundsOf(after)
    ? undefined
    : 'has no range such as `coder@>=2` or `coder@^2.1`';
}

/** Whether a worker that has `capability` has what is wanted. */
export function offers(capability: string, wanted: string): boolean {
  const has = halves(capability);
  const wants = halves(wanted);
  if (has.name !== wants.name) return false;
  if (wants.after === undefined) return true;
  const bounds = boundsOf(wants.after);
  const version = has.after === undefined ? undefined : versionOf(has.after);
  return bounds !== undefined && version !== undefined && bounds.every((bound) => fits(version, bound));
}

export const nameOf = (capability: string): string => halves(capability).name;

function halves(text: string): { readonly name: string; readonly after: string | undefined } {
  const at = text.indexOf('@');
  return at < 0
    ? { name: text, after: undefined }
    : { name: text.slice(0, at), after: text.slice(at + 1).trim() };
}

function versionOf(text: string): Version | undefined {
  const found = VERSION.exec(text);
  return found ? [Number(found[1]), Number(found[2] ?? 0), Number(found[3] ?? 0)] : undefined;
}

/** All of them hold, `>=2 <3`. */
function boundsOf(text: string): readonly Bound[] | undefined {
  const words = text.split(/[\s,]+(?=[<>=^~\d])/).filter(Boolean);
  if (words.length === 0 || words.length > BOUNDS_MAX) return undefined;
  const bounds: Bound[] = [];
  for (const word of words) {
    const [, op = '', said = ''] = BOUND.exec(word.trim()) ?? [];
    const version = versionOf(said);
    if (!version) return undefined;
    bounds.push({ op, version, depth: said.split('.').length });
  }
  return bounds;
}

function fits(has: Version, { op, version, depth }: Bound): boolean {
  const order = compare(has, version);
  switch (op) {
    case '>=':
      return order >= 0;
    case '>':
      return order > 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    // The first number that is not zero stays.
    case '^':
      return order >= 0 && sameUntil(has, version, Math.max(1, Math.min(depth, leading(version))));
    case '~':
      return order >= 0 && sameUntil(has, version, Math.min(2, depth));
    // `coder@2` is any 2.
    default:
      return sameUntil(has, version, depth);
  }
}

/** How many numbers there are up to the first that is not zero, with it. */
const leading = (version: Version): number => {
  const at = version.findIndex((n) => n > 0);
  return at < 0 ? version.length : at + 1;
};

const sameUntil = (a: Version, b: Version, depth: number): boolean =>
  a.slice(0, depth).every((n, i) => n === b[i]);

function compare(a: Version, b: Version): number {
  const at = a.findIndex((n, i) => n !== b[i]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}
