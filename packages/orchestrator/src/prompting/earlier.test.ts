import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '@swarm/core/events';
import type { TaskId } from '@swarm/core/model/ids';
import {
  acceptedTask,
  endedAttempt,
  handedIn,
  openedRun,
  rejected,
  running,
  stateOf,
} from '@swarm/core/testing';
import { earlierAttempts } from './earlier.ts';

const T1 = 't1' as TaskId;
const told = (...events: readonly Event[]): string => {
  const state = stateOf([openedRun(), acceptedTask('t1'), ...events]);
  return earlierAttempts(state, state.tasks.get(T1)!);
};
const requeued: Event = { type: 'task.requeued', task: T1, because: 'step-limit' };
const said = (status: 'partial' | 'failed', summary: string) => ({
  claim: { status, summary, concerns: [`${summary} concern`], suggestions: [`${summary} suggestion`] },
});

test('a first attempt is told of none', () => assert.equal(told(), ''));

test('a third attempt is told of both before it: how each ended, why, and what its agent said', () => {
  const text = told(
    ...running('t1.1'),
    { ...endedAttempt('t1.1', 'step-limit'), detail: 'ONE', ...said('partial', 'FIRST') } as Event,
    requeued,
    ...handedIn('t1.2'),
    { ...rejected('t1.2', 'conflict'), detail: 'TWO', files: ['src/x.ts'] } as Event,
  );
  const order = [
    'Attempt t1.1 used all its steps.',
    'ONE',
    'It said (partial): FIRST',
    'concern: FIRST concern',
    'suggestion: FIRST suggestion',
    'Attempt t1.2 does not merge with the target (src/x.ts).',
    'TWO',
  ];
  const at = order.map((words) => text.indexOf(words));
  assert.ok(
    at.every((n, i) => n >= 0 && n > (at[i - 1] ?? -1)),
    text,
  );
});

test('an earlier reason is cut at a thousand characters, the last one is told whole', () => {
  const long = 'x'.repeat(5_000);
  const ends = (id: string) => [...running(id), { ...endedAttempt(id, 'step-limit'), detail: long } as Event];
  const text = told(...ends('t1.1'), requeued, ...ends('t1.2'), requeued);
  assert.match(text, /^x{1000}$/m);
  assert.match(text, /\[… 4000 characters left out\]/);
  assert.match(text, /^x{5000}$/m);
});
