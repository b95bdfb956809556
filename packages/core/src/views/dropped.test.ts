import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LandingId } from '../model/ids.ts';
import { DROPS, type DropReason } from '../model/landing.ts';
import { acceptedTask, handedIn, landedTask, openedRun, startedLanding, stateOf } from '../testing.ts';
import { againText, droppedText } from './dropped.ts';

const l2 = 'l2' as LandingId;

test('a landing whose target moved is told by what follows for its tasks, not by what was thrown away', () => {
  const state = stateOf([
    openedRun(),
    acceptedTask('t1'),
    ...handedIn('t1.1'),
    startedLanding('l2', ['t1.1']),
  ]);
  assert.equal(droppedText(state, l2, 'target-moved'), 't1 is tested again on the new target');
  assert.equal(droppedText(state, l2, 'restart'), 't1 is tested again: the orchestrator was restarted');
});

test('a landing none of whose tasks waits any more was not needed', () => {
  const state = stateOf([openedRun(), acceptedTask('t1'), ...landedTask('t1', 'l2')]);
  assert.equal(droppedText(state, l2, 'target-moved'), 'the test l2 is not needed any more');
});

test('every reason to drop a landing says what becomes of its tasks, of one and of many', () => {
  for (const reason of Object.keys(DROPS) as DropReason[]) {
    assert.match(againText(['t1'] as never, reason), /^t1 is (tested again|waiting|looked for)/);
    assert.match(
      againText(['t1', 't2', 't3', 't4', 't5', 't6'] as never, reason),
      /^t1, t2, t3, t4, t5 and 1 more are /,
    );
  }
});
