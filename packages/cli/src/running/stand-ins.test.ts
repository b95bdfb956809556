import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attemptId, taskId } from '@swarm/core/model/ids';
import { StandIns } from './stand-ins.ts';

const [a1, a2, a3] = [1, 2, 3].map((n) => attemptId(taskId(n), 1)) as [never, never, never];

test('the driver does the tasks until its quota is used up, then the next in the list', () => {
  const standIns = new StandIns(['claude', 'codex'], () => 0);
  assert.equal(standIns.current(), 'claude');
  standIns.started(a1, 'claude');
  assert.equal(standIns.usedUp(a1), 'codex');
  assert.equal(standIns.current(), 'codex');
});

test('when every one is used up nobody stands in, and the run is told', () => {
  const standIns = new StandIns(['claude', 'codex'], () => 0);
  standIns.started(a1, 'claude');
  standIns.started(a2, 'codex');
  assert.equal(standIns.usedUp(a1), 'codex');
  assert.equal(standIns.usedUp(a2), undefined);
  assert.equal(standIns.current(), 'claude');
});

test('an agent works again from the moment its provider named', () => {
  let now = 1_000;
  const standIns = new StandIns(['claude', 'codex'], () => now);
  standIns.started(a1, 'claude');
  standIns.usedUp(a1, 5_000);
  assert.equal(standIns.current(), 'codex');
  now = 5_000;
  assert.equal(standIns.current(), 'claude');
});

test('nobody stands in for an agent that a task named, nor for a call of nobody', () => {
  const standIns = new StandIns(['claude', 'codex'], () => 0);
  standIns.started(a3, 'pi');
  assert.deepEqual([standIns.usedUp(a3), standIns.usedUp(a1)], [undefined, undefined]);
  assert.equal(standIns.current(), 'claude');
});
