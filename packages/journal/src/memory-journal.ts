/**
 * The journal's twin for simulations: the same writer and the same recovery over a file in memory whose crash
 * can be staged. It is deterministic: it waits for nothing but what `beforeSync` waits for.
 */
import type { OpenedJournal } from '@swarm/core/ports/journal';
import { type AppendFile, GroupCommit } from './group-commit.ts';
import { recover } from './recover.ts';

export interface MemoryFileOptions {
  /** Awaited in every sync before it takes effect; rejecting makes the sync fail. */
  readonly beforeSync?: () => Promise<void>;
  /** The disk's size in bytes; a write beyond it is cut short, the next fails with ENOSPC. */
  readonly capacity?: number;
}

/** A file that knows which of its bytes are durable. */
export class MemoryFile implements AppendFile {
  #chunks: Buffer[];
  #length: number;
  #durable: number;
  readonly #options: MemoryFileOptions;
  /** Counted for tests: groups show as few of each. */
  writes = 0;
  syncs = 0;

  constructor(bytes: Uint8Array = Buffer.alloc(0), options: MemoryFileOptions = {}) {
    this.#chunks = [Buffer.from(bytes)];
    this.#length = bytes.length;
    this.#durable = bytes.length;
    this.#options = options;
  }

  /** Everything written so far, durable or not. */
  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** Bytes that a crash may take. */
  get unsynced(): number {
    return this.#length - this.#durable;
  }

  async write(buffer: Buffer, offset: number, length: number): Promise<{ bytesWritten: number }> {
    const room = (this.#options.capacity ?? Number.POSITIVE_INFINITY) - this.#length;
    if (room <= 0) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    const bytesWritten = Math.min(length, room);
    this.#chunks.push(Buffer.from(buffer.subarray(offset, offset + bytesWritten)));
    this.#length += bytesWritten;
    this.writes++;
    return { bytesWritten };
  }

  async datasync(): Promise<void> {
    const reached = this.#length;
    await this.#options.beforeSync?.();
    this.#durable = Math.max(this.#durable, reached);
    this.syncs++;
  }

  async stat(): Promise<{ size: number; nlink: number }> {
    return { size: this.#length, nlink: 1 };
  }

  async truncate(length: number): Promise<void> {
    this.#chunks = [this.bytes.subarray(0, length)];
    this.#length = length;
    this.#durable = Math.min(this.#durable, length);
  }

  async close(): Promise<void> {}

  /**
   * What is on the disk after the machine lost its power now: every durable byte, and of the others the first
   * `keep`. Open a new MemoryFile on it; this one's process is dead.
   */
  crash(keep = 0): Buffer {
    return this.bytes.subarray(0, this.#durable + Math.min(keep, this.unsynced));
  }
}

/** As `openFileJournal`. @throws SwarmError SW0203 damage; SW0204 another version. */
export async function openMemoryJournal(file: MemoryFile, name = 'memory'): Promise<OpenedJournal> {
  const found = await recover([file.bytes], name);
  if (found.cutBytes > 0) await file.truncate(found.validBytes);
  await file.datasync();
  return {
    journal: new GroupCommit(file, name, { lastSeq: found.entries.length, bytes: found.validBytes }),
    entries: found.entries,
    cutBytes: found.cutBytes,
  };
}
