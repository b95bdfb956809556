/** Cuts a stream of bytes into log lines; what is no log line is counted, not thrown. */
import { LOG_EVENTS, type LogLine } from '@swarm/core/log-events';
import { LOG_LINE_BYTES_MAX } from './line.ts';

const NEWLINE = 10;

export class LineReader {
  #rest: Buffer = Buffer.alloc(0);
  #isSkipping = false;
  /** Lines that are no log lines, and lines over LOG_LINE_BYTES_MAX. */
  unreadable = 0;

  /** The whole lines these bytes complete. */
  push(chunk: Buffer): LogLine[] {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const lines: LogLine[] = [];
    let from = 0;
    for (let to = bytes.indexOf(NEWLINE); to >= 0; to = bytes.indexOf(NEWLINE, from)) {
      const line = this.#isSkipping ? undefined : parseLogLine(bytes.subarray(from, to));
      if (line) lines.push(line);
      else this.unreadable++;
      this.#isSkipping = false;
      from = to + 1;
    }
    this.#keep(bytes.subarray(from));
    return lines;
  }

  /** Forgets half a line: its other half will not come. */
  reset(): void {
    this.#rest = Buffer.alloc(0);
    this.#isSkipping = false;
  }

  #keep(rest: Buffer): void {
    this.#isSkipping ||= rest.length > LOG_LINE_BYTES_MAX;
    this.#rest = this.#isSkipping ? Buffer.alloc(0) : Buffer.from(rest);
  }
}

/** Undefined unless it has the stamps of a log line; `data` may hold any JSON. */
export function parseLogLine(bytes: Buffer): LogLine | undefined {
  try {
    const line = JSON.parse(bytes.toString('utf8')) as LogLine;
    const isLine =
      line.v === 1 &&
      Object.hasOwn(LOG_EVENTS, line.event) &&
      Number.isSafeInteger(line.seq) &&
      typeof line.msg === 'string';
    return isLine ? line : undefined;
  } catch {
    return undefined;
  }
}
