import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event, EventOf } from '../events.ts';
import type { HandoffStatus } from '../model/handoff.ts';
import type { TaskId } from '../model/ids.ts';
import type { RequirementStatus } from '../model/requirement.ts';
import { acceptedTask, commit, failedTask, landedTask, openedRun, stateOf } from '../testing.ts';
import { shortfallTexts } from '../views/verdict.ts';
import { owed, shortfalls } from './outcome.ts';

const closed: Event = { type: 'run.closed', reason: 'done', head: commit('landed t1.1'), green: true };

/** The task landed, and its handoff said so. */
const landed = (task: string, landing: string, status: HandoffStatus, parent?: string): readonly Event[] =>
  landedTask(task, landing, parent === undefined ? undefined : commit(`landed ${parent}`)).map((e) =>
    e.type === 'attempt.ended'
      ? ({ ...e, handoff: { ...e.handoff!, status } } as EventOf<'attempt.ended'>)
      : e,
  );

const kinds = (events: readonly Event[]) => shortfalls(stateOf(events)).map((one) => one.kind);

test('a run that landed whole what was asked falls short of nothing', () => {
  assert.deepEqual(kinds([openedRun(), acceptedTask('t1'), ...landed('t1', 'l1', 'complete'), closed]), []);
});

test('a landing in part is owed until a task that was filed after it, and names it, has landed whole', () => {
  const half = [openedRun(), acceptedTask('t1'), ...landed('t1', 'l1', 'partial')];
  assert.deepEqual(owed(stateOf(half)), ['t1']);
  for (const how of [{ parent: 't1' as TaskId }, { dependsOn: ['t1' as TaskId] }]) {
    const filed = [...half, acceptedTask('t2', how)];
    assert.deepEqual(owed(stateOf(filed)), ['t1'], 'filed, and not there yet');
    assert.deepEqual(owed(stateOf([...filed, ...landed('t2', 'l2', 'complete', 't1.1')])), []);
    assert.deepEqual(owed(stateOf([...filed, ...landed('t2', 'l2', 'partial', 't1.1')])), ['t1', 't2']);
  }
});

test('what the planner wrote down keeps a run from complete until it is met by a task that is there, or dropped', () => {
  const wrote = (status: RequirementStatus, ...tasks: string[]): Event => ({
    type: 'requirements.written',
    iteration: 1,
    requirements: [{ id: 'R1', text: 'Dates are read', status, tasks: tasks as TaskId[] }],
  });
  const opened = [openedRun({ mode: 'planner' }), acceptedTask('t1'), ...landed('t1', 'l1', 'complete')];
  const both = [...opened, acceptedTask('t2')];
  const failed = failedTask('t2', 'attempts');
  assert.deepEqual(kinds([...opened, wrote('open'), closed]), ['requirement']);
  assert.deepEqual(kinds([...opened, wrote('dropped'), closed]), []);
  assert.deepEqual(kinds([...opened, wrote('met'), closed]), []);
  assert.deepEqual(kinds([...opened, wrote('met', 't1'), closed]), []);
  assert.deepEqual(kinds([...both, failed, wrote('met', 't2'), closed]), ['failed', 'requirement']);
  assert.deepEqual(kinds([...both, failed, wrote('met', 't2', 't1'), closed]), ['failed']);
  assert.deepEqual(shortfallTexts(stateOf([...opened, wrote('open'), closed])), [
    '1 requirement of the planner’s list is not met (R1: Dates are read)',
  ]);
});

test('a task that was there before is no follow-up, whatever it depends on', () => {
  const events = [openedRun(), acceptedTask('t1'), acceptedTask('t2', { dependsOn: ['t1' as TaskId] })];
  const both = [...events, ...landed('t1', 'l1', 'partial'), ...landed('t2', 'l2', 'complete', 't1.1')];
  assert.deepEqual(owed(stateOf(both)), ['t1']);
});

test('what failed, what is red, what fails on the target and what was not delivered each keep a run from complete', () => {
  const base = [openedRun(), acceptedTask('t1')];
  assert.deepEqual(kinds([...base, failedTask('t1', 'attempts'), closed]), ['failed']);
  const land = [...base, ...landed('t1', 'l1', 'complete')];
  const finding: Event = {
    type: 'finding.opened',
    finding: { signature: 'it is red', detail: '', head: commit('landed t1.1') },
  };
  assert.deepEqual(kinds([...land, finding, closed]), ['finding']);
  assert.deepEqual(kinds([...land, { ...closed, green: false } as Event]), ['red']);
  assert.deepEqual(kinds([...land, { ...closed, reason: 'budget' } as Event]), ['closed-early']);
  const undelivered: Event = {
    type: 'delivery.ended',
    to: 'apply',
    ref: 'refs/heads/main',
    commit: commit('landed t1.1'),
    outcome: 'refused',
    detail: 'it is dirty',
  } as Event;
  assert.deepEqual(kinds([...land, closed, undelivered]), ['undelivered']);
});

test('what the reconciler takes back falls short where nobody is there who could plan it anew', () => {
  const undone: Event = {
    type: 'landing.undone',
    task: 't1' as TaskId,
    commit: commit('undo'),
    by: 'reconciler',
  };
  const events = (mode: 'plan' | 'planner') => [
    ...[openedRun({ mode }), acceptedTask('t1'), ...landed('t1', 'l1', 'complete'), undone, closed],
  ];
  assert.deepEqual(kinds(events('plan')), ['taken-back']);
  // Its planner may plan it anew; as long as nothing else is there, the run has come to nothing.
  assert.deepEqual(kinds(events('planner')), ['nothing']);
  assert.deepEqual(
    kinds(events('plan').map((e) => (e === undone ? { ...undone, by: 'operator' } : e)) as Event[]),
    ['nothing'],
  );
});
