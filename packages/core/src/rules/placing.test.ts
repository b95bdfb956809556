import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { Event } from '../events.ts';
import type { EndingReason } from '../model/attempt.ts';
import type { AttemptId, TaskId } from '../model/ids.ts';
import { acceptedTask, endedAttempt, openedRun, openedStateOf, startedAttempt } from '../testing.ts';
import { ableHosts, hasFreeSlot, slotFor, slotProblem } from './placing.ts';

const hosted = openedRun({ hosted: true });
const joined = (host: string, slots: number, capabilities: readonly string[] = []): Event => ({
  type: 'host.joined',
  host,
  slots,
  capabilities,
  version: '1',
});
const startedOn = (attempt: string, host: string, slot: number): Event => ({
  ...startedAttempt(attempt),
  on: { host, slot },
  leaseMs: 1_000,
});
const t = (s: ReturnType<typeof openedStateOf>, id: string) => s.tasks.get(id as TaskId)!;
const endedAs = (attempt: string, reason: EndingReason): Event[] => [
  endedAttempt(attempt, reason),
  { type: 'task.requeued', task: attempt.split('.')[0] as TaskId, because: reason },
];

test('a task goes to the host with the smallest share of its slots taken, and of equals to the one that joined first', () => {
  const two = [hosted, acceptedTask('t1'), acceptedTask('t2'), joined('a', 2), joined('b', 4)];
  assert.deepEqual(slotFor(openedStateOf(two), t(openedStateOf(two), 't1')), { host: 'a', slot: 1 });
  const s = openedStateOf([...two, startedOn('t1.1', 'a', 1)]);
  assert.deepEqual(slotFor(s, t(s, 't2')), { host: 'b', slot: 1 });
});

test('a slot is one attempt’s until that has ended', () => {
  const events = [hosted, acceptedTask('t1'), acceptedTask('t2'), joined('a', 1), startedOn('t1.1', 'a', 1)];
  const s = openedStateOf(events);
  assert.equal(slotFor(s, t(s, 't2')), undefined);
  assert.equal(hasFreeSlot(s), false);
  assert.match(slotProblem(s, t(s, 't2'), { host: 'a', slot: 1 })!, /taken by t1\.1/);
  const free = openedStateOf([...events, ...endedAs('t1.1', 'no-change')]);
  assert.deepEqual(slotFor(free, t(free, 't2')), { host: 'a', slot: 1 });
});

test('a host takes what it has all of that the task requires, versions with it', () => {
  const s = openedStateOf([
    hosted,
    acceptedTask('t1', { requires: ['gpu', 'coder@>=2'] }),
    joined('a', 4, ['gpu']),
    joined('b', 4, ['gpu', 'coder@2.1']),
  ]);
  assert.deepEqual(slotFor(s, t(s, 't1')), { host: 'b', slot: 1 });
  assert.match(slotProblem(s, t(s, 't1'), { host: 'a', slot: 1 })!, /a has no coder@>=2/);
  assert.deepEqual(
    ableHosts(s, t(s, 't1')).map(({ host }) => host),
    ['b'],
  );
});

test('the host that has just failed a task does not get it again, while another one can do it', () => {
  const failed = [hosted, acceptedTask('t1'), joined('a', 4), joined('b', 1), startedOn('t1.1', 'a', 1)];
  for (const reason of ['lost', 'verify-failed', 'killed', 'cannot-run'] as const) {
    const s = openedStateOf([...failed, ...endedAs('t1.1', reason)]);
    assert.deepEqual(slotFor(s, t(s, 't1')), { host: 'b', slot: 1 }, reason);
    assert.match(slotProblem(s, t(s, 't1'), { host: 'a', slot: 1 })!, /has just failed t1/);
  }
  for (const reason of ['drained', 'model-down'] as const) {
    const s = openedStateOf([...failed, ...endedAs('t1.1', reason)]);
    assert.deepEqual(slotFor(s, t(s, 't1')), { host: 'a', slot: 1 }, reason);
  }
  const alone = openedStateOf([
    ...failed,
    ...endedAs('t1.1', 'killed'),
    { type: 'host.left', host: 'b', detail: '' },
  ]);
  assert.deepEqual(slotFor(alone, t(alone, 't1')), { host: 'a', slot: 1 }, 'there is no other');
});

test('a host that drains offers no slot and keeps what it has', () => {
  const s = openedStateOf([
    hosted,
    acceptedTask('t1'),
    acceptedTask('t2'),
    joined('a', 2),
    startedOn('t1.1', 'a', 2),
    joined('a', 0),
  ]);
  assert.equal(slotFor(s, t(s, 't2')), undefined);
  assert.equal(s.hosts.get('a')!.taken.get(2), 't1.1' as AttemptId);
});

test('a run without hosts places nothing on any', () => {
  const s = openedStateOf([openedRun(), acceptedTask('t1')]);
  assert.equal(slotProblem(s, t(s, 't1'), undefined), undefined);
  assert.match(slotProblem(s, t(s, 't1'), { host: 'a', slot: 1 })!, /has no hosts/);
});
