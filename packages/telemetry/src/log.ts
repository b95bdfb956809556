/** log.ndjson: one writer, in order, in batches, and never in the way of the run. */
import { closeSync, ftruncateSync, write } from 'node:fs';
import { promisify } from 'node:util';
import type { LogEventName, LogFields, LogLine } from '@swarm/core/log-events';
import type { Clock, Log } from '@swarm/core/ports/world';
import { makeLine } from './line.ts';
import { makeRedactor, type Redactor } from './redact.ts';
import type { Spans } from './spans.ts';
import { type OpenedTail, openTail } from './tail.ts';

const writeAsync = promisify(write);

/** Lines waiting to be written may hold this many bytes; what comes on top is dropped and counted. */
const QUEUE_BYTES_MAX = 16 * 1024 * 1024;

export interface LogOptions {
  readonly path: string;
  readonly run: string;
  readonly clock: Pick<Clock, 'now'>;
  /** Secrets that must not appear, as they are; see makeRedactor for the spellings looked for. */
  readonly redact: readonly string[] | Redactor;
  /** Told every line; each then carries the ids of its span. */
  readonly spans?: Spans | undefined;
  /** Called with each line as it is queued, redacted and sanitised. What it throws goes to `onError`. */
  readonly onLine?: (line: LogLine) => void;
  /** Called once, with the first thing that went wrong. Lines lost are counted in `dropped`. */
  readonly onError?: (error: Error) => void;
}

export interface RunLog extends Log {
  /** Resolves when every line written so far is with the system, or dropped. Not an fsync: the log is no truth. */
  flush(): Promise<void>;
  /** Flushes and closes; later lines are dropped. */
  close(): Promise<void>;
  /** Lines lost since opening. Their numbers are missing from the file. */
  readonly dropped: number;
}

/** Takes up an existing log after its last whole line. Never throws. */
export function createLog(options: LogOptions): RunLog {
  return new NdjsonLog(options);
}

class NdjsonLog implements RunLog {
  readonly #options: LogOptions;
  readonly #redactor: Redactor;
  #file: OpenedTail | undefined;
  #seq = 0;
  #size = 0;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #writing: Promise<void> | undefined;
  #dropped = 0;
  #isTold = false;

  constructor(options: LogOptions) {
    this.#options = options;
    this.#redactor = 'redact' in options.redact ? options.redact : makeRedactor(options.redact);
    try {
      this.#file = openTail(options.path);
      this.#seq = this.#file.lastSeq;
      this.#size = this.#file.size;
    } catch (error) {
      this.#tell(error);
    }
  }

  get dropped(): number {
    return this.#dropped;
  }

  write<N extends LogEventName>(name: N, fields: LogFields): void {
    try {
      const at = this.#options.clock.now();
      const ids = this.#options.spans?.follow(name, fields, at);
      const stamps = { seq: ++this.#seq, at, run: this.#options.run, ...ids };
      const { line, bytes } = makeLine(name, fields, stamps, this.#redactor);
      this.#enqueue(bytes);
      this.#options.onLine?.(line);
    } catch (error) {
      this.#tell(error);
    }
  }

  async flush(): Promise<void> {
    await this.#writing;
  }

  async close(): Promise<void> {
    await this.#writing;
    const file = this.#file;
    this.#file = undefined;
    if (file) closeSync(file.fd);
  }

  #enqueue(bytes: Buffer): void {
    if (!this.#file || this.#queuedBytes + bytes.length > QUEUE_BYTES_MAX) {
      this.#dropped++;
      this.#tell(new Error(this.#file ? 'lines come faster than they can be written' : 'the log is closed'));
      return;
    }
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    this.#writing ??= this.#drain(this.#file.fd);
  }

  /** Never rejects. */
  async #drain(fd: number): Promise<void> {
    await null; // lines of the same turn go out together
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0);
      this.#queuedBytes = 0;
      await this.#writeBatch(fd, batch);
    }
    this.#writing = undefined;
  }

  /** A batch that fails is cut back out of the file and dropped; the next one is tried again. */
  async #writeBatch(fd: number, batch: readonly Buffer[]): Promise<void> {
    const bytes = Buffer.concat(batch);
    try {
      for (let done = 0; done < bytes.length; )
        done += (await writeAsync(fd, bytes, done, bytes.length - done)).bytesWritten;
      this.#size += bytes.length;
    } catch (error) {
      this.#dropped += batch.length;
      this.#tell(error);
      this.#cutBack(fd);
    }
  }

  #cutBack(fd: number): void {
    try {
      ftruncateSync(fd, this.#size);
    } catch (error) {
      this.#tell(error);
    }
  }

  #tell(error: unknown): void {
    if (this.#isTold) return;
    this.#isTold = true;
    try {
      this.#options.onError?.(error instanceof Error ? error : new Error(String(error)));
    } catch {
      // A listener that throws must not end the run.
    }
  }
}
