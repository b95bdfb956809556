import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { Command } from '../commands.ts';
import type { Event } from '../events.ts';
import type { AttemptId, CommitId, LandingId, TaskId } from '../model/ids.ts';
import { REJECTIONS, type RejectionReason } from '../model/landing.ts';
import { NO_USAGE } from '../model/usage.ts';
import {
  aCandidate,
  acceptedTask,
  after,
  aGateResult,
  aHandoff,
  apply,
  cancelled,
  check,
  commit,
  failedTask,
  gated,
  handedIn,
  type Law,
  LIMITS,
  landedTask,
  member,
  openedRun,
  running,
  startedLanding,
  stateOf,
} from '../testing.ts';

const t = (id: string): TaskId => id as TaskId;
const startLanding = (attempts: string[], parent?: CommitId): Command => ({
  type: 'startLanding',
  members: attempts.map(member),
  candidate: aCandidate(attempts, parent),
});
const land = (id: string): Command => ({ type: 'land', landing: id as LandingId });
const gate = (id: string, outcome: 'passed' | 'failed'): Command => ({
  type: 'recordGate',
  landing: id as LandingId,
  result: aGateResult(outcome),
});
const reject = (attempt: string, reason: RejectionReason, landing?: string): Command => ({
  type: 'rejectHandoff',
  attempt: attempt as AttemptId,
  ...(landing && { landing: landing as LandingId }),
  reason,
  detail: '',
  files: [],
});
const find = (attempt: string): Command => ({
  type: 'findLanding',
  task: t(attempt.split('.')[0]!),
  attempt: attempt as AttemptId,
  commit: commit(`landed ${attempt}`),
});
const drop = (id: string): Command => ({
  type: 'dropLanding',
  landing: id as LandingId,
  reason: 'target-moved',
});
const moveTarget = (to: CommitId, ...lost: string[]): Command => ({
  type: 'moveTarget',
  to,
  lost: lost.map(t),
});
const undo = (task: string): Command => ({
  type: 'undoLanding',
  tasks: [t(task)],
  commit: commit('revert'),
  by: 'operator',
});

const partlyHandedIn = (id: string): readonly Event[] =>
  handedIn(id).map((e) =>
    e.type === 'attempt.ended' ? { ...e, handoff: { ...e.handoff!, status: 'partial' } } : e,
  );

const run = openedRun();
const two: Event[] = [run, acceptedTask('t1'), acceptedTask('t2')];
const queued: Event[] = [...two, ...handedIn('t1.1'), ...handedIn('t2.1')];
const testing: Event[] = [...queued, startedLanding('l1', ['t1.1'])];
const passed: Event[] = [...testing, gated('l1', 'passed')];
const chain: Event[] = [run, acceptedTask('t1'), acceptedTask('t2', after('t1')), ...landedTask('t1', 'l1')];
const oneTry = openedRun({ limits: { ...LIMITS, attempts: 1 } });

