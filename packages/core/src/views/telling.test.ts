import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptedTask, openedRun, stateOf } from '../testing.ts';
import { tellEvent } from './telling.ts';

test('what goes first or last of all is told so, and not by a number that nobody may give', () => {
  const s = stateOf([openedRun(), acceptedTask('t1')]);
  const told = (priority: number) =>
    tellEvent({ type: 'task.prioritised', task: 't1', priority } as never, s).msg;
  assert.deepEqual([0, 1, 10, 11, -7].map(told), [
    't1 goes first of all that waits',
    't1 has priority 1 now',
    't1 has priority 10 now',
    't1 goes last of all that waits',
    't1 goes first of all that waits',
  ]);
});
