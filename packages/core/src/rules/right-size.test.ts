import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '../events.ts';
import { acceptedTask, openedRun, openedStateOf } from '../testing.ts';
import { isOneTask } from './right-size.ts';

const byPlanner = acceptedTask('t1', {}, { by: 'planner', label: 'a' as never, iteration: 1 });
const fix = acceptedTask('t2', {}, { by: 'reconciler', signatures: ['red'], generation: 1 });
const asked: Event = {
  type: 'iteration.started',
  iteration: 1,
  reason: 'first',
  promptHash: 'p',
  model: 'm',
  reserved: { tokens: 0, usd: 0 },
};
const answered = (isDone: boolean): Event => ({
  type: 'iteration.ended',
  iteration: 1,
  outcome: 'planned',
  isDone,
  detail: '',
  usage: {
    calls: 1,
    inputTokens: 1,
    cachedInputTokens: 0,
    outputTokens: 0,
    costUsd: 0,
    priced: true,
  } as never,
});
const isOne = (mode: 'planner' | 'plan', ...events: readonly Event[]): boolean =>
  isOneTask(openedStateOf([openedRun({ mode }), ...events]));

test('a plan of one task is one, whatever mends the target beside it', () => {
  assert.equal(isOne('plan', acceptedTask('t1')), true);
  assert.equal(isOne('plan', acceptedTask('t1'), fix), true);
  assert.equal(isOne('plan', acceptedTask('t1'), acceptedTask('t2')), false);
});

test('a request is one task by its planner’s last word, and not before', () => {
  assert.equal(isOne('planner', asked, byPlanner), false);
  assert.equal(isOne('planner', asked, byPlanner, answered(false)), false);
  assert.equal(isOne('planner', asked, byPlanner, answered(true)), true);
});
