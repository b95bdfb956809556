import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { Entry } from '@swarm/core/events';
import { JOURNAL_LOG_EVENTS } from '@swarm/core/log-events';
import { encodeEntry } from './entry.ts';
import { GOLDEN_ENTRIES } from './golden.ts';
import { readJournal } from './recover.ts';

const path = new URL('../golden/every-event.ndjson', import.meta.url).pathname;

describe('a journal written by an earlier release', () => {
  it('reads as the decisions it was written from, every event type and every field', async () => {
    assert.deepEqual((await readJournal(path)).entries, GOLDEN_ENTRIES);
  });

  it('covers every event type there is', () => {
    const types = GOLDEN_ENTRIES.flatMap((entry) => entry.events.map((event) => event.type));
    assert.deepEqual([...new Set(types)].toSorted(), Object.keys(JOURNAL_LOG_EVENTS).toSorted());
  });

  it('would be written with the same bytes today', async () => {
    const bytes = Buffer.concat(GOLDEN_ENTRIES.map((entry: Entry) => encodeEntry(entry)));
    assert.equal(bytes.toString(), await readFile(path, 'utf8'));
  });
});
