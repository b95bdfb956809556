/**
 * Conflicts of a merge that rules settle without a model (`resolveConflict` of the core). No driver and no work tree
 * of the repository has a part in it: three blobs go in, one comes out. A lockfile is held against the manifests
 * around it, so it comes after them.
 */
import type { CommitId, TreeId } from '@swarm/core/model/ids';
import type { ResolvedPath } from '@swarm/core/ports/git';
import type { Around } from '@swarm/core/rules/resolve/locks/around';
import { manifestOf } from '@swarm/core/rules/resolve/locks/names';
import { hasRule, RESOLVE_TEXT_MAX, resolveConflict } from '@swarm/core/rules/resolve/resolve';
import { BY_HAND } from './attributes.ts';
import type { HubContext } from './context.ts';
import { splitNul } from './git.ts';
import { manifestsAround } from './manifests.ts';
import { mergeStages, type Sides, type Stage, type Stages, unreadable } from './merge-stages.ts';

/** More conflicts than this are no oversight of two neighbours; none of them is looked at. */
const PATHS_MAX = 200;
/** Bytes; a UTF-16 unit takes at most three. */
const BLOB_MAX = RESOLVE_TEXT_MAX * 3;

/** A conflict settled, not yet in any tree. */
export interface Settled extends ResolvedPath {
  /** Bytes of the path, one a character: names need not be UTF-8. */
  readonly rawPath: string;
  readonly mode: string;
  readonly blob: CommitId;
}

export interface ByRule {
  /** Git's merge, with markers where it conflicts. */
  readonly tree: TreeId;
  readonly settled: readonly Settled[];
  /** Paths no rule settles. */
  readonly left: readonly string[];
}

/** A merge with conflicts, once rules had their turn: a whole tree, or the conflict as it was, and what they can do. */
export type AfterRules =
  | { readonly kind: 'tree'; readonly tree: TreeId; readonly resolved?: readonly ResolvedPath[] }
  | Conflict;
type Conflict = { readonly kind: 'conflict'; readonly files: readonly string[]; readonly detail: string };

export async function afterRules(hub: HubContext, sides: Sides, conflict: Conflict): Promise<AfterRules> {
  const found = await settleByRule(hub, sides);
  const resolved = found.settled.map(({ path, rule }) => ({ path, rule }));
  if (resolved.length === 0) return conflict;
  if (found.left.length === 0) return { kind: 'tree', tree: await treeByRule(hub, found), resolved };
  const names = resolved.map(({ path, rule }) => `${path} (${rule})`).join(', ');
  const note = `Settled by rule in the next attempt's files: ${names}`.slice(0, NOTE_MAX);
  return { ...conflict, detail: `${conflict.detail}\n${note}` };
}
const NOTE_MAX = 1_000;

/** What rules make of the conflicts of merging `work` onto `onto`; the settled blobs are in the hub. */
export async function settleByRule(hub: HubContext, sides: Sides): Promise<ByRule> {
  const merge = await mergeStages(hub, sides);
  const isReadable = merge.files.size <= PATHS_MAX;
  const settled: Settled[] = [];
  const byHand = isReadable ? await wantedByHand(hub, [...merge.files.keys()].filter(hasRule)) : new Set();
  const left = new Set(merge.odd);
  const isOpen = (path: string): boolean => isReadable && !left.has(path) && !byHand.has(path);
  const soFar = () => ({
    tree: merge.tree,
    settled: new Map(settled.map(({ rawPath, blob }) => [rawPath, blob])),
    left,
  });
  // A lockfile is joined last: it must agree with what has become of the manifests.
  for (const [rawPath, stages] of [...merge.files].sort(([a], [b]) => rank(a) - rank(b))) {
    const manifest = isOpen(rawPath) ? manifestOf(rawPath) : undefined;
    const folder = rawPath.slice(0, rawPath.lastIndexOf('/') + 1);
    const around = manifest && (await manifestsAround(hub, sides, soFar(), { folder, manifest }));
    const isReady = isOpen(rawPath) && (manifest === undefined || around !== undefined);
    const one = isReady ? await settleFile(hub, rawPath, stages, around || undefined) : undefined;
    if (one) settled.push(one);
    else left.add(rawPath);
  }
  settled.sort((a, b) => (a.rawPath < b.rawPath ? -1 : 1));
  return { tree: merge.tree, settled, left: [...left].map(nameOf) };
}

const rank = (rawPath: string): number => (manifestOf(rawPath) === undefined ? 0 : 1);

