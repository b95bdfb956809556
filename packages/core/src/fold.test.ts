import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { Event } from './events.ts';
import { fold } from './fold.ts';
import type { AttemptId, CommitId, LandingId, TaskId } from './model/ids.ts';
import { emptyState } from './state.ts';
import {
  aCandidate,
  acceptedTask,
  after,
  aGateResult,
  cancelled,
  commit,
  endedAttempt,
  entry,
  failedTask,
  gated,
  handedIn,
  landedTask,
  member,
  openedRun,
  rejected,
  running,
  startedAgent,
  startedAttempt,
  startedLanding,
  stateOf,
  timeOf,
  usage,
} from './testing.ts';

const run = openedRun();
const one: Event[] = [run, acceptedTask('t1')];
const damaged = (why: RegExp) => (e: unknown) => {
  const problem = (e as { problems: { code: string; what: string }[] }).problems[0]!;
  assert.equal(problem.code, 'SW0203');
  assert.match(problem.what, why);
  return true;
};

test('a journal with a gap is refused, and the entries are named', () => {
  const s = stateOf([run]);
  assert.throws(() => fold(s, entry(3, [])), damaged(/entry 3 follows entry 1/));
});

test('an entry is not folded twice', () => {
  const s = stateOf([run]);
  assert.throws(() => fold(s, entry(1, [])), damaged(/entry 1 follows entry 1/));
});

const ILLEGAL: Record<string, Event[]> = {
  't1 cannot go from pending to running': [
    ...one,
    startedAttempt('t1.1'),
    endedAttempt('t1.1', 'lost'),
    failedTask('t1', 'time'),
    { type: 'task.retried', task: 't1' as TaskId, by: 'operator' },
    startedAgent('t1.1'),
  ],
  't1 cannot go from landed to failed': [...one, ...landedTask('t1', 'l1'), failedTask('t1', 'blocked')],
  't1 cannot go from pending to pending': [...one, rejected('t1.1', 'conflict')],
  't1.1 ends twice': [...one, ...handedIn('t1.1'), endedAttempt('t1.1', 'lost')],
  't1 is accepted twice': [...one, acceptedTask('t1')],
  't2 is not known here': [...one, failedTask('t2', 'blocked')],
};
for (const [why, events] of Object.entries(ILLEGAL)) {
  test(`a journal in which ${why} is refused`, () => {
    assert.throws(() => stateOf(events), damaged(new RegExp(why)));
  });
}

test('a settled failure may be told again with its better reason', () => {
  const s = stateOf([
    ...one,
    ...running('t1.1'),
    endedAttempt('t1.1', 'timeout'),
    failedTask('t1', 'dependency'),
  ]);
  const t1 = s.tasks.get('t1' as TaskId)!;
  assert.equal(t1.state === 'failed' && t1.failure, 'dependency');
});

test('what an attempt had reserved is given back when it ends, and what it used is added', () => {
  const s = stateOf([
    ...one,
    startedAttempt('t1.1', { tokens: 1_000, usd: 0.1 }),
    endedAttempt('t1.1', 'timeout', usage(300, 0.02)),
  ]);
  assert.deepEqual(s.spending.reserved, { tokens: 0, usd: 0 });
  assert.equal(s.spending.used.inputTokens, 300);
  assert.deepEqual(s.spending.lost, { tokens: 0, usd: 0 });
});

test('what a lost attempt had reserved counts as spent in full', () => {
  const s = stateOf([
    ...one,
    startedAttempt('t1.1', { tokens: 1_000, usd: 0.1 }),
    endedAttempt('t1.1', 'lost'),
  ]);
  assert.deepEqual(s.spending.lost, { tokens: 1_000, usd: 0.1 });
});

test('reservations in floating point leave nothing behind once nothing is in flight', () => {
  const s = stateOf([
    ...one,
    acceptedTask('t2'),
    startedAttempt('t1.1', { tokens: 1, usd: 0.1 }),
    startedAttempt('t2.1', { tokens: 1, usd: 0.2 }),
    endedAttempt('t1.1', 'lost'),
    endedAttempt('t2.1', 'lost'),
  ]);
  assert.deepEqual(s.spending.reserved, { tokens: 0, usd: 0 });
});

test('whoever of attempts and iteration ends last, nothing stays reserved', () => {
  const iteration: Event = {
    type: 'iteration.started',
    iteration: 1,
    reason: 'first',
    promptHash: 'p',
    model: 'm',
    reserved: { tokens: 1, usd: 0.3 },
  };
  const over: Event = {
    type: 'iteration.ended',
    iteration: 1,
    outcome: 'planned',
    isDone: false,
    detail: '',
    usage: usage(1),
  };
  const begun = [...one, startedAttempt('t1.1', { tokens: 1, usd: 0.1 }), iteration];
  const ended = endedAttempt('t1.1', 'timeout');
  for (const order of [
    [ended, over],
    [over, ended],
  ]) {
    assert.deepEqual(stateOf([...begun, ...order]).spending.reserved, { tokens: 0, usd: 0 });
  }
});

