/**
 * Reads a journal from its first byte to its last. Every line ends in a newline; what follows the last newline
 * was never acknowledged (an append resolves only after the whole line, newline included, is durable), so a
 * crash can leave it and it is cut, aloud. Everything else a crash cannot leave: a line that *has* its newline
 * and a wrong crc, be it the last, a gap in the numbers, a block of NULs. That is damage, may have eaten an
 * acknowledged decision, and is refused with line and byte.
 */
import { open } from 'node:fs/promises';
import { type Problem, SwarmError } from '@swarm/core/errors';
import type { Entry } from '@swarm/core/events';
import { checkLine, LINE_BYTES_MAX } from './entry.ts';
import { foreignVersion, upcast } from './upcast.ts';

const NEWLINE = 10;
const CHUNK_BYTES = 1024 * 1024;

export interface Recovered {
  readonly entries: readonly Entry[];
  /** Where the last whole line ends, bytes from the start. */
  readonly validBytes: number;
  /** How many bytes come after it: a torn last line. They are still there; the next writer cuts them off first. */
  readonly cutBytes: number;
}

/** What is wrong with one line. The caller adds the place. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly byte: number;
}

/**
 * Holds one chunk and one line at a time besides the entries themselves.
 * @param chunks the journal's bytes in order, in pieces of any size.
 * @param file the path named in messages and in the fix.
 * @throws SwarmError SW0203 damage, SW0204 written by another version; both name line and byte.
 */
export async function recover(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  file: string,
): Promise<Recovered> {
  const entries: Entry[] = [];
  let rest: Buffer = Buffer.alloc(0);
  let validBytes = 0;
  for await (const chunk of chunks) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let from = 0;
    for (let to = bytes.indexOf(NEWLINE); to >= 0; to = bytes.indexOf(NEWLINE, from)) {
      const place = { file, line: entries.length + 1, byte: validBytes + from };
      entries.push(readLine(bytes.subarray(from, to), place));
      from = to + 1;
    }
    validBytes += from;
    rest = bytes.subarray(from);
    refuseTooLong(rest.length, { file, line: entries.length + 1, byte: validBytes });
  }
  return { entries, validBytes, cutBytes: rest.length };
}

/**
 * Reads a journal without touching it, live or not: a torn last line is left out and told in `cutBytes`.
 * @throws SwarmError SW0104 when there is no journal, SW0203, SW0204.
 */
export async function readJournal(path: string): Promise<Recovered> {
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? noJournal(path, error) : error;
  });
  try {
    return await recover(chunksOf(handle), path);
  } finally {
    await handle.close();
  }
}

interface Readable {
  read(buffer: Buffer, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
}

/** The file's bytes from the first on, as far as they reach now. */
export async function* chunksOf(file: Readable): AsyncGenerator<Buffer> {
  for (let position = 0; ; ) {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

export function noJournal(path: string, cause?: unknown): SwarmError {
  return new SwarmError(
    { code: 'SW0104', what: 'there is no journal here', where: path, fix: 'swarm run "<request>"' },
    { cause },
  );
}

/** One whole line, or a refusal that names its place. Lines are numbered as their entries are: from 1. */
export function readLine(bytes: Buffer, place: Place): Entry {
  refuseTooLong(bytes.length + 1, place);
  const checked = checkLine(bytes);
  if (checked.kind === 'unknown-layout') throw foreign(place, foreignVersion(checked.v));
  if (checked.kind === 'damaged') throw damaged(place, checked.why);
  const result = upcast(checked.line);
  if (result.kind === 'foreign') throw foreign(place, result.why);
  if (result.kind === 'damaged') throw damaged(place, result.why);
  if (result.entry.seq !== place.line)
    throw damaged(place, `it is entry ${result.entry.seq}; entry ${place.line} belongs here`);
  return result.entry;
}

function refuseTooLong(bytes: number, place: Place): void {
  if (bytes > LINE_BYTES_MAX) throw damaged(place, `it is longer than ${LINE_BYTES_MAX} bytes`);
}

/** The fix keeps a copy and goes back to the last good entry; git still knows what landed after it. */
function damaged(place: Place, why: string): SwarmError {
  const file = shellQuote(place.file);
  const copy = shellQuote(`${place.file}.damaged`);
  return new SwarmError({
    ...at(place),
    code: 'SW0203',
    what: `journal line ${place.line} cannot be trusted: ${why}`,
    why: 'only a torn last line can be left by a crash; this is damage, and nothing is read past it',
    fix: `cp ${file} ${copy} && truncate -s ${place.byte} ${file} && swarm resume`,
  });
}

function foreign(place: Place, why: string): SwarmError {
  return new SwarmError({
    ...at(place),
    code: 'SW0204',
    what: `journal line ${place.line} was written by another version of swarm: ${why}`,
    why: 'leaving out what is not understood would lose decisions',
    fix: 'head -n 1 journal.ndjson   # names the version of swarm that wrote it: resume with that one, or a newer',
  });
}

const at = ({ file, line, byte }: Place): Pick<Problem, 'where'> => ({
  where: `${file}, line ${line}, byte ${byte}`,
});

const shellQuote = (text: string): string =>
  /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
