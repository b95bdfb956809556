/** The operator's word on the order of work, and on how many of a role work at once. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Command } from '../commands.ts';
import { decide } from '../decide.ts';
import type { Event } from '../events.ts';
import { fold } from '../fold.ts';
import type { TaskId } from '../model/ids.ts';
import {
  acceptedTask,
  apply,
  aSpec,
  check,
  failedTask,
  openedRun,
  openedStateOf,
  running,
  startedAttempt,
} from '../testing.ts';
import { queue } from '../views/queue.ts';
import { waits } from '../views/waits.ts';
import { PRIORITY_FAR } from './urgency.ts';

const three = [
  openedRun(),
  acceptedTask('t1', { priority: 1 }),
  acceptedTask('t2'),
  acceptedTask('t3', { priority: 9 }),
];
const put = (task: string, place: number | 'first' | 'last'): Command => ({
  type: 'prioritise',
  task: task as TaskId,
  place,
});
const order = (...commands: readonly Command[]): readonly string[] => {
  const state = openedStateOf(three);
  for (const command of commands) apply(state, command);
  return queue(state).ready.map(({ task }) => task);
};

describe('what goes first', () => {
  it('is what was put first last, and behind all what was put last', () => {
    assert.deepEqual(order(), ['t1', 't2', 't3']);
    assert.deepEqual(order(put('t3', 'first')), ['t3', 't1', 't2']);
    assert.deepEqual(order(put('t3', 'first'), put('t2', 'first')), ['t2', 't3', 't1']);
    assert.deepEqual(order(put('t1', 'last')), ['t2', 't3', 't1']);
    assert.deepEqual(order(put('t3', 1)), ['t1', 't3', 't2']);
  });

  it('outlasts another wording and another attempt', () => {
    const state = openedStateOf(three);
    apply(state, put('t3', 'first'));
    const spec = aSpec({ priority: 10 });
    const again: readonly Event[] = [
      { type: 'task.rescoped', task: 't3' as TaskId, spec },
      ...running('t3.1'),
      failedTask('t3', 'attempts'),
      { type: 'task.retried', task: 't3' as TaskId, by: 'operator' },
    ];
    fold(state, { seq: state.seq + 1, at: 0, cause: 'test', events: again });
    assert.equal(state.tasks.get('t3' as TaskId)!.priority, 0);
  });

  it('is a task that waits, by a priority there is', () => {
    check({ given: three, when: put('t9', 'first'), gives: 'unknown-task' });
    check({ given: [...three, ...running('t1.1')], when: put('t1', 'first'), gives: 'illegal-move' });
    for (const place of [0, 11, 1.5]) check({ given: three, when: put('t1', place), gives: 'out-of-range' });
    const far: Event = { type: 'task.prioritised', task: 't2' as TaskId, priority: -PRIORITY_FAR };
    check({ given: [...three, far], when: put('t1', 'first'), gives: 'out-of-range' });
  });

  it('is, of a task that is split, its parts too', () => {
    const part = acceptedTask(
      't4',
      {},
      { by: 'subplanner', label: 'x' as never, parent: 't2' as TaskId, iteration: 1 },
    );
    const other = acceptedTask(
      't5',
      {},
      { by: 'subplanner', label: 'y' as never, parent: 't2' as TaskId, iteration: 1 },
    );
    const split: readonly Event[] = [
      { type: 'task.expanded', task: 't2' as TaskId },
      part,
      other,
      ...running('t5.1'),
    ];
    check({
      given: [...three, ...split],
      when: put('t2', 'first'),
      gives: ['task.prioritised t2', 'task.prioritised t4'],
    });
  });
});

describe('how many of a role work at once', () => {
  const roles = [{ name: 'coder' }, { name: 'tester' }];
  const tests = [
    openedRun({ roles }),
    acceptedTask('t1', { role: 'tester' }),
    acceptedTask('t2', { role: 'tester' }),
    acceptedTask('t3'),
  ];
  const scale = (role: string, workers: number): Command => ({
    type: 'scale',
    workers,
    role,
    reason: 'asked',
  });
  const start = (task: string): Command => ({
    type: 'startAttempt',
    task: task as TaskId,
    worker: 'w9',
    reserved: { tokens: 0, usd: 0 },
  });

  it('is what the operator said; others are not held up, and whoever waits for it is told so', () => {
    const state = openedStateOf(tests);
    assert.deepEqual(apply(state, scale('tester', 1)), [{ type: 'role.scaled', role: 'tester', workers: 1 }]);
    fold(state, { seq: state.seq + 1, at: 0, cause: 'test', events: [startedAttempt('t1.1')] });
    assert.equal(decide(state, start('t2')).kind, 'refusal');
    assert.equal(decide(state, start('t3')).kind, 'decision');
    assert.ok(
      waits(state, 0).some(({ text }) =>
        text.startsWith('t2 waits for a free worker of the role tester (at most 1 at a time), for'),
      ),
    );
    apply(state, scale('tester', 2));
    assert.equal(decide(state, start('t2')).kind, 'decision');
  });

  it('is asked of a role there is', () => {
    check({ given: tests, when: scale('testre', 1), gives: 'out-of-range' });
    check({ given: tests, when: scale('tester', 0), gives: 'out-of-range' });
    check({ given: [openedRun()], when: scale('tester', 1), gives: 'out-of-range' });
  });
});
