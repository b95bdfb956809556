import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '@swarm/core/events';
import { acceptedTask, LIMITS, landedTask, openedRun, openedStateOf, usage } from '@swarm/core/testing';
import { budgetParts } from './budget-part.ts';

const spent = (tokens: number): Event => ({
  type: 'spend.recorded',
  role: 'reconciler',
  usage: usage(tokens),
});
const asked: Event = {
  type: 'iteration.started',
  iteration: 1,
  reason: 'first',
  promptHash: 'p',
  model: 'm',
  reserved: { tokens: 400_000, usd: 0 },
};
const told = (limits: object, ...events: readonly Event[]) =>
  budgetParts(
    openedStateOf([openedRun({ mode: 'planner', limits: { ...LIMITS, ...limits } }), ...events]),
  ).map(({ text }) => text);

test('of a run without a budget nothing is told', () => assert.deepEqual(told({}, spent(5)), []));

test('what is spent and left is told in steps of a twentieth, the reader’s own part as left', () => {
  assert.deepEqual(told({ tokens: 1_000_000 }, spent(212_345), asked), [
    'tokens: about 20 % of 1,000,000 tokens spent, about 0 % set aside for what runs, about 80 % left',
  ]);
});

test('what open tasks are likely to use is told by what those used that are over, and where it is too much', () => {
  const tasks = ['t1', 't2', 't3'].map((id) => acceptedTask(id));
  const events = [...tasks, ...landedTask('t1', 'l1'), spent(450_000)];
  assert.deepEqual(told({ tokens: 1_000_000, soft: 0.85 }, ...events), [
    'tokens: about 45 % of 1,000,000 tokens spent, about 0 % set aside for what runs, about 50 % left; 2 open tasks will use about 900,000 tokens, more than is left: what matters most goes first',
    'when 85 % is spent nothing new begins: what runs may finish and land, and nobody is asked to plan more',
  ]);
});
