/**
 * Joins two package-lock.json (version 2 or 3): packages by folder, and then the whole as npm looks at it. Every
 * name must lead to a package whose version answers it, or did so for npm on one of the sides; what nothing leads to
 * any more goes. Anything else is given back.
 */
import { mergeJson, mergeValue, type Versions } from '../json-merge.ts';
import { compact, type Json, type JsonObject } from '../json-text.ts';
import { satisfies } from '../semver-range.ts';
import type { Lines, Texts } from '../texts.ts';
import { weave } from '../weave.ts';
import {
  type Around,
  type Fields,
  isFields,
  parseFields,
  sameEntries,
  steersAlike,
  stringsOf,
} from './around.ts';
import { type Edge, edgesOf, isOwn, lookUp, type Nodes, reached } from './npm-tree.ts';

/** More packages than any project has; a lockfile of more is given back. */
const NODES_MAX = 50_000;

export function joinNpmLock(texts: Texts, around?: Around): string | undefined {
  const versions = [texts.base, texts.ours, texts.theirs].map((text) => parseFields(text)?.lockfileVersion);
  if (!versions.every((version) => version === versions[0] && (version === 2 || version === 3)))
    return undefined;
  if (around && !steersAlike(around)) return undefined;
  const text = mergeJson(texts, { key: 'packages', join: (all) => joinPackages(all, around) });
  return text !== undefined && (versions[0] === 3 || agreesWithLegacy(text)) ? text : undefined;
}

function joinPackages(all: Versions<JsonObject>, around: Around | undefined): JsonObject | undefined {
  const joined = joinFolders(all);
  if (!joined || joined.size > NODES_MAX) return undefined;
  const whole = nodesOf({ kind: 'object', entries: joined });
  const kept = reached(whole);
  // A link is reached by what it leads to.
  const isKept = (path: string): boolean => kept.has(path) || whole.get(path)?.link === true;
  const nodes = new Map([...whole].filter(([path]) => isKept(path)));
  const isSound = answers(nodes, [nodesOf(all.ours), nodesOf(all.theirs)]) && isMarkedRight(nodes);
  if (!isSound || (around && !agrees(nodes, around.merged))) return undefined;
  return { kind: 'object', entries: new Map([...joined].filter(([path]) => isKept(path))) };
}

/** What one side removed and the other has as it was stays, until it is known whether anything leads there. */
function joinFolders({ base, ours, theirs }: Versions<JsonObject>): ReadonlyMap<string, Json> | undefined {
  const [first, second] = [[...ours.entries.keys()], [...theirs.entries.keys()]];
  const joined = new Map<string, Json>();
  for (const path of inOrder(first, second, new Set(base.entries.keys()))) {
    const [was, one, two] = [base, ours, theirs].map((side) => side.entries.get(path));
    const isWholeOnOne = was !== undefined && (one === undefined || two === undefined);
    const kept = one ?? two;
    const merged = isWholeOnOne
      ? { value: kept && compact(kept) === compact(was) ? kept : undefined }
      : mergeValue({ base: was, ours: one, theirs: two }, ['packages', path]);
    if (merged === 'conflict' || !merged.value) return undefined;
    joined.set(path, merged.value);
  }
  return joined;
}

/** As npm sorts folders, where both sides are sorted so. */
function inOrder(ours: Lines, theirs: Lines, base: ReadonlySet<string>): Lines {
  const compare = (a: string, b: string): number => a.localeCompare(b, 'en');
  const isOrdered = (side: Lines): boolean =>
    side.every((path, i) => i === 0 || compare(side[i - 1]!, path) < 0);
  const all = weave(ours, theirs, base);
  return isOrdered(ours) && isOrdered(theirs) ? all.toSorted(compare) : all;
}

const nodesOf = ({ entries }: JsonObject): Nodes =>
  new Map([...entries].map(([path, json]) => [path, parseFields(compact(json)) ?? {}]));

// ───────────── the whole, as npm looks at it ─────────────

