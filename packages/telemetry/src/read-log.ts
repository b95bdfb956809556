/** Reading log.ndjson, whole or as it grows. */
import { watch } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import type { Level, LogLine } from '@swarm/core/log-events';
import { LineReader } from './lines.ts';

export interface LogFilter {
  readonly task?: string;
  readonly attempt?: string;
  /** An event's name, or a pattern such as `landing.*`. */
  readonly event?: string;
  /** This level and worse. */
  readonly level?: Level;
  /** Not before this time, RFC 3339 in UTC with milliseconds, as `ts` is written. */
  readonly since?: string;
}

export interface ReadOptions {
  /** Told once at the end of the file, when lines in it could not be read. */
  readonly onUnreadable?: (lines: number) => void;
}

export interface FollowOptions extends ReadOptions {
  readonly signal: AbortSignal;
  /** Whether what is there already is given too. */
  readonly from: 'start' | 'end';
  readonly filter?: LogFilter;
  /**
   * Asked of every line, whether the filter lets it through or not: whether nothing more is to come after it. Once
   * the last line read says so and the file ends there, following ends.
   */
  readonly isLast?: (line: LogLine) => boolean;
  /** How often the file is looked at when the system tells nothing. Default 500. */
  readonly pollMs?: number;
}

const CHUNK_BYTES = 256 * 1024;
const LEVELS: readonly Level[] = ['debug', 'info', 'warn', 'error'];

/** Lines in order, up to the last whole one. @throws the system's error when the file cannot be opened. */
export async function* readLog(
  path: string,
  filter: LogFilter = {},
  options: ReadOptions = {},
): AsyncGenerator<LogLine> {
  const handle = await open(path, 'r');
  const reader = new LineReader();
  try {
    for await (const { bytes } of chunksFrom(handle, 0)) yield* reader.push(bytes).filter(matches(filter));
  } finally {
    await handle.close();
  }
  if (reader.unreadable > 0) options.onUnreadable?.(reader.unreadable);
}

/** The whole lines from a byte on, and where the next one begins. A file that is not there, or not so long any more, has none. */
export async function logFrom(
  path: string,
  from: number,
): Promise<{ readonly lines: readonly LogLine[]; readonly byte: number }> {
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!handle) return { lines: [], byte: from };
  try {
    const reader = new LineReader();
    const lines: LogLine[] = [];
    let byte = from;
    for await (const { bytes, position } of chunksFrom(handle, from)) {
      lines.push(...reader.push(bytes));
      const end = bytes.lastIndexOf(10);
      if (end >= 0) byte = position - bytes.length + end + 1;
    }
    return { lines, byte };
  } finally {
    await handle.close();
  }
}

/**
 * Lines as they come, until the signal fires or `isLast` says so. The file may not be there yet. When it is cut to less than was
 * read, or another one takes its name, reading starts at the beginning of what is there then. (A file cut and
 * grown beyond the old place between two looks cannot be told from one that only grew.)
 */
export async function* followLog(path: string, options: FollowOptions): AsyncGenerator<LogLine> {
  const { signal, filter = {} } = options;
  const reader = new LineReader();
  let isOver = false;
  let place: Place = { file: undefined, position: 0 };
  if (options.from === 'end') place = await endOf(path);
  while (!signal.aborted) {
    const changed = changeOf(path, signal, options.pollMs ?? 500);
    try {
      const now = await stat(path).catch(() => undefined);
      if (now && (now.ino !== place.file || now.size < place.position)) {
        place = { file: now.ino, position: 0 };
        reader.reset();
      }
      if (now && now.size > place.position) {
        for await (const { bytes, position } of newBytes(path, place)) {
          place = { ...place, position };
          const lines = reader.push(bytes);
          for (const line of lines) isOver = options.isLast?.(line) ?? false;
          yield* lines.filter(matches(filter));
        }
        continue;
      }
      if (isOver) break;
      await changed.promise;
    } finally {
      changed.stop();
    }
  }
  if (reader.unreadable > 0) options.onUnreadable?.(reader.unreadable);
}

/** Which file is being read, by inode, and how far. */
interface Place {
  readonly file: number | undefined;
  readonly position: number;
}

async function endOf(path: string): Promise<Place> {
  const now = await stat(path).catch(() => undefined);
  return { file: now?.ino, position: now?.size ?? 0 };
}

/** Nothing when another file has taken the name since we looked: the next look sees it. */
async function* newBytes(path: string, place: Place): AsyncGenerator<Chunk> {
  const handle = await open(path, 'r').catch(() => undefined);
  if (!handle) return;
  try {
    if ((await handle.stat()).ino === place.file) yield* chunksFrom(handle, place.position);
  } finally {
    await handle.close();
  }
}

interface Chunk {
  readonly bytes: Buffer;
  /** Where the file goes on after them. */
  readonly position: number;
}

async function* chunksFrom(handle: FileHandle, from: number): AsyncGenerator<Chunk> {
  for (let position = from; ; ) {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield { bytes: buffer.subarray(0, bytesRead), position };
  }
}

/** Resolves when the file seems to have changed, the time is up, or the signal fires. Watches before it looks. */
function changeOf(path: string, signal: AbortSignal, pollMs: number) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = () => resolve();
  const timer = setTimeout(done, pollMs);
  signal.addEventListener('abort', done, { once: true });
  const watcher = tryWatch(path, done);
  const stop = () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', done);
    watcher?.close();
  };
  return { promise, stop };
}

/** Undefined where the system cannot watch (no such file yet, a network disk): then the clock alone looks. */
function tryWatch(path: string, changed: () => void) {
  try {
    return watch(path, changed).on('error', changed);
  } catch {
    return undefined;
  }
}

function matches(filter: LogFilter): (line: LogLine) => boolean {
  const event = filter.event === undefined ? undefined : eventPattern(filter.event);
  const worst = filter.level === undefined ? 0 : LEVELS.indexOf(filter.level);
  return (line) =>
    (filter.task === undefined ||
      line.task === filter.task ||
      (line.attempt?.startsWith(`${filter.task}.`) ?? false)) &&
    (filter.attempt === undefined || line.attempt === filter.attempt) &&
    (event === undefined || event.test(line.event)) &&
    (filter.since === undefined || line.ts >= filter.since) &&
    LEVELS.indexOf(line.level) >= worst;
}

/** `*` stands for anything; every other character for itself. */
function eventPattern(pattern: string): RegExp {
  const literal = pattern.split('*').map((part) => part.replaceAll(/[^\w]/g, '\\$&'));
  return new RegExp(`^${literal.join('.*')}$`);
}
