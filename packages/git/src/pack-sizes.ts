/**
 * What a pack unpacks to, before git is given it: git makes each object whole as it reads, so a few bytes from a host can
 * be gigabytes at home. https://git-scm.com/docs/pack-format
 */
import { setImmediate as others } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type InflateRaw, inflate, inflateSync } from 'node:zlib';
import type { ObjectFormat } from './identity.ts';

export interface PackLimits {
  readonly objects: number;
  readonly objectBytes: number;
  readonly unpackedBytes: number;
}

const HEAD_BYTES = 12;
const NAME_BYTES = { sha1: 20, sha256: 32 } as const;
const OFFSET_DELTA = 6;
const NAMED_DELTA = 7;
/** Smaller ones are inflated in place: a hop to another thread costs more. */
const SMALL_BYTES = 64 * 1024;
/** Entries that are looked at without letting others have a turn. */
const TURN = 200;

/** Why it is not given to git; undefined: what it unpacks to is within the limits, whatever else is wrong with it. */
export async function packProblem(
  pack: Buffer,
  { objects, objectBytes, unpackedBytes }: PackLimits,
  format: ObjectFormat,
): Promise<string | undefined> {
  const end = pack.length - NAME_BYTES[format];
  if (end < HEAD_BYTES || pack.toString('latin1', 0, 4) !== 'PACK') return 'it is no pack';
  const count = pack.readUInt32BE(8);
  if (count > objects) return `it has ${count} objects, and ${objects} are the most`;
  let at = HEAD_BYTES;
  let total = 0;
  for (let n = 0; n < count; n++) {
    if (n % TURN === TURN - 1) await others();
    const entry = entryAt(pack, at, end, NAME_BYTES[format]);
    if (!entry) return 'it ends in the middle of an object';
    if (entry.size > objectBytes) return `an object of it is larger than ${objectBytes} bytes`;
    const read = await inflated(pack.subarray(entry.from, end), entry.size);
    if (!read) return 'an object of it cannot be read, or is larger than it says';
    const size = entry.isDelta ? madeBy(read.body) : entry.size;
    if (size === undefined) return 'a difference of it cannot be read';
    if (size > objectBytes) return `an object of it is larger than ${objectBytes} bytes`;
    total += Math.max(size, entry.size);
    if (total > unpackedBytes) return `it unpacks to more than ${unpackedBytes} bytes`;
    at = entry.from + read.taken;
  }
  return undefined;
}

interface Entry {
  /** Where its deflated bytes begin. */
  readonly from: number;
  /** Bytes it inflates to, as it says: of a difference, not of what that makes. */
  readonly size: number;
  readonly isDelta: boolean;
}

function entryAt(pack: Buffer, start: number, end: number, nameBytes: number): Entry | undefined {
  const first = pack[start];
  if (first === undefined || start >= end) return undefined;
  const kind = (first >> 4) & 7;
  let at = start + 1;
  let size = first & 15;
  if (first & 0x80) {
    const rest = numberAt(pack, at);
    if (!rest) return undefined;
    size += rest.value * 16;
    at = rest.next;
  }
  if (kind === NAMED_DELTA) at += nameBytes;
  if (kind === OFFSET_DELTA) {
    const offset = numberAt(pack, at);
    if (!offset) return undefined;
    at = offset.next;
  }
  return at < end ? { from: at, size, isDelta: kind === OFFSET_DELTA || kind === NAMED_DELTA } : undefined;
}

/** Seven bits a byte, the lowest first; the highest bit says that more follow. Undefined: no number of ours. */
function numberAt(
  bytes: Buffer,
  start: number,
): { readonly value: number; readonly next: number } | undefined {
  let value = 0;
  for (let at = start, scale = 1; at < bytes.length && at < start + 7; at++, scale *= 128) {
    const byte = bytes[at]!;
    value += (byte & 0x7f) * scale;
    if (!(byte & 0x80)) return { value, next: at + 1 };
  }
  return undefined;
}

/** A difference says first how large its base is, and what it makes of it. */
function madeBy(delta: Buffer): number | undefined {
  const base = numberAt(delta, 0);
  return base && numberAt(delta, base.next)?.value;
}

type Inflated = { readonly buffer: Buffer; readonly engine: InflateRaw };
const inflating = promisify(inflate) as (bytes: Buffer, options: object) => Promise<unknown>;

/** Undefined: more comes out of it than it says, or nothing. */
async function inflated(
  bytes: Buffer,
  size: number,
): Promise<{ readonly body: Buffer; readonly taken: number } | undefined> {
  const options = {
    info: true,
    maxOutputLength: Math.max(1, size),
    chunkSize: Math.max(64, Math.min(size + 1, 65_536)),
  };
  try {
    const told = size < SMALL_BYTES ? inflateSync(bytes, options) : await inflating(bytes, options);
    const { buffer, engine } = told as unknown as Inflated;
    return buffer.length === size ? { body: buffer, taken: engine.bytesWritten } : undefined;
  } catch {
    return undefined;
  }
}
