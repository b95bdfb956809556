import assert from 'node:assert/strict';
import test from 'node:test';
import { type OpenedState, opened } from '../state.ts';
import { base, openState, put, spec } from './example.ts';
import { remainingMs } from './remaining.ts';

/** 20 minutes of work; so many tasks cancelled, so many waiting. */
function runWith(over: number, waiting: number): OpenedState {
  const state = openState();
  for (let n = 1; n <= over + waiting; n++) {
    const task = base(n, spec(`Task ${n}`));
    put(
      state,
      n <= over ? { ...task, state: 'cancelled', reason: 'x', endedAt: 0 } : { ...task, state: 'pending' },
    );
  }
  state.planning.isDone = true;
  return opened(state);
}
const minutes = (state: OpenedState): number | undefined => {
  const ms = remainingMs(state);
  return ms === undefined ? undefined : ms / 60_000;
};

test('what is left takes as long a task as what is over took', () => {
  assert.equal(minutes(runWith(4, 2)), 10);
  assert.equal(minutes(runWith(10, 1)), 2);
});

test('nothing is foretold from fewer than three tasks, of none that are left, while paused, or while more may be planned', () => {
  assert.equal(minutes(runWith(2, 5)), undefined);
  assert.equal(minutes(runWith(5, 0)), undefined);
  const paused = runWith(4, 2);
  paused.paused = { reason: 'operator', detail: '', by: 'operator', at: 0 } as OpenedState['paused'];
  assert.equal(minutes(paused), undefined);
  const planning = runWith(4, 2);
  planning.planning.isDone = false;
  assert.equal(minutes(planning), undefined);
  planning.planning.saidDone = true;
  assert.equal(minutes(planning), 10);
});
