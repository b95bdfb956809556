import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Span } from '@swarm/core/views/history';
import * as fc from 'fast-check';
import { clipped, lanesOf, ticksOf } from '../src/page/timeline-lanes.ts';

const span = (over: Partial<Span>): Span => ({
  id: 'x',
  kind: 'gate',
  lane: 'gate',
  tasks: [],
  from: 0,
  to: null,
  outcome: '',
  isBad: false,
  seq: 1,
  ...over,
});

test('the planner comes first, then workers by number, then gates, then checks', () => {
  const lanes = lanesOf(
    [
      span({ kind: 'checks', lane: 'checks' }),
      span({ kind: 'gate' }),
      span({ kind: 'attempt', lane: 'w10' }),
      span({ kind: 'attempt', lane: 'w2' }),
      span({ kind: 'planning', lane: 'planner' }),
    ],
    9,
  );
  assert.deepEqual(
    lanes.map(({ name }) => name),
    ['planner', 'w2', 'w10', 'gate', 'checks'],
  );
});

test('what ran at the same time is on lanes of its own, as few as there can be', () => {
  const time = fc.nat({ max: 100 });
  fc.assert(
    fc.property(fc.array(fc.tuple(time, time), { maxLength: 40 }), (times) => {
      const spans = times.map(([a, b], i) =>
        span({ id: `${i}`, from: Math.min(a, b), to: Math.max(a, b) + 1 }),
      );
      const lanes = lanesOf(spans, 200);
      assert.equal(
        lanes.reduce((sum, lane) => sum + lane.spans.length, 0),
        spans.length,
      );
      for (const { spans: inLane } of lanes)
        assert.ok(inLane.every((one, i) => i === 0 || inLane[i - 1]!.to! <= one.from));
      const atOnce = spans.map(
        ({ from }) => spans.filter((one) => one.from <= from && from < one.to!).length,
      );
      assert.equal(lanes.length, Math.max(0, ...atOnce));
    }),
  );
});

test('at a time before, what had begun by then is there, and what ended later goes on', () => {
  const spans = [
    span({ id: 'a', from: 1, to: 5, outcome: 'passed' }),
    span({ id: 'b', from: 3, to: 4 }),
    span({ id: 'c', from: 9 }),
  ];
  assert.deepEqual(
    clipped(spans, 4).map(({ id, to, outcome }) => [id, to, outcome]),
    [
      ['a', null, ''],
      ['b', 4, ''],
    ],
  );
});

test('an axis has round times, and not more than there is room for', () => {
  fc.assert(
    fc.property(fc.nat({ max: 1e12 }), fc.integer({ min: 1_000, max: 2e9 }), (from, length) => {
      const ticks = ticksOf(from, from + length, 8);
      assert.ok(ticks.length <= 9, `${ticks.length}`);
      assert.ok(ticks.every((at) => at >= from && at <= from + length && at % 1_000 === 0));
    }),
  );
});
