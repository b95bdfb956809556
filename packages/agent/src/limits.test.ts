import assert from 'node:assert/strict';
import test from 'node:test';
import { NO_USAGE } from '@swarm/core/model/usage';
import { roomRunsOut } from './limits.ts';

const LIMITS = { steps: 40, tokens: 2_000_000, wallMs: 30 * 60_000 };
const spent = (steps: number, inputTokens = 0) => ({ steps, usage: { ...NO_USAGE, inputTokens } });

/** Marks and what is told, for one that was told of none before. */
const told = (steps: number, tokens = 0, elapsedMs = 0, before = 0) =>
  roomRunsOut(LIMITS, spent(steps, tokens), elapsedMs, before);

test('an agent is told of its room at 50, 75 and 90 %, of whichever of answers, tokens and time is used most', () => {
  assert.deepEqual(
    [19, 20, 29, 30, 35, 36].map((steps) => told(steps)?.marks),
    [undefined, 1, 1, 2, 2, 3],
  );
  assert.deepEqual(
    [999_999, 1_000_000].map((tokens) => told(1, tokens)?.marks),
    [undefined, 1],
  );
  assert.deepEqual(
    [14, 15, 27].map((minutes) => told(1, 0, minutes * 60_000)?.marks),
    [undefined, 1, 3],
  );
});

test('each mark is told once, and of several that are passed at once the last', () => {
  assert.equal(told(20, 0, 0, 1), undefined);
  assert.equal(told(39, 0, 0, 1)?.marks, 3);
  assert.equal(told(39, 0, 0, 3), undefined);
});

test('it reads how much of each is used, and what to do now', () => {
  assert.equal(
    told(20, 1_234_567, 9 * 60_000 + 6_000)?.text,
    'Used so far: 20 of 40 answers, 1.2M of 2.0M tokens, 9.1 of 30 minutes. Keep to what the task asks for.',
  );
  assert.match(
    told(37, 8_400)!.text,
    /^Used so far: 37 of 40 answers, 8k of 2.0M tokens, 0 of 30 minutes\. Bring/,
  );
});

test('with three answers left the last mark is reached, though they are half of all', () => {
  assert.equal(roomRunsOut({ ...LIMITS, steps: 6 }, spent(3), 0, 0)?.marks, 3);
});
