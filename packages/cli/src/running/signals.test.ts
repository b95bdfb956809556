import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Escalation, ONE_REQUEST_MS } from './signals.ts';

test('signals that come together are one request: a group that was signalled drains, and kills nothing', () => {
  const escalation = new Escalation();
  assert.equal(escalation.hasBegun, false);
  assert.deepEqual(
    [5_000, 5_001, 5_002].map((at) => escalation.next(at)),
    ['drain', undefined, undefined],
  );
  assert.equal(escalation.hasBegun, true);
});

test('each request after the first asks for more, and what is ignored puts nothing off', () => {
  const escalation = new Escalation();
  const at = [0, ONE_REQUEST_MS - 1, ONE_REQUEST_MS, 2 * ONE_REQUEST_MS, 3 * ONE_REQUEST_MS];
  assert.deepEqual(
    at.map((ms) => escalation.next(ms)),
    ['drain', undefined, 'kill', 'exit', 'exit'],
  );
});
