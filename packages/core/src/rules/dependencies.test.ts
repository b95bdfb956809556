import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command } from '../commands.ts';
import { decide } from '../decide.ts';
import type { TaskId } from '../model/ids.ts';
import {
  acceptedTask,
  after,
  draft,
  failedTask,
  landedTask,
  openedRun,
  openedStateOf,
  running,
} from '../testing.ts';
import { vainOf, waitsForOf } from './dependencies.ts';

const anyEnd = { anyEnd: true as const };
const start = (task: string): Command => ({
  type: 'startAttempt',
  task: task as TaskId,
  worker: 'w1',
  reserved: { tokens: 0, usd: 0 },
});
/** t3 waits for the work of t1 and t2, t4 for their ends. */
const opened = (...events: Parameters<typeof openedStateOf>[0]) =>
  openedStateOf([
    openedRun(),
    acceptedTask('t1'),
    acceptedTask('t2'),
    acceptedTask('t3', after('t1', 't2')),
    acceptedTask('t4', { ...after('t1', 't2'), ...anyEnd }),
    ...events,
  ]);

test('a task waits for work, or where any end will do, for ends', () => {
  const s = opened(failedTask('t1', 'blocked'), ...landedTask('t2', 'l1'));
  const [t3, t4] = ['t3', 't4'].map((id) => s.tasks.get(id as TaskId)!.spec);
  assert.deepEqual([waitsForOf(s, t3!), waitsForOf(s, t4!)], ['t1', undefined]);
  assert.deepEqual([vainOf(s, t3!), vainOf(s, t4!)], ['t1', undefined]);
  assert.equal(waitsForOf(opened(failedTask('t1', 'blocked')), t4!), 't2');
});

test('what makes something of all ends starts when the last is over, and no sooner', () => {
  const before = decide(opened(failedTask('t1', 'blocked'), ...running('t2.1')), start('t4'));
  assert.match(JSON.stringify(before), /t4 waits for t2/);
  const then = decide(opened(failedTask('t1', 'blocked'), failedTask('t2', 'blocked')), start('t4'));
  assert.match(JSON.stringify(then), /"type":"attempt.started","attempt":"t4.1"/);
});

test('a failure takes with it what waits for the work, and not what waits for the end', () => {
  const fail: Command = { type: 'failTask', task: 't1' as TaskId, failure: 'blocked', detail: '' };
  const events = decide(opened(), fail);
  const failed = JSON.stringify(events).match(/"task":"t\d"/g);
  assert.deepEqual(failed, ['"task":"t1"', '"task":"t3"']);
});

test('a task may be filed that waits for the end of one that has failed already, and be tried again', () => {
  const s = opened(failedTask('t1', 'blocked'), failedTask('t2', 'blocked'));
  const file = (over: object): Command => ({
    type: 'acceptTasks',
    from: { by: 'plan' },
    eachAlone: false,
    drafts: [draft('x', { dependsOn: ['a'], ...over })],
  });
  assert.match(JSON.stringify(decide(s, file({}))), /it depends on a, which is failed/);
  assert.match(JSON.stringify(decide(s, file(anyEnd))), /"task.accepted".*"anyEnd":true/);
  const again = opened(failedTask('t1', 'blocked'), failedTask('t2', 'blocked'), failedTask('t4', 'blocked'));
  const retry: Command = { type: 'retry', task: 't4' as TaskId, by: 'operator' };
  assert.match(JSON.stringify(decide(again, retry)), /task.retried/);
});
