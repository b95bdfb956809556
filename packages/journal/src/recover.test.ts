import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SwarmError } from '@swarm/core/errors';
import type { Entry } from '@swarm/core/events';
import { entries, entry, refusedWith } from './contract.ts';
import { encodeEntry, LINE_BYTES_MAX } from './entry.ts';
import { type Recovered, recover } from './recover.ts';

const read = (bytes: Buffer): Promise<Recovered> => recover([bytes], '/runs/journal.ndjson');
const lines = (list: readonly Entry[]): Buffer => Buffer.concat(list.map(encodeEntry));
const damage = async (bytes: Buffer) => (await refusedWith('SW0203', read(bytes))).problems[0]!;

describe('a journal cut off at any byte', () => {
  const all = entries(1, 60);
  const whole = lines(all);
  const ends = all.map((_, i) => lines(all.slice(0, i + 1)).length);

  it('gives the decisions whose lines are whole, and tells the bytes of the torn one', async () => {
    for (let length = 0; length <= whole.length; length++) {
      const found = await read(whole.subarray(0, length));
      const count = ends.filter((end) => end <= length).length;
      const valid = ends[count - 1] ?? 0;
      assert.equal(found.entries.length, count);
      assert.equal(found.validBytes, valid);
      assert.equal(found.cutBytes, length - valid);
    }
  });

  it('reads the same whatever pieces the bytes come in', async () => {
    for (const size of [1, 7, 64, 1_000]) {
      const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) =>
        whole.subarray(i * size, (i + 1) * size),
      );
      assert.deepEqual((await recover(pieces, 'journal')).entries, all);
    }
  });
});

describe('a journal that was damaged', () => {
  const whole = lines(entries(1, 20));
  const line = (n: number): Buffer => encodeEntry(entry(n));

  it('is never read as something else: 1,000 flipped bits are refused, or torn off the end and told', async () => {
    const random = seeded(20261121);
    let refused = 0;
    for (let i = 0; i < 1_000; i++) {
      const bytes = Buffer.from(whole);
      const bit = Math.floor(random() * whole.length * 8);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      const found = await read(bytes).catch((error: unknown) => error);
      if (found instanceof SwarmError) refused++;
      else {
        const { entries: kept, cutBytes } = found as Recovered;
        assert.ok(cutBytes > 0, `bit ${bit} went unseen`);
        assert.deepEqual(kept, entries(1, kept.length));
      }
    }
    assert.ok(refused > 950, `${refused} of 1000`);
  });

  it('is never read as something else: 1,000 bytes put in, taken out or overwritten', async () => {
    const random = seeded(7);
    for (let i = 0; i < 1_000; i++) {
      const at = Math.floor(random() * (whole.length - 1));
      const noise = Buffer.from([Math.floor(random() * 256)]);
      const mutant = Buffer.concat([
        whole.subarray(0, at),
        random() < 0.5 ? noise : Buffer.alloc(0),
        whole.subarray(random() < 0.5 ? at : at + 1),
      ]);
      if (mutant.equals(whole)) continue;
      const found = await read(mutant).catch((error: unknown) => error);
      if (!(found instanceof SwarmError))
        assert.deepEqual((found as Recovered).entries, entries(1, (found as Recovered).entries.length));
      if (!(found instanceof SwarmError))
        assert.ok((found as Recovered).cutBytes > 0, `a change at ${at} went unseen`);
    }
  });

  it('is refused by line and byte, with a copy and the last good byte in the fix', async () => {
    const bytes = Buffer.from(whole);
    const third = line(1).length + line(2).length;
    bytes[third + 120]! ^= 4;
    const problem = await damage(bytes);
    assert.match(
      problem.what,
      /^journal line 3 cannot be trusted: its crc is [0-9a-f]{8}, its bytes give [0-9a-f]{8}$/,
    );
    assert.equal(problem.where, `/runs/journal.ndjson, line 3, byte ${third}`);
    assert.equal(
      problem.fix,
      `cp /runs/journal.ndjson /runs/journal.ndjson.damaged && truncate -s ${third} /runs/journal.ndjson && swarm resume`,
    );
  });

  it('is refused when the last line has its newline and a wrong crc: it may have been acknowledged', async () => {
    const bytes = Buffer.from(whole);
    bytes[bytes.length - 3]! ^= 1;
    assert.match((await damage(bytes)).what, /^journal line 20 /);
  });

  const shapes: [string, Buffer, RegExp][] = [
    ['a line is missing', Buffer.concat([line(1), line(3)]), /line 2 .* it is entry 3; entry 2 belongs here/],
    ['a line stands twice', Buffer.concat([line(1), line(1)]), /line 2 .* it is entry 1/],
    ['two lines changed places', Buffer.concat([line(2), line(1)]), /line 1 .* it is entry 2/],
    ['a block of NULs', Buffer.concat([line(1), Buffer.alloc(512), line(2)]), /line 2 .* does not begin as/],
    ['an empty line', Buffer.concat([line(1), Buffer.from('\n'), line(2)]), /line 2 /],
    ['garbage', Buffer.concat([Buffer.from('once upon a time\n'), line(1)]), /line 1 /],
    ['a line without an end', Buffer.alloc(LINE_BYTES_MAX + 1, 97), /line 1 .* longer than 67108864/],
    ['a line too long', Buffer.from(`${'a'.repeat(LINE_BYTES_MAX)}\n`), /line 1 .* longer than 67108864/],
  ];
  for (const [title, bytes, what] of shapes)
    it(`is refused: ${title}`, async () => assert.match((await damage(bytes)).what, what));
});

describe('a journal of another version', () => {
  const foreign = async (bytes: Buffer) => (await refusedWith('SW0204', read(bytes))).problems[0]!.what;
  const unknownEvent = { ...entry(2), events: [{ type: 'moon.landed' }] } as unknown as Entry;

  it('is refused by the version it needs', async () => {
    const line = Buffer.from('{"v":2,"seq":1,"hash":"…"}\n');
    assert.match(await foreign(line), /it is of journal version 2; this swarm reads version 1$/);
  });

  it('is refused by the name of an event that is not known, which is never left out', async () => {
    assert.match(await foreign(lines([entry(1), unknownEvent, entry(3)])), /line 2 .*"moon.landed"/);
  });
});

describe('a path with blanks and quotes', () => {
  it('is quoted in the fix', async () => {
    const error = await refusedWith('SW0203', recover([Buffer.from('x\n')], "/it's here/journal"));
    assert.match(error.problems[0]!.fix!, /^cp '\/it'\\''s here\/journal' /);
  });
});

/** mulberry32, by Tommy Ettinger: public domain. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
