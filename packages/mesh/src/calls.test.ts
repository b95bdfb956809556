import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SwarmError } from '@swarm/core/errors';
import { type CallAt, Calls } from './calls.ts';
import { MemoryWires } from './memory-wire.ts';
import { clock } from './testing.ts';

/** Two ends; `carry` says how often each message arrives. */
function pair(
  answer: (op: string, args: unknown, at: CallAt) => Promise<unknown>,
  carry = (_type: string): number => 1,
) {
  const wires = new MemoryWires({ clock });
  const ends: Calls[] = [];
  const end = (other: number): Calls =>
    new Calls({
      wire: wires.wireOf('home'),
      clock,
      box: 'a',
      session: `end-${other}`,
      about: () => ({ run: '', epoch: 0 }),
      say: (type, payload) => {
        for (let i = 0; i < carry(type); i++)
          queueMicrotask(() => ends[other]!.hear(type, structuredClone(payload)));
      },
      answer,
      onOdd: (why) => assert.fail(why),
    });
  ends.push(end(1), end(0));
  return { asks: ends[0]!, does: ends[1]! };
}

test('a call that comes three times is done once, and answered', async () => {
  let done = 0;
  const { asks, does } = pair(
    async (op) => `${op} ${++done}`,
    () => 3,
  );
  assert.equal(await asks.call({ op: 'x', args: {} }), 'x 1');
  assert.equal(await asks.call({ op: 'y', args: {} }), 'y 2');
  assert.equal(done, 2);
  asks.close('over');
  does.close('over');
});

test('a call whose answer is lost at first is answered when it is said again', async () => {
  let lost = 0;
  const { asks, does } = pair(
    async () => 'here',
    (type) => (type === 'answer' && lost++ === 0 ? 0 : 1),
  );
  assert.equal(await asks.call({ op: 'x', args: {} }), 'here');
  assert.ok(lost > 1);
  asks.close('over');
  does.close('over');
});

test('what fails there is told from a side that is gone: the one is SW0743, the other SW0741', async () => {
  const { asks, does } = pair(async (op) => {
    if (op === 'gone') throw new SwarmError({ code: 'SW0741', what: 'there is no such bench' });
    throw new Error('a fault');
  });
  const codeOf = (op: string): Promise<string> =>
    asks.call({ op, args: {} }).then(
      () => 'none',
      (error: SwarmError) => error.problems[0]!.code,
    );
  assert.deepEqual([await codeOf('faulty'), await codeOf('gone')], ['SW0743', 'SW0741']);
  does.close('over');
  asks.giveUp('it is silent');
  assert.equal(await codeOf('later'), 'SW0741');
  asks.close('over');
});

test('a call that is called off for a host that is lost waits for nobody', async () => {
  const { asks, does } = pair(() => new Promise(() => {}));
  const leaving = new AbortController();
  const asked = asks.call({ op: 'x', args: {}, signal: leaving.signal });
  leaving.abort('lost');
  await assert.rejects(asked, /x came to nothing/);
  asks.close('over');
  does.close('over');
});

test('a side that asks without end is not served without end: what is beyond the bound waits', async () => {
  const all = Promise.withResolvers<void>();
  let begun = 0;
  const { asks, does } = pair(async () => {
    begun++;
    await all.promise;
  });
  const calls = [...Array(1_500)].map(() => asks.call({ op: 'x', args: {} }));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(begun, 1_024);
  all.resolve();
  await Promise.all(calls);
  assert.equal(begun, 1_500);
  asks.close('over');
  does.close('over');
});
