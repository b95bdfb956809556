/**
 * The writer both journals share: lines go out in the order of the calls, and calls that arrive while a sync is
 * under way are written and synced together by the next one. One write and one fdatasync per group.
 */
import { dirname } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import type { Entry } from '@swarm/core/events';
import type { Journal } from '@swarm/core/ports/journal';
import { encodeEntry } from './entry.ts';

/** What the writer needs of a file opened for appending; a node:fs FileHandle is one. */
export interface AppendFile {
  write(buffer: Buffer, offset: number, length: number): Promise<{ readonly bytesWritten: number }>;
  datasync(): Promise<void>;
  /** Its bytes, and how many names it has: none once it was removed. */
  stat(): Promise<{ readonly size: number; readonly nlink: number }>;
  close(): Promise<void>;
}

/** A group takes whole calls up to this many bytes, and at least one call. */
const GROUP_BYTES = 16 * 1024 * 1024;

interface Call {
  readonly bytes: Buffer;
  readonly resolve: () => void;
  readonly reject: (error: SwarmError) => void;
}

/**
 * `append` rejects with SW0701 from the first failed write or sync on: what reached the disk is then unknown,
 * a further line could be glued to half of one, and a second fsync may report success for bytes the first one
 * lost. Only a new process that reads the file again may go on.
 *
 * Refused before anything is written, with SW0801, and the journal stays usable: an entry that does not follow
 * the last one by number, one over LINE_BYTES_MAX, and a call after `close`.
 */
export class GroupCommit implements Journal {
  readonly #file: AppendFile;
  readonly #path: string;
  #lastSeq: number;
  /** What the file holds as far as this writer knows: what it found and what it wrote. */
  #bytes: number;
  #queue: Call[] = [];
  #drained: Promise<void> | undefined;
  #poison: SwarmError | undefined;
  #isClosed = false;

  /**
   * @param path is named in messages.
   * @param found the number of the last entry in the file, or 0, and the file's length.
   */
  constructor(file: AppendFile, path: string, found: { readonly lastSeq: number; readonly bytes: number }) {
    this.#file = file;
    this.#path = path;
    this.#lastSeq = found.lastSeq;
    this.#bytes = found.bytes;
  }

  async append(entries: readonly Entry[]): Promise<void> {
    if (this.#poison) throw this.#poison;
    if (this.#isClosed) throw fault(`append to a closed journal: ${this.#path}`);
    if (entries.length === 0) return;
    const bytes = Buffer.concat(entries.map((entry, i) => this.#encodeNext(entry, i)));
    this.#lastSeq += entries.length;
    await new Promise<void>((resolve, reject) => {
      this.#queue.push({ bytes, resolve, reject });
      this.#drained ??= this.#drain();
    });
  }

  /** Waits for what is under way, then closes the file. Throws SW0701 when the file was removed meanwhile. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#drained;
    const isGone = this.#poison === undefined && (await this.#file.stat()).nlink === 0;
    await this.#file.close();
    if (isGone) throw cannotWrite(this.#path, new Error(REMOVED));
  }

  #encodeNext(entry: Entry, i: number): Buffer {
    const due = this.#lastSeq + 1 + i;
    if (entry.seq !== due) throw fault(`journal entry ${entry.seq} (${entry.cause}) where ${due} is due`);
    return encodeEntry(entry);
  }

  async #drain(): Promise<void> {
    await null; // calls made in the same turn belong to the first group
    while (this.#queue.length > 0 && !this.#poison) {
      const group = this.#takeGroup();
      try {
        await this.#checkOwn();
        await this.#writeAll(Buffer.concat(group.map((call) => call.bytes)));
        await this.#file.datasync();
        for (const call of group) call.resolve();
      } catch (error) {
        this.#fail(group, error);
      }
    }
    this.#drained = undefined;
  }

  /** A line is written only after what this writer itself knows: nobody else's, and not into a file without a name. */
  async #checkOwn(): Promise<void> {
    const { size, nlink } = await this.#file.stat();
    if (nlink === 0) throw new Error(REMOVED);
    if (size !== this.#bytes)
      throw new Error(
        `it holds ${size} bytes where this process left ${this.#bytes}: somebody else writes to it`,
      );
  }

  #takeGroup(): Call[] {
    let calls = 0;
    for (let bytes = 0; calls < this.#queue.length; calls++) {
      bytes += this.#queue[calls]!.bytes.length;
      if (bytes > GROUP_BYTES && calls > 0) break;
    }
    return this.#queue.splice(0, calls);
  }

  /** One write; more only when the system took less than it was given, as it does just before a disk is full. */
  async #writeAll(bytes: Buffer): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done);
      if (bytesWritten === 0) throw new Error('the system took no bytes');
      done += bytesWritten;
      this.#bytes += bytesWritten;
    }
  }

  #fail(group: readonly Call[], error: unknown): void {
    const poison = cannotWrite(this.#path, error);
    this.#poison = poison;
    for (const call of [...group, ...this.#queue.splice(0)]) call.reject(poison);
  }
}

const REMOVED = 'the file was removed';

/** SW0701 for a journal; `swarm resume` reads the file again and cuts what was half written. */
export function cannotWrite(path: string, error: unknown): SwarmError {
  const { code, message } = error as NodeJS.ErrnoException;
  const folder = dirname(path);
  const space = code === 'ENOSPC' || code === 'EDQUOT' ? `df -h ${folder}   # make room, then: ` : '';
  return new SwarmError(
    {
      code: 'SW0701',
      what: `the journal cannot be written: ${message ?? String(error)}`,
      where: path,
      why: 'a decision that is not on disk is not made; nothing more is written by this process',
      fix: `${space}swarm resume`,
    },
    { cause: error },
  );
}

const fault = (what: string): SwarmError => new SwarmError({ code: 'SW0801', what });
