import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  BREAKER_FAILURES,
  BREAKER_OPEN_MS,
  type Breaker,
  breakerState,
  CLOSED,
  failed,
  forgotten,
  lets,
  retryAfterMs,
  sent,
  succeeded,
} from './breaker.ts';

const after = (failures: number, now = 0): Breaker =>
  Array.from({ length: failures }).reduce<Breaker>((b) => failed(b, now), CLOSED);

test('five failures in a row open it for thirty seconds; four do not', () => {
  assert.equal(BREAKER_FAILURES, 5);
  assert.equal(BREAKER_OPEN_MS, 30_000);
  assert.equal(breakerState(after(4), 0), 'closed');
  const open = after(5, 1_000);
  assert.equal(breakerState(open, 1_000), 'open');
  assert.equal(breakerState(open, 30_999), 'open');
  assert.equal(breakerState(open, 31_000), 'half-open');
  assert.equal(retryAfterMs(open, 11_000), 20_000);
});

test('a success between them begins the count anew', () => {
  const four = after(4);
  assert.equal(breakerState(failed(succeeded(), 0), 0), 'closed');
  assert.equal(breakerState(failed(four, 0), 0), 'open');
});

test('after that one call tries it: what it ends with closes it, opens it again, or leaves it to the next', () => {
  const open = after(5);
  assert.ok(!lets(open, 29_999));
  assert.ok(lets(open, 30_000));
  const tried = sent(open, 30_000);
  assert.ok(!lets(tried, 30_000));
  assert.equal(breakerState(succeeded(), 30_001), 'closed');
  const again = failed(tried, 31_000);
  assert.ok(!lets(again, 60_999));
  assert.ok(lets(again, 61_000));
  assert.ok(lets(forgotten(tried), 30_001));
});

test('a failure of a call that was sent before it opened does not make it longer', () => {
  const open = after(5, 0);
  assert.equal(retryAfterMs(failed(open, 20_000), 20_000), 10_000);
});

/** What happens to a worker: time passes, calls are sent where they may be, and end. */
const happenings = fc.array(
  fc.oneof(
    fc.record({ what: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 40_000 }) }),
    fc.record({ what: fc.constantFrom('call' as const, 'ok' as const, 'fail' as const, 'leave' as const) }),
  ),
  { maxLength: 200 },
);

test('whatever happens: while it is open nothing is sent, and half open one call at a time; five failures never pass unseen', () => {
  fc.assert(
    fc.property(happenings, (all) => {
      let [b, now, row]: [Breaker, number, number] = [CLOSED, 0, 0];
      let underWay = 0;
      let trying = 0;
      for (const one of all) {
        if (one.what === 'wait') now += one.ms;
        if (one.what === 'call' && lets(b, now)) {
          const state = breakerState(b, now);
          assert.notEqual(state, 'open');
          if (state === 'half-open') {
            assert.equal(trying, 0);
            trying = 1;
          }
          b = sent(b, now);
          underWay += 1;
        }
        if (underWay === 0) continue;
        if (one.what === 'ok') [b, row, trying, underWay] = [succeeded(), 0, 0, underWay - 1];
        if (one.what === 'leave') [b, trying, underWay] = [forgotten(b), 0, underWay - 1];
        if (one.what === 'fail') {
          b = failed(b, now);
          [row, trying, underWay] = [row + 1, 0, underWay - 1];
          if (row >= BREAKER_FAILURES) assert.ok(b.openedAt !== undefined && !b.isTrying);
        }
      }
      // It never stays shut: time alone lets one call through, unless one is under way that tries it.
      assert.ok(lets(b, now + BREAKER_OPEN_MS) || b.isTrying);
    }),
  );
});
