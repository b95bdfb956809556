/**
 * Joins two pnpm-lock.yaml (version 9). What the importers ask for is merged entry by entry; of the packages all are
 * taken that either side knows, and of these the ones that are reached. A package one side dropped is there again when
 * the other came to need it. Peers must be the versions the importer has itself, or the conflict is given back.
 */

import { type Block, type Blocks, keyOf, mergeBlocks, readBlocks, written } from '../indented.ts';
import type { Texts } from '../texts.ts';
import { splitLines } from '../texts.ts';
import { type Around, parseFields, sameEntries, steersAlike, stringsOf } from './around.ts';

type Sides = { readonly base: Blocks; readonly ours: Blocks; readonly theirs: Blocks };

const POOLS = ['packages', 'snapshots'];
const LISTS = ['dependencies', 'devDependencies', 'optionalDependencies'];

export function joinPnpmLock(texts: Texts, around?: Around): string | undefined {
  const lines = splitLines(texts);
  if (!lines || texts.base === undefined || (around && !steersAlike(around))) return undefined;
  const [base, ours, theirs] = [lines.base, lines.ours, lines.theirs].map((side) => readBlocks(side, keyOf));
  if (!base || !ours || !theirs || !areAlike({ base, ours, theirs })) return undefined;
  const all = { base, ours, theirs };
  const merged = mergeBlocks({
    base: withPools(base, all),
    ours: withPools(ours, all),
    theirs: withPools(theirs, all),
  });
  const joined = merged && pruned(merged);
  if (!joined || !hasOnePeerEach(joined, all) || (around && !agrees(joined, around.merged))) return undefined;
  return lines.join(written(joined));
}

