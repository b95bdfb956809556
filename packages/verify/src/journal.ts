/**
 * Our own reader of journal.ndjson, written from the format's description and sharing no code with the writer:
 *
 *     {"v":1,"seq":12,"at":"2026-11-21T10:42:07.031Z","crc":"9ae0daaf","cause":"…","events":[…]}\n
 *
 * `crc` is CRC-32 (ISO 3309) in eight hex digits over the line without its `"crc":"…",` field and newline.
 */
import { createReadStream } from 'node:fs';

/** The fields any event may have that matter here; everything is untrusted until a check looked at it. */
export type JournalEvent = Readonly<Record<string, unknown>> & { readonly type: string };

export interface ReadJournal {
  readonly events: readonly { readonly seq: number; readonly event: JournalEvent }[];
  readonly entries: number;
  /** Bytes after the last newline: a write that was cut short. Allowed, and reported. */
  readonly tornBytes: number;
  /** The first damage, by line and byte; reading stops there. */
  readonly damage: string | undefined;
}

const NEWLINE = 0x0a;
/** No line may be longer; what is, is damage and not an invitation to use up memory. */
const LINE_MAX_BYTES = 1 << 20;
const VERSION = 1;
const CRC_FIELD = /"crc":"([0-9a-f]{8})",/;
/** The crc stands within this many bytes of a line's beginning. */
const HEAD_MAX_BYTES = 128;

export async function readJournal(path: string): Promise<ReadJournal> {
  const events: { seq: number; event: JournalEvent }[] = [];
  let entries = 0;
  let byte = 0;
  let rest: Buffer = Buffer.alloc(0);
  const damaged = (why: string): ReadJournal => {
    const damage = `line ${entries + 1}, byte ${byte}: ${why}`;
    return { events, entries, tornBytes: 0, damage };
  };
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      const read = parseLine(rest.subarray(0, end), entries + 1);
      if (typeof read === 'string') return damaged(read);
      events.push(...read.map((event) => ({ seq: entries + 1, event })));
      entries += 1;
      byte += end + 1;
      rest = rest.subarray(end + 1);
    }
    if (rest.length > LINE_MAX_BYTES) return damaged(`the line is longer than ${LINE_MAX_BYTES} bytes`);
  }
  return { events, entries, tornBytes: rest.length, damage: undefined };
}

/** The line's events, or why it is damaged. Its bytes are proven before anything of it is parsed. */
function parseLine(line: Buffer, seqExpected: number): readonly JournalEvent[] | string {
  const [field, told] = CRC_FIELD.exec(line.toString('latin1', 0, HEAD_MAX_BYTES)) ?? [];
  if (!field) return 'it has no crc';
  const at = line.indexOf(field);
  const crc = crc32(Buffer.concat([line.subarray(0, at), line.subarray(at + field.length)]));
  if (crc !== told) return `its crc is ${told}, its bytes give ${crc}`;
  const entry = parseObject(line.toString('utf8'));
  if (!entry) return 'it is not a JSON object';
  if (entry.v !== VERSION) return `it is of version ${entry.v}, and only ${VERSION} is known here`;
  if (entry.seq !== seqExpected) return `its seq is ${entry.seq}, after ${seqExpected - 1}`;
  if (!Array.isArray(entry.events) || !entry.events.every(isEvent)) return 'it holds no list of events';
  return entry.events;
}

const isEvent = (value: unknown): value is JournalEvent =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

/** CRC-32, reflected polynomial 0xEDB88320 (ISO 3309), bytewise by table; eight lower-case hex digits. */
export function crc32(bytes: Uint8Array): string {
  let crc = 0xffffffff;
  for (const b of bytes) crc = TABLE[(crc ^ b) & 0xff]! ^ (crc >>> 8);
  return ((crc ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');
}
