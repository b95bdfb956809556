/** For tests: packs as only somebody hostile makes them, a few bytes that git would make gigabytes of. */
import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

const KINDS = { commit: 1, tree: 2, blob: 3, 'offset-delta': 6, 'named-delta': 7 } as const;

export interface PackEntry {
  readonly kind: keyof typeof KINDS;
  readonly body: Buffer;
  /** What is said of its size; absent: the truth. */
  readonly says?: number;
  /** Before the deflated bytes: which object a difference is of. */
  readonly of?: Buffer;
}

/** @param says how many objects there are; absent: the truth. */
export function packWith(entries: readonly PackEntry[], says = entries.length): Buffer {
  const head = Buffer.alloc(12);
  head.write('PACK');
  head.writeUInt32BE(2, 4);
  head.writeUInt32BE(says, 8);
  const bytes = Buffer.concat([
    head,
    ...entries.flatMap(({ kind, body, says: size = body.length, of = Buffer.alloc(0) }) => {
      const first = (KINDS[kind] << 4) | (size & 15);
      const rest = Math.floor(size / 16);
      const header = rest > 0 ? [first | 0x80, ...numberOf(rest)] : [first];
      return [Buffer.from(header), of, deflateSync(body)];
    }),
  ]);
  return Buffer.concat([bytes, createHash('sha1').update(bytes).digest()]);
}

function numberOf(value: number): number[] {
  const bytes = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return [...bytes, left];
    bytes.push((left % 128) | 0x80);
  }
}

/** The name git gives a blob. */
export const blobName = (body: Buffer): Buffer =>
  createHash('sha1').update(`blob ${body.length}\0`).update(body).digest();

/** A difference that copies the whole of its base again and again: the longer the chain, the more comes of it. */
export function doubling(baseSize: number, times: number): Buffer {
  const length = [baseSize & 0xff, (baseSize >> 8) & 0xff, (baseSize >> 16) & 0xff];
  const copy = [0x80 | 0x10 | 0x20 | 0x40, ...length];
  return Buffer.from([
    ...numberOf(baseSize),
    ...numberOf(baseSize * times),
    ...Array.from({ length: times }, () => copy).flat(),
  ]);
}

const MIB = 1024 * 1024;
const SEED = Buffer.alloc(MIB);

/** Each is some kilobytes; what git would make of it stands in its name. */
export const BOMBS: Readonly<Record<string, { readonly pack: () => Buffer; readonly why: RegExp }>> = {
  'one file of 80 MiB of nothing': {
    pack: () => packWith([{ kind: 'blob', body: Buffer.alloc(80 * MIB) }]),
    why: /an object of it is larger than 67108864 bytes/,
  },
  'a difference of 255 bytes that makes 1 GiB': {
    pack: () => {
      const large = Buffer.alloc(15 * MIB);
      return packWith([
        { kind: 'blob', body: large },
        { kind: 'named-delta', of: blobName(large), body: doubling(large.length, 70) },
      ]);
    },
    why: /an object of it is larger than 67108864 bytes/,
  },
  'forty differences of one file, 15 MiB each': {
    pack: () => {
      const first: PackEntry = { kind: 'blob', body: SEED };
      const of = blobName(SEED);
      const more = Array.from({ length: 40 }, (_, n) => {
        const body = Buffer.concat([doubling(MIB, 15), Buffer.from([1, n])]);
        // It makes one byte more, so that each is another file.
        const made = Buffer.concat([
          Buffer.from([...numberOf(MIB), ...numberOf(15 * MIB + 1)]),
          body.subarray(6),
        ]);
        return { kind: 'named-delta' as const, of, body: made };
      });
      return packWith([first, ...more]);
    },
    why: /it unpacks to more than 536870912 bytes/,
  },
  'a million objects, as it says': {
    pack: () => packWith([{ kind: 'blob', body: Buffer.from('x') }], 1_000_000),
    why: /it has 1000000 objects, and 100000 are the most/,
  },
  'a file that is larger than it says': {
    pack: () => packWith([{ kind: 'blob', body: Buffer.alloc(20 * MIB), says: 10 }]),
    why: /is larger than it says/,
  },
  'a chain of differences, each sixteen times its base': {
    pack: () => {
      let size = 1_024;
      const chain: PackEntry[] = [{ kind: 'blob', body: Buffer.alloc(size) }];
      let made = Buffer.alloc(size);
      for (let n = 0; n < 5; n++) {
        chain.push({ kind: 'named-delta', of: blobName(made), body: doubling(size, 16) });
        size *= 16;
        made = n < 3 ? Buffer.alloc(size) : Buffer.alloc(0);
      }
      return packWith(chain);
    },
    why: /an object of it is larger than 67108864 bytes/,
  },
  'no pack at all': { pack: () => Buffer.alloc(4_096, 'x'), why: /it is no pack/ },
  'a pack that ends in the middle': {
    pack: () => packWith([{ kind: 'blob', body: Buffer.from('x') }], 3),
    why: /it ends in the middle of an object/,
  },
};