const LAWS: Record<string, Law> = {
  // starting
  'a handoff in the merge queue may be tested': {
    given: queued,
    when: startLanding(['t1.1']),
    gives: ['landing.started l1'],
  },
  'several handoffs may be tested as one candidate': {
    given: queued,
    when: startLanding(['t1.1', 't2.1']),
    gives: ['landing.started l1'],
  },
  'a landing has at least one member': { given: queued, when: startLanding([]), gives: 'illegal-move' },
  'a handoff is in a landing once': {
    given: queued,
    when: startLanding(['t1.1', 't1.1']),
    gives: 'illegal-move',
  },
  'a member lands for its own task only': {
    given: queued,
    when: {
      type: 'startLanding',
      members: [{ ...member('t1.1'), task: t('t2') }],
      candidate: aCandidate(['t1.1']),
    },
    gives: 'illegal-move',
  },
  'what is not in the merge queue is not tested': {
    given: [...two, ...running('t1.1')],
    when: startLanding(['t1.1']),
    gives: 'late',
  },
  'a candidate on anything but the present target is stale': {
    given: queued,
    when: startLanding(['t1.1'], commit('elsewhere')),
    gives: 'stale-parent',
  },

  // landing
  'a candidate that passed its gate lands': { given: passed, when: land('l1'), gives: ['landing.landed l1'] },
  'a candidate without a verdict does not land': { given: testing, when: land('l1'), gives: 'ungated' },
  'a candidate that failed its gate does not land': {
    given: [...testing, gated('l1', 'failed')],
    when: land('l1'),
    gives: 'ungated',
  },
  'a run with a gate lands nothing ungated': {
    given: [...testing, gated('l1', 'none')],
    when: land('l1'),
    gives: 'ungated',
  },
  'a run without a gate lands what was not tested': {
    given: [openedRun({ gate: undefined } as never), ...testing.slice(1), gated('l1', 'none')],
    when: land('l1'),
    gives: ['landing.landed l1'],
  },
  'a candidate whose parent is no longer the target does not land': {
    given: [...passed, { type: 'target.moved', from: commit('base'), to: commit('human'), lost: [] }],
    when: land('l1'),
    gives: 'stale-parent',
  },
  'nothing lands whose member was cancelled meanwhile': {
    given: [...passed, cancelled('t1')],
    when: land('l1'),
    gives: 'late',
  },
  'a landing lands once': {
    given: [
      ...passed,
      {
        type: 'landing.landed',
        landing: 'l1' as LandingId,
        members: [member('t1.1')],
        candidate: aCandidate(['t1.1']),
      },
    ],
    when: land('l1'),
    gives: 'late',
  },
  'a landing nobody started cannot land': { given: queued, when: land('l9'), gives: 'late' },
  'a verdict on a landing that is over is late': {
    given: [...testing, { type: 'landing.dropped', landing: 'l1' as LandingId, reason: 'restart' }],
    when: gate('l1', 'passed'),
    gives: 'late',
  },
  'a dropped landing is dropped once': {
    given: [...testing, { type: 'landing.dropped', landing: 'l1' as LandingId, reason: 'restart' }],
    when: drop('l1'),
    gives: 'late',
  },

  // found on the target
  'a landing found on the target is taken as it is': {
    given: passed,
    when: find('t1.1'),
    gives: ['landing.found t1'],
  },
  'even of a task that had failed': {
    given: [...queued, failedTask('t1', 'blocked')],
    when: find('t1.1'),
    gives: ['landing.found t1'],
  },
  'a landing is found once': { given: chain, when: find('t1.1'), gives: 'already-landed' },
  'an attempt lands for its own task only': {
    given: queued,
    when: { type: 'findLanding', task: t('t2'), attempt: 't1.1' as AttemptId, commit: commit('x') },
    gives: 'illegal-move',
  },

  // rejecting
  'a rejected handoff is another attempt of the same task': {
    given: [...testing, gated('l1', 'failed')],
    when: reject('t1.1', 'gate-failed', 'l1'),
    gives: ['landing.rejected t1.1 gate-failed'],
  },
  'an innocent member of a batch is not rejected for a failure no test of it alone has shown': {
    given: [...queued, startedLanding('l1', ['t1.1', 't2.1']), gated('l1', 'failed')],
    when: reject('t2.1', 'gate-failed'),
    gives: 'illegal-move',
  },
  'nor by the test of its neighbour': {
    given: [...testing, gated('l1', 'failed')],
    when: reject('t2.1', 'gate-failed', 'l1'),
    gives: 'illegal-move',
  },
  'nor by a gate that it passed': {
    given: passed,
    when: reject('t1.1', 'gate-failed', 'l1'),
    gives: 'illegal-move',
  },
  'a batch that failed rejects nobody: which of them it was nobody knows': {
    given: [...queued, startedLanding('l1', ['t1.1', 't2.1']), gated('l1', 'failed')],
    when: reject('t1.1', 'gate-failed', 'l1'),
    gives: 'illegal-move',
  },
  'a handoff that is not queued cannot be rejected': {
    given: [...testing, cancelled('t1')],
    when: reject('t1.1', 'conflict'),
    gives: 'late',
  },
  'a rejection that used up the last attempt fails the task and what waits for it': {
    given: [oneTry, acceptedTask('t1'), acceptedTask('t2', after('t1')), ...handedIn('t1.1')],
    when: reject('t1.1', 'conflict'),
    gives: ['landing.rejected t1.1 conflict', 'task.failed t1 attempts', 'task.failed t2 dependency'],
  },
  'work lost by the hub costs the task nothing': {
    given: [oneTry, acceptedTask('t1'), ...handedIn('t1.1')],
    when: reject('t1.1', 'work-lost'),
    gives: ['landing.rejected t1.1 work-lost'],
  },
  'a handoff that only the operator may judge is held': {
    given: queued,
    when: reject('t1.1', 'protected'),
    gives: ['landing.rejected t1.1 protected', 'task.failed t1 attempts'],
  },
  'a change that the target has whole, of another, needs nothing more': {
    given: [oneTry, acceptedTask('t1'), acceptedTask('t2', after('t1')), ...handedIn('t1.1')],
    when: reject('t1.1', 'empty'),
    gives: ['landing.rejected t1.1 empty'],
  },
  'half a change that the target has is still half of one': {
    given: [oneTry, acceptedTask('t1'), ...partlyHandedIn('t1.1')],
    when: reject('t1.1', 'empty'),
    gives: ['landing.rejected t1.1 empty', 'task.failed t1 attempts'],
  },
  'a rejected task whose dependency has gone fails with it': {
    given: [
      ...chain,
      ...handedIn('t2.1'),
      { type: 'landing.undone', task: t('t1'), commit: commit('revert'), by: 'operator' },
    ],
    when: reject('t2.1', 'conflict'),
    gives: ['landing.rejected t2.1 conflict', 'task.failed t2 dependency'],
  },

  // the target moves, landings are taken back
  'a push by somebody else is noted': {
    given: two,
    when: moveTarget(commit('human')),
    gives: ['target.moved'],
  },
  'a target that has not moved is no news': {
    given: two,
    when: moveTarget(commit('base')),
    gives: 'illegal-move',
  },
  'landings that a rewritten history lost are pending again, and the run pauses': {
    given: chain,
    when: moveTarget(commit('base'), 't1'),
    gives: ['target.moved', 'run.paused history-rewritten'],
  },
  'only what had landed can be lost': {
    given: chain,
    when: moveTarget(commit('base'), 't2'),
    gives: 'illegal-move',
  },
  'of landings lost together none waits for one that is lost for good': {
    given: [
      run,
      ...[acceptedTask('t1'), acceptedTask('t2', after('t1')), acceptedTask('t3', after('t2'))],
      ...['1', '2', '3'].flatMap((n) => landedTask(`t${n}`, `l${n}`)),
      { type: 'landing.undone', task: t('t1'), commit: commit('undo'), by: 'operator' },
    ],
    when: moveTarget(commit('base'), 't3', 't2'),
    gives: [
      ...['target.moved', 'run.paused history-rewritten'],
      ...['task.failed t2 dependency', 'task.failed t3 dependency'],
    ],
  },
  'a landing is lost once': {
    given: chain,
    when: moveTarget(commit('base'), 't1', 't1'),
    gives: 'illegal-move',
  },
  'a task nobody knows cannot be lost': {
    given: chain,
    when: moveTarget(commit('base'), 't9'),
    gives: 'illegal-move',
  },
  'undoing a landing fails what waits for it': {
    given: [run, acceptedTask('t1'), ...landedTask('t1', 'l1'), acceptedTask('t2', after('t1'))],
    when: undo('t1'),
    gives: ['landing.undone t1', 'task.failed t2 dependency'],
  },
  'what has not landed cannot be undone': { given: two, when: undo('t1'), gives: 'illegal-move' },
};

