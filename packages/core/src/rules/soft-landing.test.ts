import { strict as assert } from 'node:assert';
import { describe, test } from 'node:test';
import type { Event } from '../events.ts';
import type { TaskId } from '../model/ids.ts';
import type { Limits, Request } from '../model/request.ts';
import {
  acceptedTask,
  check,
  commit,
  endedAttempt,
  failedTask,
  handedIn,
  type Law,
  LIMITS,
  landedTask,
  openedRun,
  openedStateOf,
  startedAttempt,
  usage,
} from '../testing.ts';
import { wanted } from '../wanted.ts';
import { floorOf, remaining, reservationFor } from './budget.ts';
import { culpritsToRevert } from './healing.ts';
import { nearedBudget } from './soft-landing.ts';

const SOFT: Partial<Limits> = { tokens: 1_000_000, soft: 0.85 };
const soft = (over: Partial<Request> = {}, limits: Partial<Limits> = SOFT): Event =>
  openedRun({ limits: { ...LIMITS, ...limits }, ...over });
const spent = (tokens: number): Event => ({
  type: 'spend.recorded',
  role: 'reconciler',
  usage: usage(tokens),
});
const neared: Event = { type: 'budget.neared', which: 'tokens', limit: 1_000_000, soft: 0.85 };
const reached: Event = { type: 'budget.reached', which: 'tokens', limit: 1_000_000 };
const fix = (id: string): Event =>
  acceptedTask(id, {}, { by: 'reconciler', signatures: ['red'], generation: 1 });
const red: Event = {
  type: 'finding.opened',
  finding: { signature: 'red', detail: '', head: commit('landed t1.1') },
};
const checked = (of: string): Event => ({
  type: 'checks.ended',
  result: { head: commit(of), outcome: 'failed', signatures: ['red'], durationMs: 1 },
});
const blamed: Event = {
  type: 'culprit.found',
  signature: 'red',
  commit: commit('landed t1.1'),
  task: 't1' as TaskId,
};

const nearedOf = (...events: readonly Event[]) => {
  const s = openedStateOf(events);
  return nearedBudget(s, s.at);
};
const wants = (...events: readonly Event[]) => {
  const s = openedStateOf(events);
  return wanted(s, s.at);
};

describe('a budget is near its end', () => {
  test('when as much is spent as its share says, and not before', () => {
    assert.equal(nearedOf(soft(), spent(849_999)), undefined);
    assert.equal(nearedOf(soft(), spent(850_000)), 'tokens');
  });

  test('in money too, and in time', () => {
    const money = soft({}, { usd: 2, soft: 0.5 });
    const paid: Event = { type: 'spend.recorded', role: 'reconciler', usage: { ...usage(1), costUsd: 1.1 } };
    assert.equal(nearedOf(money, paid), 'usd');
    const s = openedStateOf([soft({}, { timeMs: 100_000, soft: 0.5 }), acceptedTask('t1')]);
    assert.equal(nearedBudget(s, s.at + 48_000), undefined);
    assert.equal(nearedBudget(s, s.at + 50_000), 'time');
    assert.ok(wanted(s, s.at).askAgainAt! <= s.at + 50_000);
  });

  test('when what is left over is kept for the target', () => {
    // Of 100,000 tokens 7,500 are kept: 92,500 may be opened with.
    const small = soft({}, { tokens: 100_000, soft: 0.85 });
    assert.equal(nearedOf(small, spent(82_499)), undefined);
    assert.equal(nearedOf(small, spent(82_501)), 'tokens');
  });

  test('once', () => assert.equal(nearedOf(soft(), spent(900_000), neared), undefined));

  test('never in a run without a soft limit', () => {
    assert.equal(nearedOf(soft({}, { tokens: 1_000_000 }), spent(900_000)), undefined);
    assert.equal(nearedOf(soft({}, { tokens: 1_000_000, soft: 1 }), spent(900_000)), undefined);
  });
});

