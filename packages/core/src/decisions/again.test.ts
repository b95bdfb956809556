import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command } from '../commands.ts';
import type { Event } from '../events.ts';
import type { TaskId } from '../model/ids.ts';
import type { RaisedLimits } from '../model/request.ts';
import { opened } from '../state.ts';
import {
  acceptedTask,
  apply,
  brief,
  check,
  commit,
  after as dependingOn,
  gated,
  handedIn,
  type Law,
  LIMITS,
  landedTask,
  openedRun,
  startedLanding,
  stateOf,
  timeOf,
  usage,
} from '../testing.ts';
import { wanted } from '../wanted.ts';

const run = openedRun();
const closed: Event = { type: 'run.closed', reason: 'done', head: commit('base'), green: true };
const bounded = openedRun({ limits: { ...LIMITS, tokens: 50_000 } });
const timed = openedRun({ limits: { ...LIMITS, timeMs: 5_000 } });
const raise = (limits: RaisedLimits): Command => ({ type: 'raiseLimits', ...limits });
const gate = (command: string, gateHash: string): Command => ({
  type: 'changeGate',
  gate: command,
  gateHash,
});
const reopen: Command = { type: 'reopenRun', reason: 'more to do', version: '0', host: 'h', pid: 1 };
const close = (reason: 'done' | 'budget'): Command => ({ type: 'closeRun', reason, green: 'unknown' });

const LAWS: Record<string, Law> = {
  'a limit is raised, and only raised': {
    given: [bounded],
    when: raise({ tokens: 60_000 }),
    gives: ['limits.raised'],
  },
  'a limit is not lowered': { given: [bounded], when: raise({ tokens: 50_000 }), gives: 'out-of-range' },
  'a limit that was never set is not raised': {
    given: [bounded],
    when: raise({ usd: 5 }),
    gives: 'illegal-move',
  },
  'a limit is raised above what is spent, or not at all': {
    given: [bounded, { type: 'spend.recorded', role: 'reconciler', usage: usage(90_000) }],
    when: raise({ tokens: 95_000 }),
    gives: 'out-of-range',
  },
  'a raise names a limit': { given: [bounded], when: raise({}), gives: 'out-of-range' },
  'a run whose time is up is given more only when it is taken up again': {
    given: [timed, { type: 'budget.reached', which: 'time', limit: 5_000 }],
    when: raise({ timeMs: 90_000 }),
    gives: 'illegal-move',
  },
  'and then it is': {
    given: [timed, { type: 'budget.reached', which: 'time', limit: 5_000 }],
    when: { ...raise({ timeMs: 90_000 }), isResuming: true } as Command,
    gives: ['limits.raised'],
  },
  'a gate is changed before anything has landed, and what is tested by the other is given up': {
    given: [run, acceptedTask('t1'), ...handedIn('t1.1'), startedLanding('l1', ['t1.1'])],
    when: gate('make check', 'gate-2'),
    gives: ['landing.dropped l1 restart', 'gate.changed'],
  },
  'a gate that is the run’s already is not changed': {
    given: [run],
    when: gate('true', 'gate-1'),
    gives: 'illegal-move',
  },
  'a gate is not changed once something has landed': {
    given: [run, acceptedTask('t1'), ...landedTask('t1', 'l1')],
    when: gate('make check', 'gate-2'),
    gives: 'illegal-move',
  },
  'nor while a candidate that passed may be on its way': {
    given: [
      run,
      acceptedTask('t1'),
      ...handedIn('t1.1'),
      startedLanding('l1', ['t1.1']),
      gated('l1', 'passed'),
    ],
    when: gate('make check', 'gate-2'),
    gives: 'illegal-move',
  },
  'a run that is closed is raised by nobody': {
    given: [bounded, closed],
    when: raise({ tokens: 60_000 }),
    gives: 'run-closed',
  },
  'a run that is open is not opened again': { given: [run], when: reopen, gives: 'illegal-move' },
  'a closed run that is opened again tries what only ran out of budget, and nothing else': {
    given: [
      run,
      acceptedTask('t1'),
      acceptedTask('t2', dependingOn('t1')),
      acceptedTask('t3'),
      acceptedTask('t4', dependingOn('t3')),
      { type: 'task.failed', task: 't1' as TaskId, failure: 'budget', detail: '' },
      { type: 'task.failed', task: 't2' as TaskId, failure: 'budget', detail: '' },
      { type: 'task.failed', task: 't3' as TaskId, failure: 'blocked', detail: '' },
      { type: 'task.failed', task: 't4' as TaskId, failure: 'time', detail: '' },
      { ...closed, reason: 'budget' } as Event,
    ],
    when: reopen,
    gives: ['run.resumed', 'run.reopened more to do', 'task.retried t1', 'task.retried t2'],
  },
  'a run that was opened again closes again': {
    given: [run, closed, { type: 'run.reopened', reason: '' }],
    when: close('done'),
    gives: ['run.closed done'],
  },
  'a cancelled run that was opened again may begin something': {
    given: [
      run,
      { type: 'run.cancelled', reason: 'not wanted' },
      { ...closed, reason: 'cancelled' } as Event,
      { type: 'run.reopened', reason: '' },
    ],
    when: { type: 'pause', reason: 'operator', detail: '' },
    gives: ['run.paused operator'],
  },
};

for (const [name, law] of Object.entries(LAWS)) test(name, () => check(law));

test('what was given more goes on, though its budget was reached', () => {
  const spent: Event = { type: 'spend.recorded', role: 'reconciler', usage: usage(45_000) };
  const reached: Event = { type: 'budget.reached', which: 'tokens', limit: 50_000 };
  const before = [bounded, acceptedTask('t1'), spent, reached];
  assert.equal(wanted(stateOf(before), timeOf(9)).room, 0);
  assert.equal(wanted(stateOf(before), timeOf(9)).close, 'budget');
  const after = stateOf([...before, { type: 'limits.raised', tokens: 90_000 }]);
  assert.ok(wanted(after, timeOf(9)).room > 0);
  assert.equal(wanted(after, timeOf(9)).close, undefined);
});

test('a run that is opened again has a task of a pipeline done by new steps: those of before stay as they are', () => {
  const s = opened(stateOf([openedRun({ pipeline: ['researcher', 'coder'] }), acceptedTask('t1')]));
  const expand = { type: 'expandTask', task: 't1' as TaskId, by: 'pipeline' } as const;
  apply(s, expand);
  apply(s, close('budget'));
  const failed = ['t1', 't2', 't3'].map((id) => s.tasks.get(id as TaskId)!.state);
  assert.deepEqual(failed, ['failed', 'failed', 'failed']);
  assert.deepEqual(apply(s, reopen).map(brief), [
    'run.resumed',
    'run.reopened more to do',
    'task.retried t1',
  ]);
  apply(s, expand);
  assert.deepEqual(
    [...s.tasks.values()].map(({ id, state }) => `${id} ${state}`),
    ['t1 expanded', 't2 failed', 't3 failed', 't4 pending', 't5 pending'],
  );
});
