/**
 * What an operator allows: `test/fixtures/**`, no rule there; `rule:basicauth`, not this rule; `rule:basicauth docs/**`,
 * not this rule there. It errs one way: an entry allows what it names and nothing beside it.
 */
import { RULE_NAMES } from './names.ts';

export interface Allowed {
  /** No rule looks at it. */
  path(path: string): boolean;
  hit(rule: string, path: string): boolean;
}

/** Why an entry cannot be used, as a clause; undefined where it can. */
export function allowProblem(entry: string): string | undefined {
  const { rule, glob } = partsOf(entry);
  if (rule !== undefined && !(RULE_NAMES as readonly string[]).includes(rule))
    return `there is no rule \`${rule}\`; there are ${RULE_NAMES.join(', ')}`;
  if (glob === undefined) return undefined;
  if (/[{}[\]\\]/.test(glob)) return 'a glob here has `**`, `*` and `?` alone';
  if (/^\/|(^|\/)\.\.?(\/|$)|\/\//.test(glob)) return 'expected a path below the top of the repository';
  return glob === '' ? 'it names neither a rule nor a path' : undefined;
}

export function allowedBy(entries: readonly string[]): Allowed {
  const parts = entries.map(partsOf).map(({ rule, glob }) => ({ rule, fits: fitting(glob) }));
  return {
    path: (path) => parts.some(({ rule, fits }) => rule === undefined && fits(path)),
    hit: (name, path) => parts.some(({ rule, fits }) => (rule ?? name) === name && fits(path)),
  };
}

function partsOf(entry: string): { readonly rule?: string; readonly glob?: string } {
  const [, rule, glob] = /^rule:(\S*)(?:\s+(.*))?$/.exec(entry.trim()) ?? [];
  if (rule === undefined) return { glob: entry.trim() };
  return { rule, ...(glob !== undefined && { glob }) };
}

/** A plain path stands for itself and what lies below it. */
function fitting(glob: string | undefined): (path: string) => boolean {
  if (glob === undefined) return () => true;
  const pattern = glob
    .replace(/\/$/, '')
    .split('/')
    .map((name) => (name === '**' ? '(?:[^/]+/)*' : `${nameOf(name)}/`))
    .join('');
  const whole = new RegExp(`^${pattern}`, 's');
  return (path) => whole.test(`${path}/`);
}

const nameOf = (name: string): string =>
  name
    .replaceAll(/[.+^$()|]/g, '\\$&')
    .replaceAll(/\*+/g, '[^/]*')
    .replaceAll('?', '[^/]');
