/** What every journal promises, held against the file and against its twin. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SwarmError } from '@swarm/core/errors';
import type { Entry } from '@swarm/core/events';
import type { OpenedJournal } from '@swarm/core/ports/journal';
import { LINE_BYTES_MAX } from './entry.ts';

/** One place where a journal lies, and what can befall it. */
export interface JournalPlace {
  open(): Promise<OpenedJournal>;
  /** What is in it now. */
  bytes(): Promise<Buffer>;
  /** Replaces what is in it. */
  set(bytes: Buffer): Promise<void>;
  /** From the next opening on, the place has room for this many bytes and no more. */
  limit(bytes: number): void;
  /** Writes and syncs made since the last opening. */
  counts(): { readonly writes: number; readonly syncs: number };
}

export const entry = (seq: number, text = `entry ${seq}`): Entry => ({
  seq,
  at: Date.UTC(2026, 10, 21, 10, 42, 7, 31) + seq,
  cause: 'amend',
  events: [{ type: 'request.amended', text }],
});

export const entries = (from: number, to: number): Entry[] =>
  Array.from({ length: to - from + 1 }, (_, i) => entry(from + i));

/** Passes when the promise rejects with a SwarmError of this code; gives that error. */
export async function refusedWith(code: string, promise: Promise<unknown>): Promise<SwarmError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof SwarmError, `expected ${code}, got ${String(error)}`);
  assert.equal(error.problems[0]?.code, code);
  return error;
}

/** Opens, closes, and gives what was found. */
async function found(place: JournalPlace): Promise<OpenedJournal> {
  const opened = await place.open();
  await opened.journal.close();
  return opened;
}

export function journalContract(name: string, make: () => Promise<JournalPlace>): void {
  describe(`${name}: what was appended`, () => {
    it('is there when the journal is opened again, in order', async () => {
      const place = await make();
      const { journal } = await place.open();
      await journal.append(entries(1, 3));
      await journal.append([entry(4, 'line\nbreak, “quotes”, \u0000 and \ud800 half a pair')]);
      await journal.close();
      const again = await found(place);
      assert.deepEqual(again.entries, [
        ...entries(1, 3),
        entry(4, 'line\nbreak, “quotes”, \u0000 and \ud800 half a pair'),
      ]);
      assert.equal(again.cutBytes, 0);
    });

    it('goes on from the last number after opening again', async () => {
      const place = await make();
      const first = await place.open();
      await first.journal.append(entries(1, 2));
      await first.journal.close();
      const second = await place.open();
      await second.journal.append([entry(3)]);
      await second.journal.close();
      assert.deepEqual((await found(place)).entries, entries(1, 3));
    });

    it('in one turn costs one write and one sync, however many calls there were', async () => {
      const place = await make();
      const { journal } = await place.open();
      await Promise.all(entries(1, 100).map((e) => journal.append([e])));
      assert.deepEqual(place.counts(), { writes: 1, syncs: 1 });
      await journal.close();
      assert.deepEqual((await found(place)).entries, entries(1, 100));
    });

    it('is whole after closing, though nobody waited for it', async () => {
      const place = await make();
      const { journal } = await place.open();
      const appended = journal.append(entries(1, 5));
      await journal.close();
      await appended;
      assert.deepEqual((await found(place)).entries, entries(1, 5));
    });
  });

  describe(`${name}: a refused append`, () => {
    const refusals: [string, Entry[]][] = [
      ['an entry that leaves a gap', [entry(3)]],
      ['an entry that repeats a number', [entry(1)]],
      ['an entry over the length of a line', [entry(2, 'x'.repeat(LINE_BYTES_MAX))]],
      ['an entry without a usable time', [{ ...entry(2), at: Number.NaN }]],
      ['a group of which one is wrong', [entry(2), entry(4)]],
    ];
    for (const [title, bad] of refusals)
      it(`${title}: writes nothing, and the journal stays usable`, async () => {
        const place = await make();
        const { journal } = await place.open();
        await journal.append([entry(1)]);
        const before = await place.bytes();
        await refusedWith('SW0801', journal.append(bad));
        assert.deepEqual(await place.bytes(), before);
        await journal.append([entry(2)]);
        await journal.close();
        assert.deepEqual((await found(place)).entries, entries(1, 2));
      });

    it('comes after closing', async () => {
      const { journal } = await (await make()).open();
      await journal.close();
      await refusedWith('SW0801', journal.append([entry(1)]));
    });
  });

  describe(`${name}: a full disk`, () => {
    it('poisons the journal: this call, those queued behind it and all later ones reject, nothing is glued on', async () => {
      const place = await make();
      place.limit(1_000);
      const { journal } = await place.open();
      await journal.append([entry(1)]);
      const durable = await place.bytes();
      const large = journal.append([entry(2, 'x'.repeat(2_000))]);
      const queued = journal.append([entry(3)]);
      const error = await refusedWith('SW0701', large);
      assert.match(error.problems[0]?.fix ?? '', /df -h .*swarm resume/);
      await refusedWith('SW0701', queued);
      const torn = await place.bytes();
      await refusedWith('SW0701', journal.append([entry(2)]));
      assert.deepEqual(await place.bytes(), torn);
      await journal.close();

      assert.ok(torn.length > durable.length, 'half a line reached the disk');
      place.limit(Number.POSITIVE_INFINITY);
      const again = await place.open();
      assert.deepEqual(again.entries, [entry(1)]);
      assert.equal(again.cutBytes, torn.length - durable.length);
      await again.journal.append([entry(2)]);
      await again.journal.close();
      assert.deepEqual((await found(place)).entries, entries(1, 2));
    });
  });

  describe(`${name}: a torn last line`, () => {
    it('is cut off at opening, and told', async () => {
      const place = await make();
      const { journal } = await place.open();
      await journal.append(entries(1, 2));
      await journal.close();
      const whole = await place.bytes();
      await place.set(Buffer.concat([whole, whole.subarray(0, 40)]));
      const { entries: kept, cutBytes } = await found(place);
      assert.deepEqual(kept, entries(1, 2));
      assert.equal(cutBytes, 40);
      assert.deepEqual(await place.bytes(), whole);
    });
  });

  describe(`${name}: damage`, () => {
    it('refuses the opening and changes nothing', async () => {
      const place = await make();
      const { journal } = await place.open();
      await journal.append(entries(1, 3));
      await journal.close();
      const bytes = await place.bytes();
      bytes[bytes.length - 5]! ^= 1;
      await place.set(bytes);
      await refusedWith('SW0203', place.open());
      assert.deepEqual(await place.bytes(), bytes);
    });
  });
}
