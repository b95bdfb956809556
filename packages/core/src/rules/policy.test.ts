import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { UNCOUNTED_ATTEMPTS_MAX } from '../model/attempt.ts';
import type { TaskId } from '../model/ids.ts';
import type { TaskBase } from '../model/task.ts';
import { acceptedTask, LIMITS, openedRun, stateOf } from '../testing.ts';
import {
  attemptsLeft,
  firstChecksInterval,
  mayRetry,
  mayRetryRejected,
  nextChecksInterval,
  planningBackoffMs,
} from './policy.ts';

const fresh = stateOf([openedRun(), acceptedTask('t1')]).tasks.get('t1' as TaskId)!;
const having = (over: Partial<TaskBase>): TaskBase => ({ ...fresh, ...over });

test('attempts left are those that did not count yet, since the last retry', () => {
  assert.equal(attemptsLeft(having({}), LIMITS), 3);
  assert.equal(attemptsLeft(having({ attempts: 2, counted: 2 }), LIMITS), 1);
  assert.equal(attemptsLeft(having({ attempts: 5, counted: 5, forgiven: 3 }), LIMITS), 1);
});

test('all attempts together are bounded, counted or not', () => {
  assert.equal(attemptsLeft(having({ attempts: UNCOUNTED_ATTEMPTS_MAX }), LIMITS), 0);
});

test('the last counted attempt is not followed by another; an uncounted one is', () => {
  const t = having({ attempts: 3, counted: 2 });
  assert.equal(mayRetry(t, 'timeout', LIMITS), false);
  assert.equal(mayRetry(t, 'lost', LIMITS), true);
});

test('what an agent calls impossible is not tried again by itself', () => {
  assert.equal(mayRetry(having({ attempts: 1 }), 'agent-blocked', LIMITS), false);
});

test('a rejected handoff is tried again while attempts last, unless it is held for the operator', () => {
  assert.equal(mayRetryRejected(having({ attempts: 1 }), { reason: 'conflict' }, LIMITS), true);
  assert.equal(mayRetryRejected(having({ attempts: 3, counted: 2 }), { reason: 'conflict' }, LIMITS), false);
  const race = { reason: 'conflict', isRace: true } as const;
  assert.equal(mayRetryRejected(having({ attempts: 3, counted: 2 }), race, LIMITS), true, 'it used none up');
  assert.equal(mayRetryRejected(having({ attempts: 1 }), { reason: 'tests-weakened' }, LIMITS), false);
});

test('a failing planner is asked after 2, 4, 8 … seconds, at most 5 minutes', () => {
  assert.deepEqual([0, 1, 2, 3, 4, 20].map(planningBackoffMs), [0, 2_000, 4_000, 8_000, 16_000, 300_000]);
});

test('checks first run after five times the least interval, within the most', () => {
  assert.equal(firstChecksInterval(60_000, 600_000), 300_000);
  assert.equal(firstChecksInterval(60_000, 100_000), 100_000);
});

test('checks halve their interval while red and grow it by half after each third green, within bounds', () => {
  assert.equal(nextChecksInterval(300_000, false, 0, 60_000, 600_000), 150_000);
  assert.equal(nextChecksInterval(70_000, false, 0, 60_000, 600_000), 60_000);
  assert.equal(nextChecksInterval(300_000, true, 2, 60_000, 600_000), 300_000);
  assert.equal(nextChecksInterval(300_000, true, 3, 60_000, 600_000), 450_000);
  assert.equal(nextChecksInterval(500_000, true, 6, 60_000, 600_000), 600_000);
});
