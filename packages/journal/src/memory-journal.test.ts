import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { entries, entry } from './contract.ts';
import { MemoryFile, openMemoryJournal } from './memory-journal.ts';

/** A journal that has written entry 1, which is not durable yet. */
async function midway() {
  const sync = Promise.withResolvers<void>();
  let isSlow = false;
  const file = new MemoryFile(Buffer.alloc(0), {
    beforeSync: async () => (isSlow ? sync.promise : undefined),
  });
  const { journal } = await openMemoryJournal(file);
  isSlow = true;
  let isAcknowledged = false;
  const appended = journal.append([entry(1)]).then(() => {
    isAcknowledged = true;
  });
  while (file.writes === 0) await null;
  for (let i = 0; i < 100; i++) await null;
  return { file, journal, appended, letThrough: sync.resolve, acknowledged: () => isAcknowledged };
}

describe('a staged crash', () => {
  it('takes what was not synced, which nobody was told is durable', async () => {
    const { file, acknowledged } = await midway();
    assert.equal(acknowledged(), false);
    const again = await openMemoryJournal(new MemoryFile(file.crash()));
    assert.deepEqual([again.entries, again.cutBytes], [[], 0]);
  });

  it('may leave any part of it: half a line is cut, a whole one counts', async () => {
    const { file } = await midway();
    for (let keep = 0; keep <= file.unsynced; keep++) {
      const again = await openMemoryJournal(new MemoryFile(file.crash(keep)));
      const isWhole = keep === file.unsynced;
      assert.deepEqual([again.entries, again.cutBytes], [isWhole ? [entry(1)] : [], isWhole ? 0 : keep]);
    }
  });

  it('leaves everything that was acknowledged', async () => {
    const { file, journal, appended, letThrough } = await midway();
    letThrough();
    await appended;
    await journal.append([entry(2)]);
    assert.deepEqual((await openMemoryJournal(new MemoryFile(file.crash()))).entries, entries(1, 2));
  });
});