describe('near the end of its budget', () => {
  test('nothing is kept any more: what mends the target may have it', () => {
    const before = openedStateOf([soft(), spent(850_000)]);
    const after = openedStateOf([soft(), spent(850_000), neared]);
    const left = (s: typeof before) => remaining(s.spending, s.run.request.limits).tokens;
    assert.deepEqual([left(before), left(after)], [75_000, 150_000]);
    assert.ok(reservationFor(after)!.tokens <= 150_000);
  });

  test('the planner is asked for nothing more, and the run closes when nothing is left to land', () => {
    const open = wants(soft({ mode: 'planner' }), spent(850_000));
    assert.deepEqual([open.near, open.iteration], ['tokens', undefined]);
    const after = wants(soft({ mode: 'planner' }), spent(850_000), neared);
    assert.deepEqual([after.iteration, after.close], [undefined, 'budget']);
  });

  test('a run that has all it was asked for is done, and not cut short', () => {
    const all = [soft(), acceptedTask('t1'), ...landedTask('t1', 'l1')];
    assert.equal(wants(...all, spent(900_000), neared).close, 'done');
  });

  test('a run waits for what is in flight, and for what waits to land', () => {
    assert.equal(wants(soft(), acceptedTask('t1'), startedAttempt('t1.1'), neared).close, undefined);
    assert.equal(wants(soft(), acceptedTask('t1'), ...handedIn('t1.1'), neared).close, undefined);
  });

  test('a head that was not checked is checked before anything else, whatever waits', () => {
    const given = [soft({ checks: 'check' }), acceptedTask('t1'), acceptedTask('t2')];
    const landed = [...given, ...landedTask('t1', 'l1')];
    assert.equal(wants(...landed).checks, false);
    const want = wants(...landed, neared);
    assert.deepEqual([want.checks, want.close], [true, undefined]);
  });

  test('a fix task keeps the run open until it is over; any other waits for more budget', () => {
    assert.equal(wants(soft(), acceptedTask('t1'), neared).close, 'budget');
    assert.equal(wants(soft(), fix('t1'), neared).close, undefined);
    assert.equal(
      wants(soft(), fix('t1'), failedTask('t1', 'attempts'), acceptedTask('t2'), neared).close,
      'budget',
    );
  });

  const broken: readonly Event[] = [
    soft({ checks: 'check', revertAfter: 2 }),
    acceptedTask('t1'),
    acceptedTask('t2'),
    ...landedTask('t1', 'l1'),
    checked('landed t1.1'),
    red,
    blamed,
  ];
  const toRevert = (...events: readonly Event[]) => culpritsToRevert(openedStateOf([...broken, ...events]));

  test('what is to blame is taken back at once when nobody can mend it any more', () => {
    assert.deepEqual([toRevert(), toRevert(neared)], [[], []]);
    assert.deepEqual(toRevert(neared, reached), ['t1']);
    assert.deepEqual(toRevert(startedAttempt('t2.1'), neared, reached), []);
    assert.equal(wants(...broken, neared, reached).close, undefined);
  });

  test('where the operator wants nothing taken back, nothing is', () => {
    const [, ...rest] = broken;
    const s = openedStateOf([soft({ checks: 'check' }), ...rest, neared, reached]);
    assert.deepEqual(culpritsToRevert(s), []);
  });
});

const LAWS: Record<string, Law> = {
  'that the budget is near is said once': {
    given: [soft(), neared],
    when: { type: 'nearBudget', which: 'tokens' },
    gives: 'illegal-move',
  },
  'of a run without a soft limit it is not said': {
    given: [soft({}, { tokens: 1_000_000 })],
    when: { type: 'nearBudget', which: 'tokens' },
    gives: 'illegal-move',
  },
  'no attempt at a task of the plan starts any more': {
    given: [soft(), acceptedTask('t1'), neared],
    when: { type: 'startAttempt', task: 't1' as TaskId, worker: 'w1', reserved: { tokens: 0, usd: 0 } },
    gives: 'not-ready',
  },
  'an attempt at a fix task does': {
    given: [soft(), fix('t1'), neared],
    when: { type: 'startAttempt', task: 't1' as TaskId, worker: 'w1', reserved: { tokens: 0, usd: 0 } },
    gives: ['attempt.started t1.1'],
  },
  'so much more is as good as naming the whole': {
    given: [soft(), spent(850_000), neared],
    when: { type: 'raiseLimits', by: { tokens: 500_000 } },
    gives: ['limits.raised'],
  },
  'a raise with which nothing would open is refused': {
    given: [soft(), spent(900_000), neared],
    when: { type: 'raiseLimits', by: { tokens: 50_000 } },
    gives: 'out-of-range',
  },
  'a limit that was never set is not raised by anything': {
    given: [soft()],
    when: { type: 'raiseLimits', by: { usd: 5 } },
    gives: 'illegal-move',
  },
};
for (const [title, law] of Object.entries(LAWS)) test(title, () => check(law));

test('what is set aside for an attempt is a whole number of tokens, whatever attempts used before', () => {
  const ended = (id: string, tokens: number): Event[] => [
    acceptedTask(id),
    startedAttempt(`${id}.1`),
    endedAttempt(`${id}.1`, 'verify-failed', usage(tokens)),
  ];
  const s = openedStateOf([soft(), ...ended('t1', 20_001), ...ended('t2', 20_000)]);
  assert.equal(floorOf(s).tokens, 30_001);
  assert.ok(Number.isInteger(reservationFor(s)!.tokens));
});

test('with more, what was held back may open again', () => {
  const s = openedStateOf([
    soft(),
    acceptedTask('t1'),
    spent(850_000),
    neared,
    { type: 'limits.raised', tokens: 2_000_000 },
  ]);
  assert.deepEqual([s.spending.neared, wanted(s, s.at).room > 0], [undefined, true]);
});

test('an attempt that used up what was left for it says that the budget is near, and costs its task nothing', () => {
  const given = [
    soft({}, { tokens: 60_000, soft: 0.85 }),
    acceptedTask('t1'),
    spent(40_000),
    startedAttempt('t1.1', { tokens: 12_000, usd: 0 }),
  ];
  check({
    given,
    when: {
      type: 'endAttempt',
      attempt: 't1.1' as never,
      reason: 'token-limit',
      detail: '',
      usage: usage(12_000),
    },
    gives: ['attempt.ended t1.1 budget-limit', 'task.requeued t1 budget-limit', 'budget.neared tokens'],
  });
});
