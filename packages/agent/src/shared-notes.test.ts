import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SharedNote } from '@swarm/core/model/shared-note';
import type { Collected, Room, SharedNotes } from '@swarm/core/ports/running';
import { callNotes, placeSharedNotes } from './shared-notes.ts';

function given(...texts: readonly string[]) {
  const notes = new Map<string, SharedNote>();
  const put = (key: string, text: string, version: number) =>
    notes.set(key, { key, text, version, by: 'operator', at: 0 });
  texts.forEach((text, n) => void put(`k${n}`, text, 1));
  const shared: SharedNotes = {
    list: () => [...notes.values()],
    get: (key) => notes.get(key),
    async set(key, text, version) {
      const now = notes.get(key)?.version ?? 0;
      if (now !== version) return { ok: false, why: `it is at version ${now}` };
      put(key, text, now + 1);
      return { ok: true };
    },
  };
  return {
    notes,
    shared,
    call: (args: object) => callNotes(shared, JSON.stringify(args), (t) => t.replace('KEY', '[redacted]')),
  };
}

describe('the tool', () => {
  it('lists, gets and sets, with known secrets and control characters taken out', async () => {
    const { notes, call } = given('one');
    assert.match((await call({ do: 'list' })).output, /k0 \(version 1, by operator\): one/);
    assert.deepEqual(await call({ do: 'set', key: 'k1', text: 'the KEY\u001b[2J' }), {
      ok: true,
      output: 'set: k1 (version 1, by operator): the [redacted][2J',
    });
    assert.equal(notes.get('k1')!.text, 'the [redacted][2J');
    assert.match((await call({ do: 'get', key: 'k9' })).output, /there is no note k9/);
  });

  it('answers a lost update with what stands there now', async () => {
    const { call } = given('one');
    const lost = await call({ do: 'set', key: 'k0', text: 'mine', version: 0 });
    assert.equal(lost.ok, false);
    assert.match(lost.output, /not set: it is at version 1\nnow: k0 \(version 1, by operator\): one/);
    assert.ok((await call({ do: 'set', key: 'k0', text: 'mine', version: 1 })).ok);
  });

  it('runs nothing that it does not understand', async () => {
    const { shared, call } = given();
    for (const args of [{}, { do: 'drop' }, { do: 'set', key: 1, text: 'x' }, { do: 'set', key: 'a' }])
      assert.equal((await call(args)).ok, false);
    assert.equal((await callNotes(shared, '{')).ok, false);
  });
});

describe('the two files of an agent that is not ours', () => {
  const roomWith = (left: Collected) => {
    const placed = new Map<string, string>();
    const room = {
      place: async ({ name, text }: { name: string; text: string }) => {
        placed.set(name, text);
        return `/in/${name}`;
      },
      outlet: async (name: string) => `/out/${name}`,
      collect: async () => left,
    } as unknown as Room;
    return { room, placed };
  };

  it('show what there is, and what it leaves is set when it has ended; what it could not have seen is told', async () => {
    const { notes, shared } = given('one', 'two');
    const text = [
      { key: 'k0', text: 'better' },
      { key: 'k1', text: 'blind', version: 0 },
      { key: 'new', text: 'there' },
      { key: 'new', text: 'and there' },
      { text: 'nameless' },
    ];
    const { room, placed } = roomWith({
      kind: 'text',
      text: text.map((one) => JSON.stringify(one)).join('\n'),
    });
    const told: string[] = [];
    const onActivity = ({ detail }: { detail?: string }) => void told.push(detail ?? '');
    const files = await placeSharedNotes({ shared, onActivity: onActivity as never }, room);
    assert.deepEqual(files.env, {
      SWARM_NOTES: '/in/shared-notes.md',
      SWARM_NOTES_OUT: '/out/shared-notes.ndjson',
    });
    assert.match(placed.get('shared-notes.md')!, /k0 .*one\nk1 .*two\n/);
    await files.collect();
    assert.deepEqual(
      [...notes.values()].map(({ key, text, version }) => [key, text, version]),
      [
        ['k0', 'better', 2],
        ['k1', 'two', 1],
        ['new', 'and there', 2],
      ],
    );
    assert.deepEqual(
      told.map((one) => one.replace(/.*: /, '')),
      ['it is at version 1', 'it is no JSON object with key and text'],
    );
  });

  it('are not there where notes are not shared, and nothing comes of an outbox that cannot be read', async () => {
    const { room } = roomWith({ kind: 'unfit', why: 'it is a folder' } as Collected);
    const none = await placeSharedNotes({ onActivity: () => undefined }, room);
    assert.deepEqual(none.env, {});
    const { notes, shared } = given();
    const told: string[] = [];
    const onActivity = (activity: { detail?: string }) => void told.push(activity.detail ?? '');
    await (await placeSharedNotes({ shared, onActivity: onActivity as never }, room)).collect();
    assert.deepEqual([notes.size, told], [0, ['its notes could not be used: it is a folder']]);
  });
});
