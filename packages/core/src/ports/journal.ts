/** The journal, as the applier writes it. */
import type { Entry } from '../events.ts';

export interface Journal {
  /**
   * Writes the entries in one write and makes them durable with one fsync before it resolves.
   * The first error poisons the journal: this and every later call reject with SW0701.
   */
  append(entries: readonly Entry[]): Promise<void>;
  close(): Promise<void>;
}

export interface OpenedJournal {
  readonly journal: Journal;
  /** Everything durable, in order. */
  readonly entries: readonly Entry[];
  /** Bytes of a torn last line that were cut off at opening; 0 when there were none. */
  readonly cutBytes: number;
}
