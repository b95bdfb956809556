/** A run's entries as they come, whoever works on it: from the process while there is one, else from the journal's file. */
import type { Entry } from '@swarm/core/events';
import { followJournal } from '@swarm/journal';
import { liveEntries } from '../control/entries.ts';

export interface EntriesAsk {
  readonly run: string;
  readonly journal: string;
  readonly from: number;
  readonly signal: AbortSignal;
  /** Where a live run listens, asked anew each time: who resumes it may listen elsewhere. */
  readonly control: () => Promise<string | undefined>;
}

/**
 * Each once and in order, through kills and resumes, until the signal fires. Errors: those of the door and of a damaged
 * journal.
 */
export async function* entriesAsTheyCome(ask: EntriesAsk): AsyncGenerator<Entry> {
  const { run, journal, signal, control } = ask;
  let next = ask.from;
  while (!signal.aborted) {
    const path = await control();
    const live = path === undefined ? [] : liveEntries(path, { run, from: next, signal });
    for await (const entry of live) {
      next = entry.seq + 1;
      yield entry;
    }
    // Until something is there and the file ends: whoever wrote it may listen by then.
    for await (const entry of followJournal(journal, { from: next, signal, isLast: () => true })) {
      next = entry.seq + 1;
      yield entry;
    }
  }
}