/** Of version 9 all three, and made under the same settings, overrides and patches. */
function areAlike({ base, ours, theirs }: Sides): boolean {
  if (!/^lockfileVersion: ['"]?9\.\d+['"]?$/.test(base.get('lockfileVersion')?.line ?? '')) return false;
  const rest = (side: Blocks): string =>
    [...side.values()]
      .filter(({ name }) => name !== 'importers' && !POOLS.includes(name))
      .flatMap((block) => [block.line, ...written(block.body)])
      .join('\n');
  return rest(ours) === rest(base) && rest(theirs) === rest(base);
}

/**
 * The side, with every package that another side has and it has not: nothing is removed until it is known to be
 * needless. What both sides added is added by neither alone: the base goes without, so that a difference shows.
 */
function withPools(side: Blocks, { base, ours, theirs }: Sides): Blocks {
  const grown = new Map(side);
  for (const name of POOLS) {
    const [was, one, two] = [base, ours, theirs].map((each) => each.get(name)?.body ?? NONE);
    const heading = [side, ours, theirs].map((each) => each.get(name)).find((block) => block !== undefined);
    if (!heading) continue;
    const isShared = (id: string): boolean => side === base && one!.has(id) && two!.has(id);
    const others = [...was!, ...two!, ...one!].filter(([id]) => !isShared(id));
    const body = new Map([...others, ...(side.get(name)?.body ?? NONE)]);
    grown.set(name, { ...heading, body: new Map([...body].sort(([a], [b]) => (a < b ? -1 : 1))) });
  }
  return grown;
}
const NONE: Blocks = new Map();

// ───────────── what leads where ─────────────

interface Need {
  readonly id: string;
  readonly isOptional: boolean;
}

const bodyOf = (block: Block | undefined, name: string): Blocks => block?.body.get(name)?.body ?? NONE;
const said = (block: Block | undefined): string =>
  block === undefined
    ? ''
    : block.line
        .slice(block.line.indexOf(': ') + 2)
        .trim()
        .replace(/^(['"])(.*)\1$/, '$2');

/** Undefined: it leads nowhere. `null`: out of the lockfile, to a folder of the project. */
function idOf(name: string, version: string, snapshots: Blocks): string | null | undefined {
  if (version.startsWith('link:')) return null;
  const own = `${name}@${version}`;
  if (snapshots.has(own)) return own;
  return snapshots.has(version) ? version : undefined;
}

function needsOf(owner: Block, isImporter: boolean, snapshots: Blocks): readonly Need[] | undefined {
  const needs: Need[] = [];
  for (const list of LISTS) {
    for (const [name, entry] of bodyOf(owner, list)) {
      const version = said(isImporter ? entry.body.get('version') : entry);
      const id = idOf(name, version, snapshots);
      if (id === undefined) return undefined;
      if (id !== null) needs.push({ id, isOptional: list === 'optionalDependencies' });
    }
  }
  return needs;
}

/** What is reached from the importers, or undefined when a reference has no entry. */
function reachedFrom(lock: Blocks, followsOptional: boolean): ReadonlySet<string> | undefined {
  const snapshots = lock.get('snapshots')?.body ?? NONE;
  const found = new Set<string>();
  const open: { owner: Block; isImporter: boolean }[] = [
    ...(lock.get('importers')?.body ?? NONE).values(),
  ].map((owner) => ({ owner, isImporter: true }));
  for (let next = open.pop(); next; next = open.pop()) {
    const needs = needsOf(next.owner, next.isImporter, snapshots);
    if (!needs) return undefined;
    for (const { id, isOptional } of needs) {
      if (found.has(id) || (isOptional && !followsOptional)) continue;
      found.add(id);
      open.push({ owner: snapshots.get(id)!, isImporter: false });
    }
  }
  return found;
}

/** A snapshot is a package with its peers in brackets behind. */
const packageOf = (id: string): string => id.replace(/\(.*$/, '');

function pruned(lock: Blocks): Blocks | undefined {
  const [kept, needed] = [reachedFrom(lock, true), reachedFrom(lock, false)];
  const [packages, snapshots] = POOLS.map((name) => lock.get(name)?.body ?? NONE);
  if (!kept || !needed || ![...kept].every((id) => packages!.has(packageOf(id)))) return undefined;
  const isMarkedRight = [...kept].every(
    (id) => (said(snapshots!.get(id)!.body.get('optional')) === 'true') === !needed.has(id),
  );
  if (!isMarkedRight) return undefined;
  const keptPackages = new Set([...kept].map(packageOf));
  const cut = new Map(lock);
  keep(cut, 'packages', keptPackages);
  keep(cut, 'snapshots', kept);
  return cut;
}

function keep(lock: Map<string, Block>, name: string, ids: ReadonlySet<string>): void {
  const pool = lock.get(name);
  if (!pool) return;
  const body = new Map([...pool.body].filter(([id]) => ids.has(id)));
  if (body.size === 0) lock.delete(name);
  else lock.set(name, { ...pool, body });
}

// ───────────── peers ─────────────

const PEER = /\(((?:@[^/()]+\/)?[^@()]+)@([^()]+)/g;

/**
 * Which version of a peer a package sees was decided with all of its side's tree in view. It is taken over where the
 * importer that has the package has that version too, and nothing named as a peer was dropped by a side.
 */
function hasOnePeerEach(lock: Blocks, { base, ours, theirs }: Sides): boolean {
  const packages = (side: Blocks): Blocks => side.get('packages')?.body ?? NONE;
  const isDropped = (id: string): boolean =>
    packages(base).has(id) && !(packages(ours).has(id) && packages(theirs).has(id));
  for (const id of (lock.get('snapshots')?.body ?? NONE).keys())
    for (const [, name, version] of id.matchAll(PEER)) if (isDropped(`${name}@${version}`)) return false;
  return [...(lock.get('importers')?.body ?? NONE).values()].every(seesItsPeers);
}

function seesItsPeers(importer: Block): boolean {
  const versions = new Map<string, string>();
  for (const list of LISTS)
    for (const [name, entry] of bodyOf(importer, list)) versions.set(name, said(entry.body.get('version')));
  const hasIt = (name: string, version: string): boolean =>
    !versions.has(name) || packageOf(versions.get(name)!) === version;
  return [...versions.values()].every((text) =>
    [...text.matchAll(PEER)].every(([, name, version]) => hasIt(name!, version!)),
  );
}

// ───────────── the manifests ─────────────

function agrees(lock: Blocks, manifests: ReadonlyMap<string, string>): boolean {
  return [...(lock.get('importers')?.body ?? NONE)].every(([folder, importer]) => {
    const manifest = parseFields(manifests.get(folder === '.' ? 'package.json' : `${folder}/package.json`));
    if (!manifest) return false;
    const asked = new Map<string, string>();
    for (const list of LISTS.toReversed())
      for (const [name, range] of stringsOf(manifest, list)) asked.set(name, range);
    for (const name of stringsOf(manifest, 'optionalDependencies').keys())
      asked.set(name, stringsOf(manifest, 'optionalDependencies').get(name)!);
    const locked = LISTS.flatMap((list) =>
      [...bodyOf(importer, list)].map(([name, entry]) => [name, said(entry.body.get('specifier'))] as const),
    );
    return sameEntries(asked, new Map(locked));
  });
}