function answers(nodes: Nodes, sides: readonly Nodes[]): boolean {
  for (const [path, node] of nodes) {
    for (const edge of edgesOf(path, node)) {
      const to = lookUp(nodes, path, edge.name);
      if (to === undefined && edge.kind !== 'optional' && edge.kind !== 'peerOptional') return false;
      if (to === undefined) continue;
      const wasThere = sides.some((side) => hasEdge(side, edge, node, nodes.get(to)!, to));
      if (!wasThere && !doesAnswer(edge, nodes.get(to)!, to)) return false;
    }
  }
  return true;
}

/** True when on this side the same package asked for the same, and was answered by the same version. */
function hasEdge(side: Nodes, edge: Edge, node: Fields, target: Fields, to: string): boolean {
  const there = side.get(edge.from);
  if (!there || there.version !== node.version) return false;
  const asked = edgesOf(edge.from, there).some(
    ({ name, range, kind }) => name === edge.name && range === edge.range && kind === edge.kind,
  );
  const found = lookUp(side, edge.from, edge.name);
  const other = found === undefined ? undefined : side.get(found);
  return (
    asked &&
    other?.version === target.version &&
    other?.resolved === target.resolved &&
    isOwn(found!) === isOwn(to)
  );
}

const ALIAS = /^npm:((?:@[^/@]+\/)?[^@/]+)@(.*)$/;

function doesAnswer({ name, range }: Edge, target: Fields, to: string): boolean {
  const [, alias, aliased] = ALIAS.exec(range) ?? [];
  if (isOwn(to) || typeof target.version !== 'string') return false;
  if ((alias ?? name) !== (target.name ?? name)) return false;
  return satisfies(target.version, aliased ?? range) === true;
}

/** What each package is needed for is written beside it; an install without the rest goes by that. */
function isMarkedRight(nodes: Nodes): boolean {
  const without = (...kinds: readonly Edge['kind'][]) => reached(nodes, ({ kind }) => !kinds.includes(kind));
  const needed = without('dev', 'optional', 'peerOptional');
  const [noDev, noOptional] = [without('dev'), without('optional', 'peerOptional')];
  const noPeer = without('peer', 'peerOptional');
  return [...nodes].every(([path, node]) => {
    if (isOwn(path) || node.link === true || node.inBundle === true) return true;
    const [isDev, isOptional] = [!noDev.has(path), !noOptional.has(path)];
    const isEither = !isDev && !isOptional && !needed.has(path);
    const marks = [isDev, isOptional, isEither, !noPeer.has(path)];
    return ['dev', 'optional', 'devOptional', 'peer'].every((mark, i) => (node[mark] === true) === marks[i]);
  });
}

const LISTS = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];

/** The lockfile repeats what each package.json of the project asks for. */
function agrees(nodes: Nodes, manifests: ReadonlyMap<string, string>): boolean {
  return [...nodes].every(([path, node]) => {
    if (!isOwn(path)) return true;
    const manifest = parseFields(manifests.get(path === '' ? 'package.json' : `${path}/package.json`));
    return (
      manifest !== undefined && LISTS.every((list) => sameEntries(listOf(manifest, list), listOf(node, list)))
    );
  });
}

/** What is optional and listed among the others too is optional alone. */
function listOf(fields: Fields, list: string): ReadonlyMap<string, string> {
  const found = stringsOf(fields, list);
  if (list !== 'dependencies') return found;
  const optional = stringsOf(fields, 'optionalDependencies');
  return new Map([...found].filter(([name]) => !optional.has(name)));
}

/** Version 2 repeats the packages as a tree, for npm 6. Where it would have to be grown or cut, it is given back. */
function agreesWithLegacy(text: string): boolean {
  const root = parseFields(text);
  const [packages, tree] = [root?.packages, root?.dependencies ?? {}];
  if (!isFields(packages) || !isFields(tree)) return false;
  const old = new Map<string, unknown>();
  const walk = (level: Fields, at: string): void => {
    for (const [name, entry] of Object.entries(level)) {
      if (!isFields(entry)) continue;
      const path = `${at}node_modules/${name}`;
      old.set(path, entry.version);
      if (isFields(entry.dependencies)) walk(entry.dependencies, `${path}/`);
    }
  };
  walk(tree, '');
  const rest = Object.entries(packages).filter(([path]) => path !== '');
  return (
    rest.length === old.size &&
    rest.every(([path, node]) => isFields(node) && old.has(path) && old.get(path) === node.version)
  );
}
