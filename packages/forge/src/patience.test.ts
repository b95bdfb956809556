import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { judge, PATIENCE, pauseMs } from './patience.ts';

const AT = 1_700_000_000_000;
const judged = (status: number, headers: Record<string, string> = {}, message = '') =>
  judge({ status, headers: new Headers(headers), message }, 1, AT, 0, PATIENCE);

describe('an answer that is none', () => {
  it('says how long to wait, in each of the ways forges say it', () => {
    assert.deepEqual(judged(429, { 'retry-after': '7' }), { kind: 'limited', waitMs: 7_000 });
    const reset = String(AT / 1_000 + 30);
    assert.deepEqual(judged(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset }), {
      kind: 'limited',
      waitMs: 30_000,
    });
    assert.deepEqual(judged(429, { 'ratelimit-remaining': '0', 'ratelimit-reset': reset }), {
      kind: 'limited',
      waitMs: 30_000,
    });
    assert.deepEqual(judged(403, {}, 'You have exceeded a secondary rate limit.'), {
      kind: 'limited',
      waitMs: 60_000,
    });
  });
  it('is a no where it is a 403 and no limit is spoken of', () => {
    assert.deepEqual(judged(403, { 'x-ratelimit-remaining': '17' }, 'Must have push access'), {
      kind: 'answer',
    });
  });
  it('is a failure from 500 on, and everything below is an answer', () => {
    assert.equal(judged(502).kind, 'failing');
    for (const status of [200, 304, 404, 409, 422]) assert.equal(judged(status).kind, 'answer');
  });
  it('is asked again after longer and longer pauses, never two alike, within bounds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (ask, chance) => {
          const ms = pauseMs(ask, chance, PATIENCE);
          assert.ok(ms >= 250 && ms <= 30_000);
          assert.ok(pauseMs(ask + 1, chance, PATIENCE) >= ms);
        },
      ),
    );
    assert.notEqual(pauseMs(3, 0.1, PATIENCE), pauseMs(3, 0.9, PATIENCE));
  });
});
