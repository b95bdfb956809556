/**
 * Which files differ between two trees, the same as `git diff-tree -r --raw --no-renames` tells, but never more than
 * was allowed for: that command collects everything before it says anything, and eight small trees that name
 * one another can stand for ten million files.
 */
import { SwarmError } from '@swarm/core/errors';
import type { TreeId } from '@swarm/core/model/ids';
import { Unfit } from './intake-files.ts';
import type { Objects } from './objects.ts';
import { type AddedName, PATH_BYTES_MAX, type RawChange } from './path-lint.ts';

export interface WalkLimits {
  /** Most files that differ, and most folders that do. */
  readonly paths: number;
  /** Most bytes of the trees of all those folders. */
  readonly unpackedBytes: number;
}

/** The bytes of trees, in order. */
export type ReadTrees = (names: readonly string[]) => Promise<readonly Buffer[]>;

/** Is shown the names each folder gains, and all it has then. */
export type LookAtNames = (added: readonly AddedName[], all: readonly Buffer[]) => void;

/** A folder that differs: its tree before and now, one of which may be missing. */
interface Folder {
  readonly old: string | undefined;
  readonly now: string | undefined;
  /** With a slash at its end; empty for the top. */
  readonly path: Buffer;
}

/** Folders read with one question. */
const AT_ONCE = 64;

/**
 * In the order of their paths' bytes, which is git's. Throws `Unfit` at the first file, folder or byte too many,
 * and whatever `look` throws.
 */
export async function changesBetween(
  read: ReadTrees,
  from: TreeId,
  to: TreeId,
  limits: WalkLimits,
  look: LookAtNames = () => {},
): Promise<readonly RawChange[]> {
  const walk = new Walk(limits, look);
  if (from !== to) walk.enter({ old: from, now: to, path: Buffer.alloc(0) });
  for (let folders = walk.next(); folders.length > 0; folders = walk.next()) {
    const trees = await readEach(read, folders);
    for (const folder of folders) compare(folder, trees, walk);
  }
  return walk.changes.sort((one, other) => one.path.compare(other.path));
}

class Walk {
  readonly changes: RawChange[] = [];
  readonly look: LookAtNames;
  readonly #limits: WalkLimits;
  readonly #open: Folder[] = [];
  #folders = 0;
  #bytes = 0;

  constructor(limits: WalkLimits, look: LookAtNames) {
    this.#limits = limits;
    this.look = look;
  }

  next(): readonly Folder[] {
    return this.#open.splice(-AT_ONCE);
  }

  enter(folder: Folder): void {
    if (++this.#folders > this.#limits.paths)
      throw new Unfit(`it changes more than ${this.#limits.paths} folders`);
    if (folder.path.length > PATH_BYTES_MAX)
      throw new Unfit(`it changes a path longer than ${PATH_BYTES_MAX} bytes`);
    this.#open.push(folder);
  }

  tell(change: RawChange): void {
    this.changes.push(change);
    if (this.changes.length > this.#limits.paths)
      throw new Unfit(`it changes more than ${this.#limits.paths} paths`);
  }

  entries(tree: string, body: Buffer): Iterable<TreeEntry> {
    this.#bytes += body.length;
    if (this.#bytes > this.#limits.unpackedBytes)
      throw new Unfit(`its changed folders take more than ${this.#limits.unpackedBytes} bytes`);
    return entriesOf(tree, body);
  }
}

async function readEach(read: ReadTrees, folders: readonly Folder[]): Promise<Trees> {
  const named = folders.flatMap(({ old, now }) => [old, now]).filter((name) => name !== undefined);
  const names = [...new Set(named)];
  const bodies = await read(names);
  return new Map(names.map((name, i) => [name, bodies[i]!]));
}

type Trees = ReadonlyMap<string, Buffer>;

function compare(folder: Folder, trees: Trees, walk: Walk): void {
  const entries = (name: string | undefined) =>
    name === undefined ? [] : walk.entries(name, trees.get(name)!);
  const before = new Map<string, TreeEntry>();
  for (const entry of entries(folder.old)) before.set(entry.key, entry);
  const known = new Set([...before.keys()].map(nameIn));
  const names: string[] = [];
  for (const now of entries(folder.now)) {
    names.push(nameIn(now.key));
    const old = before.get(now.key);
    before.delete(now.key);
    if (old?.id !== now.id || old.mode !== now.mode) differ(folder, old, now, walk);
  }
  for (const old of before.values()) differ(folder, old, undefined, walk);
  const added = names.filter((name) => !known.has(name));
  if (added.length === 0) return;
  const gained = added.map((name) => ({ folder: folder.path, name: Buffer.from(name, 'latin1') }));
  walk.look(
    gained,
    names.map((name) => Buffer.from(name, 'latin1')),
  );
}

function differ(folder: Folder, old: TreeEntry | undefined, now: TreeEntry | undefined, walk: Walk): void {
  const some = (now ?? old)!;
  const path = Buffer.concat([folder.path, Buffer.from(some.key, 'latin1')]);
  if (some.mode === FOLDER) return walk.enter({ old: old?.id, now: now?.id, path });
  const gone = some.id.replace(/./g, '0');
  walk.tell({
    oldMode: old?.mode ?? GONE,
    newMode: now?.mode ?? GONE,
    oldId: old?.id ?? gone,
    newId: now?.id ?? gone,
    path,
  });
}

export interface TreeEntry {
  /** Its name, with a slash behind a folder's: a file and a folder of one name are two things. */
  readonly key: string;
  readonly mode: string;
  readonly id: string;
}

const nameIn = (key: string): string => (key.endsWith('/') ? key.slice(0, -1) : key);

export const FOLDER = '040000';
export const GITLINK = '160000';
const GONE = '000000';

/** Records of `mode SP name NUL id`, the id in bytes: as many as the tree's own name has. */
export function* entriesOf(tree: string, body: Buffer): Generator<TreeEntry> {
  const idBytes = tree.length / 2;
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at);
    const end = body.indexOf(0, space);
    const next = end + 1 + idBytes;
    if (space < 0 || end < 0 || next > body.length)
      throw new SwarmError({ code: 'SW0702', what: `the tree ${tree} is damaged at byte ${at}` });
    const mode = plainMode(body.toString('latin1', at, space));
    const name = body.toString('latin1', space + 1, end);
    yield { key: mode === FOLDER ? `${name}/` : name, mode, id: body.toString('hex', end + 1, next) };
    at = next;
  }
}

/** Old histories hold other modes, which git takes for the nearest it makes today. */
function plainMode(octal: string): string {
  const mode = Number.parseInt(octal, 8);
  const kind = mode & 0o170000;
  if (kind === 0o100000) return mode & 0o100 ? '100755' : '100644';
  if (kind === 0o120000) return '120000';
  return kind === 0o040000 ? FOLDER : GITLINK;
}

/** What one question may be answered with; what is larger is asked for one by one. */
const ANSWER_BYTES = 16 * 1024 * 1024;

/** SW0702 when one is not there, or is no tree. */
export function treeReader(objects: Objects): ReadTrees {
  return async (names) => {
    const found = (await objects.contentsUpTo(names, ANSWER_BYTES)) ?? (await oneByOne(objects, names));
    return found.map(({ type, body }, i) => {
      if (type === 'tree') return body;
      throw new SwarmError({ code: 'SW0702', what: `${names[i]} is no tree but a ${type}` });
    });
  };
}

async function oneByOne(objects: Objects, names: readonly string[]) {
  const found = [];
  for (const name of names) found.push(...(await objects.contents([name])));
  return found;
}
