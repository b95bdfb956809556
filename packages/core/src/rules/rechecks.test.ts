import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event, EventOf } from '../events.ts';
import type { AttemptId, TaskId } from '../model/ids.ts';
import { acceptedTask, apply, commit, handedIn, landedTask, openedRun, openedStateOf } from '../testing.ts';
import { report } from '../views/report.ts';
import { wanted } from '../wanted.ts';
import { rechecksDue } from './rechecks.ts';

const T1 = 't1' as TaskId;
const verified = { verify: 'make check' };

/** The task landed upon `parent`, and changed these files. */
const landed = (task: string, parent: string | undefined, files: readonly string[]): readonly Event[] =>
  landedTask(task, `l${task.slice(1)}`, parent === undefined ? undefined : commit(`landed ${parent}`)).map(
    (e) => {
      if (e.type !== 'attempt.ended') return e;
      const handoff = { ...e.handoff!, change: { ...e.handoff!.change!, filesChanged: files } };
      return { ...e, handoff } as EventOf<'attempt.ended'>;
    },
  );

const ONE: readonly Event[] = [
  openedRun(),
  acceptedTask('t1', verified),
  ...landed('t1', undefined, ['a.txt']),
];
const two = (files: readonly string[], ...more: Event[]): readonly Event[] => [
  ...ONE.slice(0, 2),
  acceptedTask('t2'),
  ...more,
  ...ONE.slice(2),
  ...landed('t2', 't1.1', files),
];
const alive = acceptedTask('t3');

test('what landed alone, on the very commit it was made and verified for, is not tried again', () => {
  const s = openedStateOf(ONE);
  assert.deepEqual(rechecksDue(s), []);
  assert.equal(report(s).list[0]!.verified, 'verified');
});

test('while work goes on a landed task is tried again only after a landing in the same files', () => {
  assert.deepEqual(rechecksDue(openedStateOf(two(['b.txt'], alive))), []);
  assert.deepEqual(rechecksDue(openedStateOf(two(['b.txt', 'a.txt'], alive))), ['t1']);
});

test('on the final head it is tried again whatever landed since, and the run does not close before', () => {
  const s = openedStateOf(two(['b.txt']));
  assert.deepEqual(rechecksDue(s), ['t1']);
  assert.equal(report(s).list[0]!.verified, 'unverified');
  assert.deepEqual([wanted(s, s.at).rechecks, wanted(s, s.at).close], [true, undefined]);
  apply(s, {
    type: 'recordRechecks',
    head: s.head,
    results: [{ task: T1, isPassed: true, detail: '' }],
    durationMs: 1,
  });
  assert.deepEqual(rechecksDue(s), []);
  assert.equal(report(s).list[0]!.verified, 'verified');
  assert.equal(wanted(s, s.at).close, 'done');
});

test('one that no longer passes is a finding with a fix task, until it passes again', () => {
  const s = openedStateOf(two(['a.txt']));
  const result = { task: T1, isPassed: false, detail: '`make check` ended with 1' };
  apply(s, { type: 'recordRechecks', head: s.head, results: [result], durationMs: 1 });
  assert.deepEqual([...s.health.findings.keys()], ['verify of t1: make check']);
  assert.equal(report(s).list[0]!.verified, 'unverified');
  const green = { head: s.head, outcome: 'passed', signatures: [], durationMs: 1 } as const;
  apply(s, { type: 'recordChecks', result: green, findings: [] });
  assert.equal(s.health.findings.size, 1, 'the full checks do not look at it');
  apply(s, { type: 'recordRechecks', head: s.head, results: [{ ...result, isPassed: true }], durationMs: 1 });
  assert.equal(s.health.findings.size, 0);
});

test('a task whose change another brought is tried on the final head, and verified by that alone', () => {
  const twins = [openedRun(), acceptedTask('t1'), acceptedTask('t2', verified), ...handedIn('t2.1')];
  const s = openedStateOf([...twins, ...landed('t1', undefined, ['a.txt'])]);
  apply(s, { type: 'rejectHandoff', attempt: 't2.1' as AttemptId, reason: 'empty', detail: '', files: [] });
  assert.equal(s.tasks.get('t2' as TaskId)!.state, 'unneeded');
  assert.equal(report(s).list[1]!.verified, 'unverified');
  assert.deepEqual(rechecksDue(s), ['t2']);
  const result = { task: 't2' as TaskId, isPassed: true, detail: '' };
  apply(s, { type: 'recordRechecks', head: s.head, results: [result], durationMs: 1 });
  assert.equal(report(s).list[1]!.verified, 'verified');
  assert.deepEqual(rechecksDue(s), []);
});

test('what is taken off the target has no check that could fail there', () => {
  const s = openedStateOf(two(['a.txt']));
  const results = [{ task: T1, isPassed: false, detail: 'no' }];
  apply(s, { type: 'recordRechecks', head: s.head, results, durationMs: 1 });
  apply(s, { type: 'moveTarget', to: commit('rewritten'), lost: [T1] });
  assert.equal(s.health.findings.size, 0);
});
