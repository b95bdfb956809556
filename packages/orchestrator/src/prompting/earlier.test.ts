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
import { earlierAttempts, othersTried } from './earlier.ts';

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

test('one of several that tries again is told what the others came to, and nothing of the round they are in', () => {
  const tries = (id: string, nth: number) => acceptedTask(id, {}, { by: 'candidates', parent: T1, nth });
  const fails = (id: string, detail: string, summary: string): Event[] => [
    ...running(id),
    { ...endedAttempt(id, 'step-limit'), detail, ...said('failed', summary) } as Event,
    { type: 'task.failed', task: id.split('.')[0] as TaskId, failure: 'attempts', detail } as Event,
  ];
  const round = (n: number): Event => ({
    type: 'contest.failed',
    task: T1,
    round: n,
    closest: 't2' as TaskId,
    again: ['t2' as TaskId, 't3' as TaskId],
    detail: '',
  });
  const first: Event[] = [
    { type: 'task.expanded', task: T1, by: 'candidates' },
    tries('t2', 1),
    tries('t3', 2),
    ...fails('t2.1', 'WHY-TWO', 'SUMMARY-TWO'),
    ...fails('t3.1', 'WHY-THREE', 'SUMMARY-THREE'),
  ];
  const toldOf = (id: string, ...events: readonly Event[]): string => {
    const state = stateOf([openedRun(), acceptedTask('t1'), ...events]);
    return othersTried(state, state.tasks.get(id as TaskId)!);
  };
  assert.equal(toldOf('t2', ...first), '');
  const again = toldOf('t2', ...first, round(1));
  assert.match(
    again,
    /^Others tried this same task[\s\S]*Attempt t3\.1 used all its steps\.\nWHY-THREE\nIt said \(failed\): SUMMARY-THREE\nconcern: SUMMARY-THREE concern/,
  );
  assert.doesNotMatch(again, /TWO/);
  const second = [...first, round(1), ...fails('t2.2', 'LATER', 'LATER')];
  assert.doesNotMatch(toldOf('t3', ...second), /LATER/);
  assert.match(toldOf('t3', ...second, ...fails('t3.2', 'x', 'x'), round(2)), /Attempt t2\.2[\s\S]*LATER/);
  // Whoever tries it when the operator has it tried again is told too.
  const anew: Event[] = [
    { ...round(1), again: [] } as Event,
    { type: 'task.failed', task: T1, failure: 'attempts', detail: '' },
    { type: 'task.retried', task: T1, by: 'operator' },
    { type: 'task.expanded', task: T1, by: 'candidates' },
    tries('t4', 1),
  ];
  assert.match(toldOf('t4', ...first, ...anew), /WHY-TWO[\s\S]*WHY-THREE/);
  assert.equal(toldOf('t1', ...first, ...anew), '');
});
