/**
 * Three-way merge of JSON manifests, key by key: what one side changed is taken from it, what both changed
 * differently is a conflict. Only what is known to be a set is treated as one.
 */
import {
  compact,
  type Json,
  type JsonFile,
  type JsonObject,
  parseJsonFile,
  printJson,
  sameJson,
  withoutText,
} from './json-text.ts';
import { type Lines, sameLines, type Texts } from './texts.ts';
import { isSorted, weave } from './weave.ts';

/** Present or not: a key is a thing one side may add or remove. */
type Maybe = Json | undefined;
type Outcome = { readonly value: Maybe } | 'conflict';

export interface Versions<T> {
  readonly base: T;
  readonly ours: T;
  readonly theirs: T;
}

/** Joins one entry of the root otherwise than key by key. Undefined: a conflict. */
export interface Special {
  readonly key: string;
  readonly join: (all: Versions<JsonObject>) => JsonObject | undefined;
}

/** Laid out as ours. Undefined: a conflict, or a text that is not a strict JSON object. */
export function mergeJson(texts: Texts, special?: Special): string | undefined {
  const ours = parseJsonFile(texts.ours);
  const theirs = parseJsonFile(texts.theirs);
  const base = texts.base === undefined ? EMPTY : parseJsonFile(texts.base)?.root;
  if (!ours || !theirs || !base) return undefined;
  const all = { base, ours: ours.root, theirs: inLayoutOf(ours, theirs) as JsonObject };
  const merged = special ? mergeSpecial(all, special) : mergeValue(all, []);
  if (merged === 'conflict' || !merged.value) return undefined;
  return ours.before + printJson(merged.value, ours) + ours.after;
}

function mergeSpecial(all: Versions<JsonObject>, { key, join }: Special): Outcome {
  const at = (side: JsonObject): JsonObject => {
    const value = side.entries.get(key);
    return value?.kind === 'object' ? value : EMPTY;
  };
  const joined = join({ base: at(all.base), ours: at(all.ours), theirs: at(all.theirs) });
  if (!joined) return 'conflict';
  const set = (side: JsonObject): JsonObject => ({
    kind: 'object',
    entries: new Map([...side.entries].map(([name, value]) => [name, name === key ? joined : value])),
  });
  return mergeValue({ base: set(all.base), ours: set(all.ours), theirs: set(all.theirs) }, []);
}

const EMPTY: JsonObject = { kind: 'object', entries: new Map() };

/** Text of theirs is put into ours as it stands only where both are laid out alike. */
function inLayoutOf(ours: JsonFile, theirs: JsonFile): Json {
  const isAlike = ours.indent === theirs.indent && ours.lineEnd === theirs.lineEnd;
  return isAlike ? theirs.root : withoutText(theirs.root);
}

export function mergeValue({ base, ours, theirs }: Versions<Maybe>, path: readonly string[]): Outcome {
  if (same(ours, theirs) || same(base, theirs)) return { value: ours };
  if (same(base, ours)) return { value: theirs };
  if (ours?.kind === 'object' && theirs?.kind === 'object' && (base ?? EMPTY).kind === 'object')
    return mergeObjects({ base: (base ?? EMPTY) as JsonObject, ours, theirs }, path);
  if (ours?.kind === 'array' && theirs?.kind === 'array' && base?.kind === 'array')
    return mergeArrays({ base: base.items, ours: ours.items, theirs: theirs.items }, path);
  return 'conflict';
}

const same = (a: Maybe, b: Maybe): boolean => (a && b ? sameJson(a, b) : a === b);

function mergeObjects(all: Versions<JsonObject>, path: readonly string[]): Outcome {
  const keys = keysOf(all, path);
  if (!keys) return 'conflict';
  const entries = new Map<string, Json>();
  for (const key of keys) {
    const [base, ours, theirs] = [all.base, all.ours, all.theirs].map((side) => side.entries.get(key));
    const merged = mergeValue({ base, ours, theirs }, [...path, key]);
    if (merged === 'conflict') return merged;
    if (merged.value) entries.set(key, merged.value);
  }
  return { value: { kind: 'object', entries } };
}

/** Objects whose first matching key wins: what both sides add to one has no order of its own. */
const ORDERED = new Set(['exports', 'imports', 'typesVersions', 'moduleNameMapper', 'transform']);
const isSubpath = (key: string): boolean => key.startsWith('.') || key.startsWith('#');

/** Every key of both sides, in order; undefined where the order is meaning and the sides do not agree on it. */
function keysOf(all: Versions<JsonObject>, path: readonly string[]): Lines | undefined {
  const [base, ours, theirs] = [keys(all.base), keys(all.ours), keys(all.theirs)];
  if (sameLines(ours, base)) return [...new Set([...theirs, ...ours])];
  if (sameLines(theirs, base)) return [...new Set([...ours, ...theirs])];
  const isOrdered = path.some((key) => ORDERED.has(key));
  if (isOrdered && ![...ours, ...theirs].every(isSubpath)) return undefined;
  const common = (side: Lines, { entries }: JsonObject): Lines => side.filter((key) => entries.has(key));
  if (!sameLines(common(ours, all.theirs), common(theirs, all.ours))) return undefined;
  const woven = weave(ours, theirs, new Set(base));
  return isDependencies(path) && isSorted(ours) && isSorted(theirs) ? woven.toSorted() : woven;
}

const keys = (json: JsonObject): Lines => [...json.entries.keys()];

const DEPENDENCIES = /^(?:(?:dev|peer|optional)?dependencies|require(?:-dev)?)$/i;
/** A manifest's own, those of each package an npm lockfile lists, and that list. */
function isDependencies(path: readonly string[]): boolean {
  const isOfPackage = path.length === 3 && path[0] === 'packages';
  return isOfPackage || path.length === 1
    ? DEPENDENCIES.test(path.at(-1)!) || (path.length === 1 && path[0] === 'packages')
    : false;
}

/** Arrays whose order means nothing; an element that takes others out again (`!dist/test`) gives it one. */
const SETS = new Set([
  ...[
    'files',
    'keywords',
    'workspaces',
    'packages',
    'bundledDependencies',
    'bundleDependencies',
    'os',
    'cpu',
  ],
  ...[
    'contributors',
    'maintainers',
    'authors',
    'include',
    'exclude',
    'lib',
    'types',
    'typeRoots',
    'references',
  ],
]);

/** What both appended, ours first, without what both appended alike. */
function mergeArrays({ base, ours, theirs }: Versions<readonly Json[]>, path: readonly string[]): Outcome {
  const isAppended = (side: readonly Json[]): boolean =>
    base.every((item, i) => side[i] && sameJson(item, side[i]));
  if (!SETS.has(path.at(-1) ?? '') || !isAppended(ours) || !isAppended(theirs)) return 'conflict';
  if ([ours, theirs].some((side) => side.slice(base.length).some(isNegation))) return 'conflict';
  const known = new Set(ours.map(compact));
  const missing = theirs.slice(base.length).filter((item) => !known.has(compact(item)));
  return { value: { kind: 'array', items: [...ours, ...missing] } };
}

const isNegation = (item: Json): boolean => item.kind === 'scalar' && item.text.startsWith('"!');
