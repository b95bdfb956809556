/**
 * Appends the lines of event types that are not in a golden journal yet; existing lines are never touched. Run
 * it by hand after a type was added to the end of src/golden.ts, and commit what it wrote.
 */
import { deepStrictEqual } from 'node:assert/strict';
import { openFileJournal } from '../src/file-journal.ts';
import { GOLDEN_ENTRIES } from '../src/golden.ts';

const { journal, entries } = await openFileJournal(
  new URL('./every-event.ndjson', import.meta.url).pathname,
  {
    create: true,
  },
);
deepStrictEqual(entries, GOLDEN_ENTRIES.slice(0, entries.length), 'what is written stays as it is');
await journal.append(GOLDEN_ENTRIES.slice(entries.length));
await journal.close();
