import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { TaskId } from '../model/ids.ts';
import type { Limits } from '../model/request.ts';
import type { OpenedState } from '../state.ts';
import {
  acceptedTask,
  endedAttempt,
  failedTask,
  LIMITS,
  openedRun,
  openedStateOf,
  running,
  startedAttempt,
  usage,
} from '../testing.ts';
import {
  attemptLimits,
  covers,
  leftOfTask,
  reachedBudget,
  remaining,
  reservationFor,
  TOKENS_FLOOR,
  USD_FLOOR,
} from './budget.ts';

const runWith = (over: Partial<Limits>, ...events: Parameters<typeof openedStateOf>[0]): OpenedState =>
  openedStateOf([
    openedRun({ limits: { ...LIMITS, ...over } }),
    acceptedTask('t1'),
    acceptedTask('t2'),
    ...events,
  ]);
const left = (s: OpenedState) => remaining(s.spending, s.run.request.limits);

test('a run without a budget reserves nothing and never reaches it', () => {
  const s = runWith({});
  assert.deepEqual(reservationFor(s), { tokens: 0, usd: 0 });
  assert.equal(reachedBudget(s, s.at), undefined);
  assert.deepEqual(left(s), { tokens: Infinity, usd: Infinity });
});

test('an attempt may use what was reserved for it, and its own share where the run bounds nothing', () => {
  const reserved = { tokens: 30_000, usd: 0.5 };
  const nothing = { tokens: 0, usd: 0 };
  const own = { ...LIMITS, attemptTokens: 70_000 };
  assert.deepEqual(attemptLimits({ ...own, tokens: 100_000, usd: 4 }, reserved), reserved);
  assert.deepEqual(attemptLimits(own, nothing), { tokens: 70_000 });
  assert.deepEqual(attemptLimits({ ...own, attemptUsd: 2 }, nothing), { tokens: 70_000, usd: 2 });
  assert.deepEqual(attemptLimits({ ...own, usd: 4 }, { tokens: 0, usd: 0.5 }), { tokens: 70_000, usd: 0.5 });
});

test('the rest is shared among the workers', () => {
  assert.equal(reservationFor(runWith({ tokens: 200_000, workers: 4 }))!.tokens, 50_000);
});

test('no attempt reserves more than one attempt may use', () => {
  assert.equal(reservationFor(runWith({ tokens: 10_000_000, attemptTokens: 70_000 }))!.tokens, 70_000);
});

test('a share too small to be of use is filled up to the least that is', () => {
  assert.equal(reservationFor(runWith({ tokens: 20_000, workers: 100 }))!.tokens, TOKENS_FLOOR);
});

test('with less than that left nothing is reserved at all', () => {
  assert.equal(reservationFor(runWith({ tokens: TOKENS_FLOOR - 1 })), undefined);
  assert.equal(reservationFor(runWith({ usd: USD_FLOOR / 2 })), undefined);
});

test('what is used, what is lost and what is reserved all leave less', () => {
  const s = runWith(
    { tokens: 100_000 },
    startedAttempt('t1.1', { tokens: 20_000, usd: 0 }),
    endedAttempt('t1.1', 'lost', usage(1_000)),
    startedAttempt('t2.1', { tokens: 30_000, usd: 0 }),
  );
  assert.equal(left(s).tokens, 100_000 - 1_000 - 20_000 - 30_000);
});

test('the budget is not reached while something in flight may give some back', () => {
  const flying = runWith({ tokens: 30_000 }, startedAttempt('t1.1', { tokens: 30_000, usd: 0 }));
  assert.equal(reservationFor(flying), undefined);
  assert.equal(reachedBudget(flying, flying.at), undefined);
  const over = runWith(
    { tokens: 30_000 },
    startedAttempt('t1.1', { tokens: 30_000, usd: 0 }),
    endedAttempt('t1.1', 'lost'),
  );
  assert.equal(reachedBudget(over, over.at), 'tokens');
});

test('whichever is used up first is named', () => {
  assert.equal(reachedBudget(runWith({ usd: 0.001, tokens: 1_000_000 }), 0), 'usd');
  assert.equal(reachedBudget(runWith({ timeMs: 1 }), 10_000), 'time');
});

test('a budget covers what is exactly left, and not more', () => {
  assert.equal(covers({ tokens: 5, usd: 1 }, { tokens: 5, usd: 1 }), true);
  assert.equal(covers({ tokens: 5, usd: 1 }, { tokens: 6, usd: 0 }), false);
  assert.equal(covers({ tokens: 5, usd: 1 }, { tokens: 0, usd: 1.1 }), false);
});

test('a task that is tried again has its whole budget once more, until that is used up', () => {
  const limits = { ...LIMITS, taskTokens: 10_000 };
  const s = openedStateOf([
    openedRun({ limits }),
    acceptedTask('t1'),
    ...running('t1.1'),
    endedAttempt('t1.1', 'verify-failed', usage(9_000)),
    failedTask('t1', 'attempts'),
    { type: 'task.retried', task: 't1' as TaskId, by: 'operator' },
    ...running('t1.2'),
    endedAttempt('t1.2', 'verify-failed', usage(4_000)),
  ]);
  assert.equal(leftOfTask(s, s.tasks.get('t1' as TaskId)!).tokens, 6_000);
});
