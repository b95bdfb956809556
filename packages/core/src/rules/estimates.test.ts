import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import {
  countHandoff,
  countRun,
  countTime,
  failRate,
  flakeRate,
  isRetryWorth,
  noEstimates,
} from './estimates.ts';

const learnt = (good: number, bad: number, clean = 0, flaky = 0) => {
  const e = noEstimates();
  for (let i = 0; i < good + bad; i++) countHandoff(e, (i * bad) % (good + bad) >= bad);
  for (let i = 0; i < clean + flaky; i++) countRun(e, i < flaky);
  return e;
};

test('before anything is known, one handoff in twenty fails and one run in a hundred lies', () => {
  assert.equal(failRate(noEstimates()), 0.05);
  assert.equal(flakeRate(noEstimates()), 0.01);
});

test('what was seen outweighs the prior after a few dozen, and the last 200 outweigh what was before', () => {
  assert.ok(Math.abs(failRate(learnt(70, 30)) - 0.28) < 0.03);
  const changed = learnt(0, 200);
  for (let i = 0; i < 600; i++) countHandoff(changed, true);
  assert.ok(failRate(changed) < 0.06, `${failRate(changed)}`);
});

test('a single failure is looked at twice while little is known of the gate, whatever it fails on', () => {
  for (const e of [noEstimates(), learnt(10, 10), learnt(100, 2)]) assert.ok(isRetryWorth(e, 1));
});

test('it is no more, once the gate has proved honest enough for how often handoffs fail', () => {
  assert.ok(!isRetryWorth(learnt(70, 30, 60), 1), 'three in ten fail: 60 honest runs are enough');
  assert.ok(isRetryWorth(learnt(196, 4, 60), 1), 'one in fifty fails: they are not');
  assert.ok(!isRetryWorth(learnt(196, 4, 60), 2), 'but it failed twice already');
});

test('a gate that lies is asked again for as long as it does', () => {
  assert.ok(isRetryWorth(learnt(70, 30, 90, 10), 1));
});

test('the time of a run is a mean in which the last ones weigh most', () => {
  const e = noEstimates();
  for (const ms of [1_000, 1_000, 1_000, 60_000, 60_000, 60_000, 60_000]) countTime(e, ms);
  assert.ok(e.gateMs > 30_000 && e.gateMs < 60_000, `${e.gateMs}`);
});
