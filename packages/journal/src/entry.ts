/**
 * One line of journal.ndjson: one decision.
 *
 *     {"v":1,"seq":12,"at":"2026-11-21T10:42:07.031Z","crc":"9ae0daaf","cause":"endAttempt","events":[…]}\n
 *
 * The fields before `events` stand in exactly this order and spelling, so that a line can be checked as bytes,
 * before anything of it is parsed. `crc` is CRC-32 (the one of zlib and gzip, ISO 3309; native in node:zlib) in
 * eight lower-case hex digits, over every byte of the line but the field `"crc":"…",` itself and the newline.
 * CRC-32 finds every flip of up to three bits in a line of our length and every burst of up to 32.
 */
import { crc32 } from 'node:zlib';
import { SwarmError } from '@swarm/core/errors';
import type { Entry } from '@swarm/core/events';

/** The shape new lines are written in. Old shapes are brought up to it by upcast.ts. */
export const JOURNAL_VERSION = 1;

/** Longest line, newline included, in bytes: a plan of 100,000 tasks is one decision, and so one line. */
export const LINE_BYTES_MAX = 64 * 1024 * 1024;

const HEAD =
  /^\{"v":(\d{1,6}),"seq":(\d{1,15}),"at":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)","crc":"([0-9a-f]{8})",/;
/** Longer than any head HEAD can match. */
const HEAD_BYTES_MAX = 128;
const CRC_FIELD_BYTES = '"crc":"00000000",'.length;
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** A line whose bytes are proven, in the shape of the version that wrote it. `at` is ms since the epoch. */
export interface RawLine {
  readonly v: number;
  readonly seq: number;
  readonly at: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** `unknown-layout`: not a line of this shape at all, though it names a version. */
export type CheckedLine =
  | { readonly kind: 'proven'; readonly line: RawLine }
  | { readonly kind: 'unknown-layout'; readonly v: number }
  | { readonly kind: 'damaged'; readonly why: string };

/**
 * The entry as one line, newline included. Values must be plain JSON; what JSON cannot hold is not kept.
 * @throws SwarmError SW0801 when the line would be over LINE_BYTES_MAX, or `at` is no time a person lives in.
 */
export function encodeEntry(entry: Entry): Buffer {
  const head = `{"v":${JOURNAL_VERSION},"seq":${entry.seq},"at":"${isoTime(entry)}",`;
  const tail = `"cause":${JSON.stringify(entry.cause)},"events":${JSON.stringify(entry.events)}}`;
  const crc = hex(crc32(tail, crc32(head)));
  const line = Buffer.from(`${head}"crc":"${crc}",${tail}\n`);
  if (line.length > LINE_BYTES_MAX) throw tooLong(entry, line.length);
  return line;
}

/** Checks a line (without its newline) byte for byte, then parses it. Never throws. */
export function checkLine(line: Buffer): CheckedLine {
  const text = line.toString('latin1', 0, HEAD_BYTES_MAX);
  const head = HEAD.exec(text);
  if (!head) return withoutHead(text);
  const tailAt = head[0].length;
  const crc = crc32(line.subarray(tailAt), crc32(line.subarray(0, tailAt - CRC_FIELD_BYTES)));
  if (crc !== Number.parseInt(head[4]!, 16))
    return { kind: 'damaged', why: `its crc is ${head[4]}, its bytes give ${hex(crc)}` };
  const body = parseObject(line.toString('utf8'));
  const at = Date.parse(head[3]!);
  if (!body || Number.isNaN(at)) return { kind: 'damaged', why: 'its crc is right, yet it is no entry' };
  return { kind: 'proven', line: { v: Number(head[1]), seq: Number(head[2]), at, body } };
}

function withoutHead(text: string): CheckedLine {
  const v = /^\{"v":(\d{1,6}),/.exec(text);
  if (v && Number(v[1]) !== JOURNAL_VERSION) return { kind: 'unknown-layout', v: Number(v[1]) };
  return { kind: 'damaged', why: 'it does not begin as a journal line does' };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isoTime(entry: Entry): string {
  if (Number.isInteger(entry.at) && entry.at >= 0 && entry.at <= LAST_MS)
    return new Date(entry.at).toISOString();
  throw new SwarmError({
    code: 'SW0801',
    what: `journal entry ${entry.seq} has no usable time: ${entry.at}`,
    why: 'an entry’s time is a whole number of milliseconds since 1970, before the year 10000',
  });
}

function tooLong(entry: Entry, bytes: number): SwarmError {
  return new SwarmError({
    code: 'SW0801',
    what: `journal entry ${entry.seq} (${entry.cause}) is ${bytes} bytes long`,
    why: `an entry may have ${LINE_BYTES_MAX} bytes; nothing was written`,
    fix: 'split the decision into several entries, or keep the large part in a file',
  });
}

const hex = (crc: number): string => crc.toString(16).padStart(8, '0');
