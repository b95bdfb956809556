/**
 * Little work is read and packed here: for a few small files, starting git for each step costs more than all the rest.
 * This only ever takes what is whole and plain. Whatever is odd, large or not there is left to git, which says why.
 */
import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import type { CommitId } from '@swarm/core/model/ids';
import type { SecretFinder } from '@swarm/core/ports/git';
import type { ObjectFormat } from './identity.ts';
import { type ObjectFile, readLoose } from './intake-files.ts';
import { entriesOf, GITLINK } from './intake-trees.ts';
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
  readonly format: ObjectFormat;
  /** Most bytes of one object, unpacked. */
  readonly objectBytes: number;
  /** Most bytes of all that were pushed, unpacked. */
  readonly unpackedBytes: number;
}

/** All that the commit leads to, by name; undefined when it is for git to look at. */
export function readSmall(ask: SmallAsk): SmallWork | undefined {
  if (ask.files.length > OBJECTS_MAX || ask.files.some(({ folder }) => folder === 'pack')) return undefined;
  const files = new Map(ask.files.map((file) => [`${file.folder}${file.name}`, file]));
  if (!files.has(ask.pushed)) return undefined;
  const found = new Map<string, RawObject>();
  let left = Math.min(BYTES_MAX, ask.unpackedBytes);
  const open: string[] = [ask.pushed];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const file = files.get(name);
    if (!file || found.has(name)) continue;
    const object = readObject(file, Math.min(left, ask.objectBytes));
    if (!object || nameOf(object, ask.format) !== name) return undefined;
    left -= object.body.length;
    found.set(name, object);
    const named = namedIn(name, object);
    if (!named) return undefined;
    open.push(...named);
  }
  return found;
}

function readObject(file: ObjectFile, maxBytes: number): RawObject | undefined {
  const packed = readLoose(file, BYTES_MAX);
  if (!packed) return undefined;
  const whole = orNothing(() => inflateSync(packed, { maxOutputLength: maxBytes + HEADER_MAX }));
  const end = whole?.indexOf(0) ?? -1;
  if (!whole || end < 0) return undefined;
  const [, type, size] = /^(blob|tree|commit) (\d+)$/.exec(whole.toString('latin1', 0, end)) ?? [];
  const body = whole.subarray(end + 1);
  if (type === undefined || body.length !== Number(size) || body.length > maxBytes) return undefined;
  return { type: type as RawObject['type'], body };
}

/** Names of all it leads to; undefined when its bytes cannot be read. */
function namedIn(name: string, { type, body }: RawObject): readonly string[] | undefined {
  return orNothing(() => {
    if (type === 'blob') return [];
    if (type === 'tree')
      return [...entriesOf(name, body)].filter(({ mode }) => mode !== GITLINK).map(({ id }) => id);
    const { tree, parents } = parseCommit(name as CommitId, body);
    return [tree, ...parents];
  });
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
