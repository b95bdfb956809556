import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '../events.ts';
import {
  acceptedTask,
  commit,
  endedAttempt,
  failedTask,
  LIMITS,
  landedTask,
  openedRun,
  running,
  stateOf,
  usage,
} from '../testing.ts';
import { headline } from './ending.ts';
import { leftUndone, remainderOf, remainderTexts } from './remainder.ts';
import { shortfallTexts, verdictOf } from './verdict.ts';

const run = (limits: object, mode: 'plan' | 'planner' = 'plan'): Event =>
  openedRun({ mode, limits: { ...LIMITS, ...limits } });
const spent = (tokens: number): Event => ({
  type: 'spend.recorded',
  role: 'reconciler',
  usage: usage(tokens),
});
const closed = (reason: 'budget' | 'done'): Event => ({
  type: 'run.closed',
  reason,
  head: commit('base'),
  green: true,
});
const tasks = ['t1', 't2', 't3', 't4'].map((id) => acceptedTask(id));
const left = [
  ...running('t2.1'),
  endedAttempt('t2.1', 'budget-limit'),
  ...['t2', 't3', 't4'].map((id) => failedTask(id, 'budget')),
];

test('what is left is told by whether it was begun, with as much more as it takes at the cost of what is done', () => {
  const s = stateOf([
    run({ tokens: 100_000, soft: 0.85 }),
    ...tasks,
    ...landedTask('t1', 'l1'),
    ...left,
    spent(90_000),
    closed('budget'),
  ]);
  const remainder = remainderOf(s)!;
  assert.deepEqual([remainder.notBegun, remainder.begun], [['t3', 't4'], ['t2']]);
  // Two tasks took 90,000: three more take 135,000, and may be no more than 85 % of the whole.
  assert.equal(remainder.goOn, 'swarm resume --budget +200ktok');
  assert.deepEqual(remainderTexts(remainder), [
    '2 tasks were not begun (t3, t4)',
    '1 task was begun and not finished (t2)',
  ]);
});

test('what went wrong is told apart from what is left: only that counts as failed where a run falls short', () => {
  const wrong = failedTask('t3', 'attempts');
  const s = stateOf([
    run({ tokens: 100_000 }),
    ...tasks,
    ...landedTask('t1', 'l1'),
    failedTask('t2', 'budget'),
    wrong,
    failedTask('t4', 'budget'),
    spent(99_000),
    closed('budget'),
  ]);
  assert.deepEqual([...leftUndone(s)], ['t2', 't4']);
  assert.deepEqual(shortfallTexts(s), ['its budget was used up before it was done', '1 task failed (t3)']);
  assert.match(headline(s), /1 failed, 2 left undone/);
  assert.equal(verdictOf(s), 'incomplete');
});

test('a plan whose planner has not said that it is all is told so', () => {
  const s = stateOf([run({ tokens: 100_000 }, 'planner'), spent(99_000), closed('budget')]);
  assert.deepEqual(remainderTexts(remainderOf(s)!), ['the planner had not said that this is all']);
});

test('a run that is open, or has come to its end, has none', () => {
  assert.equal(remainderOf(stateOf([run({})])), undefined);
  assert.equal(remainderOf(stateOf([run({}), ...tasks.slice(0, 1), closed('done')])), undefined);
});
