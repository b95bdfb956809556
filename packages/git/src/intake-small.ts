/**
 * Little work is read and packed here: for a few small files, starting git for each step costs more than all the rest.
 * This only ever takes what is whole and plain. Whatever is odd, large or not there is left to git, which says why.
 */
import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import type { CommitId, TreeId } from '@swarm/core/model/ids';
import type { SecretFinder } from '@swarm/core/ports/git';
import type { ObjectFormat } from './identity.ts';
import { type ObjectFile, readLoose } from './intake-files.ts';
import { entriesOf, FOLDER, GITLINK, type ReadTrees, type TreeEntry } from './intake-trees.ts';
import { deflateSmall, nameOf, type RawObject } from './loose.ts';
import { parseCommit } from './objects.ts';

/** Most objects, and most bytes of them together, unpacked. */
const OBJECTS_MAX = 200;
const BYTES_MAX = 4 * 1024 * 1024;
/** Most bytes of the line in front of an object: its kind and its size. */
const HEADER_MAX = 32;

export type SmallWork = ReadonlyMap<string, RawObject>;

export interface SmallAsk {
  /** What was found of the work. What it leads to and is not among them is the hub's, or nowhere: fsck tells. */
  readonly files: readonly ObjectFile[];
  readonly pushed: CommitId;
  /** The commit that was handed out, its tree, and how the hub's trees are read. */
  readonly base: CommitId;
  readonly baseTree: TreeId;
  readonly read: ReadTrees;
  readonly format: ObjectFormat;
  /** Most bytes of one object, unpacked. */
  readonly objectBytes: number;
  /** Most bytes of all that were pushed, unpacked. */
  readonly unpackedBytes: number;
}

/** One thing the work leads to, and the base's tree in its place, where it is a folder there too. */
interface Step {
  readonly name: string;
  readonly was: string | undefined;
}

/**
 * All that the commit leads to and its base has not in the same folder, by name; undefined when it is for git to look
 * at. A save in the second of its checkout writes every file of the base anew (git takes stat data of one second for
 * stale), so that what lies there can be the whole tree, and the work one file of it.
 */
export async function readSmall(ask: SmallAsk): Promise<SmallWork | undefined> {
  if (ask.files.some(({ folder }) => folder === 'pack')) return undefined;
  const files = new Map(ask.files.map((file) => [`${file.folder}${file.name}`, file]));
  if (!files.has(ask.pushed)) return undefined;
  const found = new Map<string, RawObject>();
  let left = Math.min(BYTES_MAX, ask.unpackedBytes);
  const open: Step[] = [{ name: ask.pushed, was: undefined }];
  for (let step = open.pop(); step; step = open.pop()) {
    const { name } = step;
    const file = files.get(name);
    if (!file || found.has(name)) continue;
    const object = found.size < OBJECTS_MAX && readObject(file, Math.min(left, ask.objectBytes));
    if (!object || nameOf(object, ask.format) !== name) return undefined;
    left -= object.body.length;
    found.set(name, object);
    const next = await stepsFrom(step, object, ask);
    if (!next) return undefined;
    open.push(...next);
  }
  return found;
}

/** Undefined when its bytes cannot be read. */
async function stepsFrom({ name, was }: Step, { type, body }: RawObject, ask: SmallAsk) {
  if (type === 'blob') return [];
  if (type === 'commit') return orNothing(() => ofCommit(name, body, ask));
  const before = was === undefined ? [] : [...entriesOf(was, (await ask.read([was]))[0]!)];
  return orNothing(() => ofTree(name, body, before));
}

function ofCommit(name: string, body: Buffer, { base, baseTree }: SmallAsk): Step[] {
  const { tree, parents } = parseCommit(name as CommitId, body);
  const before = parents
    .filter((parent) => parent !== base)
    .map((parent) => ({ name: parent, was: undefined }));
  return tree === baseTree ? before : [{ name: tree, was: baseTree }, ...before];
}

function ofTree(name: string, body: Buffer, before: readonly TreeEntry[]): Step[] {
  const known = new Set(before.map(({ id }) => id));
  const folders = new Map(before.filter(({ mode }) => mode === FOLDER).map(({ key, id }) => [key, id]));
  return [...entriesOf(name, body)]
    .filter(({ mode, id }) => mode !== GITLINK && !known.has(id))
    .map(({ key, id }) => ({ name: id, was: folders.get(key) }));
}

/** Room for most objects at once: to ask for the usual 16 KiB each time is what keeps the collector busy. */
const boundedBy = (packed: Buffer, maxOutputLength: number) => ({
  maxOutputLength,
  chunkSize: Math.min(16_384, Math.max(512, packed.length * 4)),
});

function readObject(file: ObjectFile, maxBytes: number): RawObject | undefined {
  const packed = readLoose(file, BYTES_MAX);
  if (!packed) return undefined;
  const whole = orNothing(() => inflateSync(packed, boundedBy(packed, maxBytes + HEADER_MAX)));
  const end = whole?.indexOf(0) ?? -1;
  if (!whole || end < 0) return undefined;
  const [, type, size] = /^(blob|tree|commit) (\d+)$/.exec(whole.toString('latin1', 0, end)) ?? [];
  const body = whole.subarray(end + 1);
  if (type === undefined || body.length !== Number(size) || body.length > maxBytes) return undefined;
  return { type: type as RawObject['type'], body };
}

/** What cannot be read here is judged by git: nothing is taken for it. */
function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** True when one of them holds a known secret. */
export const holdsSecret = (work: SmallWork, finder: SecretFinder): boolean =>
  [...work.values()].some(({ body }) => finder.begin()(body) !== undefined);

const KINDS = { commit: 1, tree: 2, blob: 3 } as const;

/** https://git-scm.com/docs/pack-format: no deltas, each object deflated behind its kind and size. */
export function packSmall(work: SmallWork, format: ObjectFormat): Buffer {
  const head = Buffer.alloc(12);
  head.write('PACK');
  head.writeUInt32BE(2, 4);
  head.writeUInt32BE(work.size, 8);
  const entries = [...work.values()].flatMap((object) => [headOf(object), deflateSmall(object.body)]);
  const bytes = Buffer.concat([head, ...entries]);
  return Buffer.concat([bytes, createHash(format).update(bytes).digest()]);
}

/** Kind and lowest four bits of the size, then seven bits a byte; the highest bit says that more follow. */
function headOf({ type, body }: RawObject): Buffer {
  const bytes = [(KINDS[type] << 4) | (body.length & 15)];
  for (let rest = Math.floor(body.length / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1]! |= 128;
    bytes.push(rest & 127);
  }
  return Buffer.from(bytes);
}