test('a stop says when there is more of a quota, until the run is taken up', () => {
  const stopped: Event = { type: 'run.stopped', reason: 'quota', detail: '', moreAt: 5_000 };
  const resumed: Event = { type: 'run.resumed', version: '0', host: 'h', pid: 1 };
  assert.equal(stateOf([run, stopped]).moreAt, 5_000);
  assert.equal(stateOf([run, stopped, resumed]).moreAt, undefined);
});

test('the time between a stop and a resume does not count as worked', () => {
  const s = emptyState();
  fold(s, entry(1, [run]));
  fold(s, { ...entry(2, [acceptedTask('t1')]), at: timeOf(1) + 500 });
  fold(s, {
    ...entry(3, [{ type: 'run.resumed', version: '0', host: 'h', pid: 1 }]),
    at: timeOf(1) + 90_000,
  });
  fold(s, { ...entry(4, [acceptedTask('t2')]), at: timeOf(1) + 90_250 });
  assert.equal(s.activeMs, 750);
});

test('a re-scope moves the task from its old dependencies to its new ones', () => {
  const s = stateOf([...one, acceptedTask('t2'), acceptedTask('t3', after('t1'))]);
  const spec = { ...s.tasks.get('t3' as TaskId)!.spec, ...after('t2') };
  fold(s, entry(s.seq + 1, [{ type: 'task.rescoped', task: 't3' as TaskId, spec }]));
  assert.deepEqual(s.dependents.get('t1' as TaskId), []);
  assert.deepEqual(s.dependents.get('t2' as TaskId), ['t3']);
});

test('a landing found on the target takes its task out of the merge queue', () => {
  const s = stateOf([
    ...one,
    ...handedIn('t1.1'),
    { type: 'landing.found', task: 't1' as TaskId, attempt: 't1.1' as AttemptId, commit: commit('x') },
  ]);
  assert.equal(s.queue.size, 0);
  assert.equal(s.head, commit('x'));
});

test('work that was lost is forgotten, so that the next attempt starts afresh', () => {
  const s = stateOf([...one, ...handedIn('t1.1')]);
  assert.equal(s.tasks.get('t1' as TaskId)!.workCommit, commit('work t1.1'));
  fold(s, entry(s.seq + 1, [rejected('t1.1', 'work-lost')]));
  assert.equal(s.tasks.get('t1' as TaskId)!.workCommit, undefined);
});

const both = (id: string, outcome: 'passed' | 'failed', parent?: CommitId): Event[] => [
  startedLanding(id, ['t1.1', 't2.1'], parent),
  gated(id, outcome),
];
const queuedTwo: Event[] = [
  openedRun(),
  acceptedTask('t1'),
  acceptedTask('t2'),
  ...handedIn('t1.1'),
  ...handedIn('t2.1'),
];

test('a tree that failed is remembered until it passes, and then counts as a flake', () => {
  const flaky = { ...gated('l2', 'passed'), result: { ...aGateResult('passed'), flaky: true } } as Event;
  const failed = stateOf([...queuedTwo, ...both('l1', 'failed')]);
  assert.equal(failed.failed.size, 1);
  const s = stateOf([...queuedTwo, ...both('l1', 'failed'), startedLanding('l2', ['t1.1', 't2.1']), flaky]);
  assert.deepEqual([s.failed.size, s.passed.size, s.flakes], [0, 1, ['l2']]);
});

test('what failed together is suspect until it leaves the merge queue or somebody else moves the target', () => {
  const events = [...queuedTwo, ...both('l1', 'failed')];
  assert.deepEqual(stateOf(events).line.suspects, [{ members: ['t1.1', 't2.1'], failures: 1 }]);
  assert.deepEqual(stateOf([...events, cancelled('t1')]).line.suspects, [{ members: ['t2.1'], failures: 1 }]);
  const moved: Event = { type: 'target.moved', from: commit('base'), to: commit('human'), lost: [] };
  assert.deepEqual(stateOf([...events, moved]).line.suspects, []);
});

test('what passed waits as cleared, and is not when it has landed', () => {
  const s = stateOf([...queuedTwo, ...both('l1', 'passed')]);
  assert.deepEqual([...s.line.cleared], ['t1.1', 't2.1']);
  const landed: Event = {
    type: 'landing.landed',
    landing: 'l1' as LandingId,
    members: ['t1.1', 't2.1'].map(member),
    candidate: aCandidate(['t1.1', 't2.1']),
  };
  const after = stateOf([...queuedTwo, ...both('l1', 'passed'), landed]);
  assert.deepEqual([after.line.cleared.size, after.line.estimates.good > 1.9], [0, true]);
});
