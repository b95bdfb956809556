import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '../events.ts';
import { fold } from '../fold.ts';
import { emptyState } from '../state.ts';
import {
  acceptedTask,
  endedAttempt,
  entry,
  gated,
  handedIn,
  landedTask,
  openedRun,
  running,
  startedLanding,
  timeOf,
  usage,
} from '../testing.ts';
import { HistoryFold, POINTS_MAX, SPANS_MAX } from './history.ts';

/** One entry an event. */
function historyOf(events: readonly Event[]): HistoryFold {
  const [state, history] = [emptyState(), new HistoryFold()];
  events.forEach((event, i) => {
    const one = entry(i + 1, [event]);
    fold(state, one);
    history.take(one, state);
  });
  return history;
}

test('an attempt and a gate are spans from their beginning to their end, with how they ended', () => {
  const history = historyOf([
    openedRun(),
    acceptedTask('t1'),
    acceptedTask('t2'),
    ...handedIn('t1.1'),
    startedLanding('l1', ['t1.1']),
    gated('l1', 'failed'),
    ...running('t2.1'),
  ]);
  const told = history
    .since(0)
    .spans.map(({ id, kind, from, to, outcome, isBad }) => [id, kind, from, to, outcome, isBad]);
  assert.deepEqual(told, [
    ['t1.1', 'attempt', timeOf(4), timeOf(6), 'handed-in', false],
    ['l1', 'gate', timeOf(7), timeOf(8), 'failed', true],
    ['t2.1', 'attempt', timeOf(9), null, '', false],
  ]);
});

test('whoever has heard of an entry is told only what has changed since', () => {
  const history = historyOf([
    openedRun(),
    acceptedTask('t1'),
    acceptedTask('t2'),
    ...running('t1.1'),
    ...running('t2.1'),
    endedAttempt('t1.1', 'verify-failed', usage(500, 0.5)),
  ]);
  assert.deepEqual(
    history.since(7).spans.map(({ id }) => id),
    ['t1.1'],
  );
  assert.deepEqual(history.since(7).points, [{ seq: 8, at: timeOf(8), landed: 0, tokens: 500, usd: 0.5 }]);
  assert.deepEqual(history.since(8), { spans: [], left: 0, points: [] });
});

test('a point is there for each change of what has landed and what was spent, and counts what has landed', () => {
  const tasks = ['t1', 't2', 't3'];
  const history = historyOf([
    openedRun(),
    ...tasks.map((id) => acceptedTask(id)),
    ...tasks.flatMap((id, i) => landedTask(id, `l${i + 1}`)),
  ]);
  const landed = history.since(0).points.map((point) => point.landed);
  assert.deepEqual(
    [...new Set(landed)],
    [0, 1, 2, 3],
    'each number of landings is told, in the order they happened',
  );
});

test('what went on when the run closed is over with it', () => {
  const history = historyOf([
    openedRun(),
    acceptedTask('t1'),
    ...running('t1.1'),
    { type: 'run.closed', reason: 'done', head: 'c' as never, green: true },
  ]);
  assert.deepEqual(
    history.since(0).spans.map(({ to, outcome }) => [to, outcome]),
    [[timeOf(5), 'lost']],
  );
});

test('however long a run is, its history is bounded, and its newest is in it', () => {
  const [state, history] = [emptyState(), new HistoryFold()];
  const events = (n: number): Event[] => [
    { type: 'iteration.started', iteration: n, reason: 'first' } as never,
    { type: 'iteration.ended', iteration: n, outcome: 'planned' } as never,
  ];
  const count = SPANS_MAX + 1_000;
  for (let n = 1; n <= count; n++) {
    state.landedCount = n;
    history.take(entry(n, events(n)), state);
  }
  const { spans, left, points } = history.since(0);
  assert.deepEqual([spans.length, left, spans.at(-1)!.id], [SPANS_MAX, 1_000, `iteration ${count}`]);
  assert.ok(points.length <= POINTS_MAX && points.length >= POINTS_MAX / 2, `${points.length} points`);
  assert.equal(points.at(-1)!.landed, count);
  assert.ok(points.every(({ at }, i) => i === 0 || at > points[i - 1]!.at));
});