/** Paths the base keeps for people: `merge=binary`, `-merge`. No process when there is nothing to ask about. */
async function wantedByHand(hub: HubContext, rawPaths: readonly string[]): Promise<ReadonlySet<string>> {
  if (rawPaths.length === 0 || !hub.attributes.includes(BY_HAND)) return new Set();
  const stdin = Buffer.from(rawPaths.map((path) => `${path}\0`).join(''), 'latin1');
  const told = await hub.git.run(hub.hub, 'check-attr', ['-z', '--stdin', BY_HAND], { stdin });
  const fields = splitNul(Buffer.from(told.stdout.toString('latin1')));
  return new Set(fields.filter((_, i) => i % 3 === 0 && fields[i + 2] === 'set'));
}

/** The merge's tree with every settled file in place. */
async function treeByRule(hub: HubContext, { tree, settled }: ByRule): Promise<TreeId> {
  let made: string = tree;
  for (const one of settled) made = await withFile(hub, made, one.rawPath.split('/'), one);
  return made as TreeId;
}

async function settleFile(
  hub: HubContext,
  rawPath: string,
  stages: Stages,
  around: Around | undefined,
): Promise<Settled | undefined> {
  const [base, ours, theirs] = ['1', '2', '3'].map((number) => stages.get(number));
  if (!ours || !theirs || !hasRule(rawPath)) return undefined;
  const modes = new Set([base ?? ours, ours, theirs].map((stage) => stage.mode));
  if (modes.size > 1 || !FILE_MODES.has(ours.mode)) return undefined;
  const texts = await textsOf(hub, base ? [ours, theirs, base] : [ours, theirs]);
  if (!texts) return undefined;
  const [ourText = '', theirText = '', baseText] = texts;
  const versions = { ours: ourText, theirs: theirText, ...(baseText !== undefined && { base: baseText }) };
  const resolved = resolveConflict(rawPath, versions, around);
  if (!resolved) return undefined;
  const blob = await writeBlob(hub, resolved.text);
  return { path: nameOf(rawPath), rule: resolved.rule, rawPath, mode: ours.mode, blob };
}

/** Links and submodules have no lines. */
const FILE_MODES = new Set(['100644', '100755']);

/** Undefined when one is too large or not UTF-8. */
async function textsOf(hub: HubContext, stages: readonly Stage[]): Promise<readonly string[] | undefined> {
  const ids = stages.map(({ blob }) => `${blob}\n`).join('');
  const sizes = await hub.git.text(hub.hub, 'cat-file', ['--batch-check=%(objectsize)'], { stdin: ids });
  if (!sizes.split('\n').every((size) => Number(size) <= BLOB_MAX)) return undefined;
  const read = stages.map(({ blob }) => hub.git.run(hub.hub, 'cat-file', ['blob', blob]));
  const texts = (await Promise.all(read)).map(({ stdout }) => textOf(stdout));
  return texts.every((text) => text !== undefined) ? texts : undefined;
}

function textOf(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function writeBlob(hub: HubContext, text: string): Promise<CommitId> {
  const options = { stdin: text };
  return hub.mutex.run(() =>
    hub.git.objectName(hub.hub, 'hash-object', ['-t', 'blob', '-w', '--stdin'], options),
  );
}

/** A copy of the tree in which one file, that was there, has another content. */
async function withFile(
  hub: HubContext,
  tree: string,
  [name = '', ...rest]: readonly string[],
  file: Settled,
): Promise<string> {
  const listed = await hub.git.run(hub.hub, 'ls-tree', ['-z', tree]);
  const entries = listed.stdout.toString('latin1').split('\0').slice(0, -1);
  const at = entries.findIndex((entry) => entry.slice(entry.indexOf('\t') + 1) === name);
  const found = entries[at];
  if (found === undefined)
    throw unreadable(`the merged tree has no ${nameOf(file.rawPath)}, which conflicts`);
  const [mode = '', type = '', id = ''] = found.split(/[ \t]/, 3);
  const made = rest.length === 0 ? file.blob : await withFile(hub, id, rest, file);
  entries[at] = rest.length === 0 ? `${file.mode} blob ${made}\t${name}` : `${mode} ${type} ${made}\t${name}`;
  return makeTree(hub, entries);
}

function makeTree(hub: HubContext, entries: readonly string[]): Promise<string> {
  const options = { stdin: Buffer.from(entries.map((entry) => `${entry}\0`).join(''), 'latin1') };
  return hub.mutex.run(() => hub.git.objectName(hub.hub, 'mktree', ['-z'], options));
}

const nameOf = (rawPath: string): string => Buffer.from(rawPath, 'latin1').toString();
