import { strict as assert } from 'node:assert';
import { describe, test } from 'node:test';
import type { Command } from '../commands.ts';
import { decide } from '../decide.ts';
import type { Event } from '../events.ts';
import type { AttemptId, TaskId } from '../model/ids.ts';
import { NO_USAGE } from '../model/usage.ts';
import {
  acceptedTask,
  after,
  aHandoff,
  check,
  endedAttempt,
  type Law,
  LIMITS,
  openedRun,
  startedAttempt,
  stateOf,
} from '../testing.ts';

const hosted = openedRun({ hosted: true });
const joined = (host: string, slots = 2): Event => ({
  type: 'host.joined',
  host,
  slots,
  capabilities: [],
  version: '1',
});
const on = (attempt: string, host: string, slot: number): Event => ({
  ...startedAttempt(attempt),
  on: { host, slot },
  leaseMs: 1_000,
});
const join = (host: string, slots = 2): Command => ({
  type: 'joinHost',
  host,
  slots,
  capabilities: [],
  version: '1',
});
const lapse = (host: string): Command => ({ type: 'lapseHost', host, silentMs: 31_000 });
const start = (task: string, place: Pick<Extract<Command, { type: 'startAttempt' }>, 'on'>): Command => ({
  type: 'startAttempt',
  task: task as TaskId,
  worker: 'w1',
  reserved: { tokens: 0, usd: 0 },
  ...place,
});
const two = [hosted, acceptedTask('t1'), acceptedTask('t2'), joined('a')];
const busy = [...two, on('t1.1', 'a', 1), on('t2.1', 'a', 2)];

const LAWS: Record<string, Law> = {
  'a host joins': { given: [hosted], when: join('a'), gives: ['host.joined'] },
  'a host that offers something else joins again': {
    given: two,
    when: join('a', 0),
    gives: ['host.joined'],
  },
  'a host that offers what is known says nothing new': { given: two, when: join('a'), gives: 'illegal-move' },
  'a run without hosts is joined by none': { given: [openedRun()], when: join('a'), gives: 'illegal-move' },
  'a name that could be a path is none': { given: [hosted], when: join('../a'), gives: 'illegal-move' },
  'more slots than there may be are refused': {
    given: [hosted],
    when: join('a', 1_001),
    gives: 'illegal-move',
  },
  'an attempt of a run of hosts names its host': { given: two, when: start('t1', {}), gives: 'not-ready' },
  'an attempt starts on a host that is there': {
    given: two,
    when: start('t1', { on: { host: 'b', slot: 1 } }),
    gives: 'not-ready',
  },
  'an attempt starts on a slot that the host has': {
    given: two,
    when: start('t1', { on: { host: 'a', slot: 3 } }),
    gives: 'not-ready',
  },
  'a host that is not there does not lapse': { given: [hosted], when: lapse('a'), gives: 'illegal-move' },
};

describe('hosts', () => {
  for (const [title, law] of Object.entries(LAWS)) test(title, () => check(law));
});

const events = (given: readonly Event[], when: Command): readonly Event[] => {
  const answer = decide(stateOf(given), when);
  assert.equal(answer.kind, 'decision', JSON.stringify(answer));
  return answer.kind === 'decision' ? answer.events : [];
};

for (const when of [lapse('a'), { type: 'leaveHost', host: 'a', detail: 'told to stop' } as const])
  test(`${when.type} ends what ran on the host as lost, in one entry, and each of the tasks waits again`, () => {
    assert.deepEqual(
      events(busy, when).map((e) => [e.type, 'attempt' in e ? e.attempt : 'task' in e ? e.task : '']),
      [
        [when.type === 'lapseHost' ? 'host.lapsed' : 'host.left', ''],
        ['attempt.ended', 't1.1'],
        ['task.requeued', 't1'],
        ['attempt.ended', 't2.1'],
        ['task.requeued', 't2'],
      ],
    );
  });

test('what ran on another host goes on', () => {
  const given = [...two, joined('b'), on('t1.1', 'a', 1), on('t2.1', 'b', 1)];
  const ended = events(given, lapse('a')).filter((e) => e.type === 'attempt.ended');
  assert.deepEqual(
    ended.map(({ attempt }) => attempt),
    ['t1.1'],
  );
});

test('what falls with two attempts that end together falls once', () => {
  const lost = Array.from({ length: 49 }, (_, i): Event[] => {
    const n = i + 1;
    return [
      on(`t1.${n}`, 'a', 1),
      endedAttempt(`t1.${n}`, 'lost'),
      { type: 'task.requeued', task: 't1' as TaskId, because: 'lost' },
      on(`t2.${n}`, 'a', 2),
      endedAttempt(`t2.${n}`, 'lost'),
      { type: 'task.requeued', task: 't2' as TaskId, because: 'lost' },
    ];
  }).flat();
  const given = [
    openedRun({ hosted: true, limits: { ...LIMITS, attempts: 4 } }),
    acceptedTask('t1'),
    acceptedTask('t2'),
    acceptedTask('t3', after('t1', 't2')),
    joined('a'),
    ...lost,
    on('t1.50', 'a', 1),
    on('t2.50', 'a', 2),
  ];
  const failed = events(given, lapse('a')).flatMap((e) => (e.type === 'task.failed' ? [e.task] : []));
  assert.deepEqual(failed, ['t1', 't3', 't2']);
});

test('a report on an attempt that was lost with its host is recorded as late, and nothing follows from it', () => {
  const lost: readonly Event[] = [
    ...busy,
    { type: 'host.lapsed', host: 'a', silentMs: 31_000 },
    endedAttempt('t1.1', 'lost'),
    { type: 'task.requeued', task: 't1' as TaskId, because: 'lost' },
  ];
  const late: Command = {
    type: 'endAttempt',
    attempt: 't1.1' as AttemptId,
    reason: 'handed-in',
    detail: '',
    usage: NO_USAGE,
    handoff: aHandoff('t1.1'),
  };
  assert.deepEqual(
    events(lost, late).map((e) => e.type),
    ['attempt.late'],
  );
});