for (const [title, law] of Object.entries(LAWS)) test(title, () => check(law));

for (const [name, rule] of Object.entries(REJECTIONS)) {
  const reason = name as RejectionReason;
  test(`a handoff that ${rule.means} ${rule.counts ? 'uses up one attempt' : 'costs no attempt'}`, () => {
    // A verdict is on what a test of it alone has shown.
    const isVerdict = reason.startsWith('gate-') || reason === 'tests-weakened';
    // Whole work that the target has already needs no attempt more.
    const waiting = reason === 'empty' ? [...two, ...partlyHandedIn('t1.1')] : queued;
    const s = stateOf(isVerdict ? [...testing, gated('l1', 'failed')] : waiting);
    apply(s, reject('t1.1', reason, isVerdict ? 'l1' : undefined));
    assert.equal(s.tasks.get(t('t1'))!.counted, rule.counts ? 1 : 0);
    assert.equal(s.tasks.get(t('t1'))!.state, rule.held ? 'failed' : 'pending');
  });
}

test('a task with three attempts may hand in three times', () => {
  const s = stateOf([run, acceptedTask('t1')]);
  for (const n of [1, 2, 3]) {
    const attempt = `t1.${n}` as AttemptId;
    apply(s, { type: 'startAttempt', task: t('t1'), worker: 'w', reserved: { tokens: 0, usd: 0 } });
    apply(s, { type: 'startAgent', attempt, driver: 'd', promptHash: 'p' });
    apply(s, {
      type: 'endAttempt',
      attempt,
      reason: 'handed-in',
      detail: '',
      usage: NO_USAGE,
      handoff: aHandoff(attempt),
    });
    apply(s, reject(attempt, 'conflict'));
  }
  assert.equal(s.tasks.get(t('t1'))!.state, 'failed');
});

test('a landing moves the target, empties the queue and counts', () => {
  const s = stateOf(passed);
  apply(s, land('l1'));
  assert.equal(s.head, commit('landed t1.1'));
  assert.deepEqual([...s.queue], ['t2.1']);
  assert.equal(s.landedCount, 1);
});
