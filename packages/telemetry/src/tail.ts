/** How the end of an existing log is taken up again. Synchronous: it runs once, before the first line. */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { LOG_LINE_BYTES_MAX } from './line.ts';

export interface OpenedTail {
  readonly fd: number;
  /** Bytes in the file, after a torn last line was cut. */
  readonly size: number;
  /** Number of the last line; 0 in an empty log. */
  readonly lastSeq: number;
}

/** Room for the last whole line and a torn one behind it. */
const TAIL_BYTES = 2 * LOG_LINE_BYTES_MAX;

/** @throws when the file cannot be opened, is no regular file, or ends in lines that are not a log's. */
export function openTail(path: string): OpenedTail {
  const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT;
  const fd = openSync(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new Error(`${path} is not a regular file`);
    const from = Math.max(0, stat.size - TAIL_BYTES);
    const tail = Buffer.alloc(stat.size - from);
    readSync(fd, tail, 0, tail.length, from);
    const end = tail.lastIndexOf(10) + 1;
    if (end < tail.length) ftruncateSync(fd, from + end);
    return {
      fd,
      size: from + end,
      lastSeq: from + end === 0 ? 0 : lastSeqIn(tail.toString('utf8', 0, end), path),
    };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** The number of the last line that has one: a damaged line must not end the log. */
function lastSeqIn(tail: string, path: string): number {
  const seq = [...tail.matchAll(/^\{"v":1,"ts":"[^"]{24}","seq":(\d{1,15}),/gm)].at(-1)?.[1];
  if (seq === undefined) throw new Error(`${path} ends in something that is no log`);
  return Number(seq);
}
