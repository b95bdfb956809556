/** The journal, as the applier uses it. */
import type { Entry } from '../events.ts';

export interface Journal {
  /**
   * Writes the entries in one write, and resolves after one fsync has made them durable. After the first error this
   * call and every later one reject with SW0701.
   */
  append(entries: readonly Entry[]): Promise<void>;
  close(): Promise<void>;
}

export interface OpenedJournal {
  readonly journal: Journal;
  /** Every entry on disk, in order. */
  readonly entries: readonly Entry[];
  /** How many bytes of a torn last line were cut off at opening. 0: the last line was whole. */
  readonly cutBytes: number;
}
