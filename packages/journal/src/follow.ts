/** A journal as it grows: every whole line once, in order. Whoever reads slowly misses nothing, for it is the file that is read. */
import { watch } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Entry } from '@swarm/core/events';
import { readLine } from './recover.ts';

export interface FollowOptions {
  readonly signal: AbortSignal;
  /** Asked of every entry after it was taken; once it says so and the file ends there, following ends. */
  readonly isLast: (entry: Entry) => boolean;
  /** How often the file is looked at when the system tells nothing. Default 500. */
  readonly pollMs?: number;
  /** The `seq` of the first entry that is given: lines before it are counted, and neither checked nor parsed. Default 1. */
  readonly from?: number;
}

const NEWLINE = 10;
const CHUNK_BYTES = 256 * 1024;

/**
 * Entries as they come, until the signal fires or `isLast` says so. A torn last line is left where it is: its writer ends
 * it, or the next one cuts it off. Errors: SW0203, SW0204, and the system's where the file cannot be opened.
 */
export async function* followJournal(path: string, options: FollowOptions): AsyncGenerator<Entry> {
  const { signal, isLast, pollMs = 500, from = 1 } = options;
  const place: Place = { file: path, line: 1, byte: 0 };
  let isOver = false;
  while (!signal.aborted) {
    const changed = changeOf(path, signal, pollMs);
    try {
      let isMore = false;
      for await (const entry of entriesAt(place, from)) {
        isMore = true;
        yield entry;
        // Asked when it was taken: whoever folds it knows only then.
        isOver = isLast(entry);
      }
      if (isMore) continue;
      if (isOver) return;
      await changed.promise;
    } finally {
      changed.stop();
    }
  }
}

/** The entries that are there now, from the one of this `seq` on. Errors: as above. */
export const presentEntries = (path: string, from = 1): AsyncGenerator<Entry> =>
  entriesAt({ file: path, line: 1, byte: 0 }, from);

/** What is there from a place on; the place goes along. */
async function* entriesAt(place: Place, from: number): AsyncGenerator<Entry> {
  for await (const bytes of wholeLines(place.file, place.byte)) {
    const here = { ...place };
    place.line += 1;
    place.byte += bytes.length + 1;
    if (here.line >= from) yield readLine(bytes, here);
  }
}

/** Of the next line. */
interface Place {
  readonly file: string;
  line: number;
  byte: number;
}

/** Without their newlines. */
async function* wholeLines(path: string, from: number): AsyncGenerator<Buffer> {
  const handle = await open(path, 'r');
  try {
    let rest: Buffer = Buffer.alloc(0);
    for (let position = from; ; ) {
      const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
      const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      for (let to = rest.indexOf(NEWLINE); to >= 0; to = rest.indexOf(NEWLINE)) {
        yield rest.subarray(0, to);
        rest = rest.subarray(to + 1);
      }
    }
  } finally {
    await handle.close();
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

/** Undefined where the system cannot watch: then the clock alone looks. */
function tryWatch(path: string, changed: () => void) {
  try {
    return watch(path, changed).on('error', changed);
  } catch {
    return undefined;
  }
}
