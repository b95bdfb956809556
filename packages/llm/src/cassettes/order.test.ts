import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Clock } from '@swarm/core/ports/world';
import { Order } from './order.ts';

/** Time passes when it is told to. */
function handClock(): Clock & { pass(ms: number): void } {
  let now = 0;
  const due = new Set<{ at: number; run: () => void }>();
  return {
    now: () => now,
    monotonic: () => now,
    after(ms, run) {
      const one = { at: now + ms, run };
      due.add(one);
      return () => due.delete(one);
    },
    pass(ms) {
      now += ms;
      for (const one of [...due].filter(({ at }) => at <= now)) {
        due.delete(one);
        one.run();
      }
    },
  };
}

const settled = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

// The plan is written while the first worker asks already; the second asks when the first was answered.
const PLAN = { from: 0, to: 3 };
const FIRST = { from: 1, to: 2 };
const SECOND = { from: 4, to: 5 };
const LONG = 1_000_000;

function ordered() {
  const clock = handClock();
  const order = new Order([PLAN, FIRST, SECOND], clock);
  const said: string[] = [];
  const end = (name: string, call: typeof PLAN, mostMs = LONG, signal = new AbortController().signal): void =>
    void order.turn(call, mostMs, signal).then(() => {
      said.push(name);
      order.ended(call);
    });
  return { clock, order, said, end };
}

it('an answer waits until what was asked before its end is asked, and what ended before it has ended', async () => {
  const { order, said, end } = ordered();
  order.asked(PLAN);
  end('plan', PLAN);
  await settled();
  assert.deepEqual(said, []);
  order.asked(FIRST);
  await settled();
  assert.deepEqual(said, []);
  end('first', FIRST);
  await settled();
  assert.deepEqual(said, ['first', 'plan']);
  order.asked(SECOND);
  end('second', SECOND);
  await settled();
  assert.deepEqual(said, ['first', 'plan', 'second']);
});

it('no answer waits for longer than it took, nor after its asker has gone', async () => {
  const { clock, order, said, end } = ordered();
  const gone = new AbortController();
  order.asked(SECOND);
  end('second', SECOND, 50);
  end('plan', PLAN, LONG, gone.signal);
  clock.pass(49);
  await settled();
  assert.deepEqual(said, []);
  clock.pass(1);
  await settled();
  assert.deepEqual(said, ['second']);
  gone.abort();
  await settled();
  assert.deepEqual(said, ['second', 'plan']);
});
