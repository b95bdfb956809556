import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Command } from '../commands.ts';
import { decide } from '../decide.ts';
import type { Event } from '../events.ts';
import type { TaskId, TreeId } from '../model/ids.ts';
import type { GateResult } from '../model/landing.ts';
import { acceptedTask, commit, landedTask, openedRun, stateOf } from '../testing.ts';
import { planUndo } from './undo.ts';

const t = (id: string) => id as TaskId;
const after = (id: string, on: string): Event => acceptedTask(id, { dependsOn: [t(on)] });
/** t2 stands on t1, t3 on t2; t4 on nothing. All landed, in this order. */
const FOUR: readonly Event[] = [
  ...[openedRun(), acceptedTask('t1'), ...landedTask('t1', 'l1'), after('t2', 't1')],
  ...[...landedTask('t2', 'l2'), after('t3', 't2'), ...landedTask('t3', 'l3')],
  ...[acceptedTask('t4'), ...landedTask('t4', 'l4')],
];
const HEAD = commit('landed t4.1');
const undone = (task: string): Event => ({
  type: 'landing.undone',
  task: t(task),
  commit: commit('undo'),
  by: 'operator',
});
const plan = (what: string, withDependents = false, events: readonly Event[] = FOUR) => {
  const planned = planUndo(stateOf(events), { what: what as TaskId | 'run', withDependents });
  return planned.kind === 'plan' ? planned.members.map((m) => m.task).join(' ') : planned.reason;
};

describe('what is taken back', () => {
  test('is newest first', () => assert.equal(plan('run'), 't4 t3 t2 t1'));
  test('is one landing, by its own commit', () => {
    const planned = planUndo(stateOf(FOUR), { what: t('t4'), withDependents: false });
    assert.deepEqual(planned, { kind: 'plan', members: [{ task: 't4', commit: HEAD }] });
  });
  test('names landed dependents, however far, and takes them along when told to', () => {
    assert.equal(plan('t1'), 'dependents');
    const planned = planUndo(stateOf(FOUR), { what: t('t1'), withDependents: false });
    assert.deepEqual(planned.kind === 'refused' && planned.dependents, ['t2', 't3']);
    assert.equal(plan('t1', true), 't3 t2 t1');
    assert.equal(plan('t3'), 't3');
  });
  test('has landed, and was not undone before', () => {
    const events = [...FOUR, undone('t4'), acceptedTask('t5')];
    assert.deepEqual(
      ['t4', 't5', 't6'].map((id) => plan(id, false, events)),
      ['already-undone', 'not-landed', 'unknown-task'],
    );
    assert.equal(plan('run', false, [openedRun(), acceptedTask('t1')]), 'nothing-landed');
  });
});

const pass = (outcome: GateResult['outcome'], tasks: string[], parent = HEAD): Command => ({
  type: 'passUndo',
  tasks: tasks.map(t),
  by: 'operator',
  candidate: { parent, commit: commit('undo'), tree: 'tree' as TreeId },
  gate: {
    outcome,
    gate: 'g',
    durationMs: 1,
    signatures: [],
    output: '',
    flaky: false,
    remembered: false,
  },
});
const answer = (command: Command, events: readonly Event[] = FOUR) => {
  const decided = decide(stateOf(events), command);
  return decided.kind === 'refusal' ? decided.reason : decided.events.map((e) => e.type).join(' ');
};

describe('a revert', () => {
  const rows: readonly [string, Command, string][] = [
    ['that passed, on the head, may be published', pass('passed', ['t4']), 'undo.passed'],
    ['that failed its gate may not', pass('failed', ['t4']), 'ungated'],
    ['that was never tested may not, where there is a gate', pass('none', ['t4']), 'ungated'],
    ['on another head than the present may not', pass('passed', ['t4'], commit('old')), 'stale-parent'],
    ['that leaves landed work without its ground may not', pass('passed', ['t1']), 'illegal-move'],
    ['of nothing may not', pass('passed', []), 'illegal-move'],
    ['of one landing twice may not', pass('passed', ['t4', 't4']), 'illegal-move'],
  ];
  for (const [title, command, expected] of rows) test(title, () => assert.equal(answer(command), expected));

  test('may follow the end of the run, and nothing else but a delivery and where the target is may', () => {
    const over: Event = { type: 'run.closed', reason: 'done', head: HEAD, green: true };
    assert.equal(answer(pass('passed', ['t4']), [...FOUR, over]), 'undo.passed');
    const moved = (lost: string[]): Command => ({ type: 'moveTarget', to: commit('x'), lost: lost.map(t) });
    assert.equal(answer(moved([]), [...FOUR, over]), 'target.moved');
    assert.equal(answer(moved(['t4']), [...FOUR, over]), 'run-closed');
    assert.equal(answer({ type: 'amend', text: 'more' }, [...FOUR, over]), 'run-closed');
  });
});

describe('an undo that was published', () => {
  const record = (...tasks: string[]): Command => ({
    type: 'undoLanding',
    tasks: tasks.map(t),
    commit: commit('undo'),
    by: 'operator',
  });
  test('is recorded in one entry, whatever it takes back', () =>
    assert.equal(answer(record('t3', 't2', 't1')), 'landing.undone landing.undone landing.undone'));
  test('is recorded once', () => assert.equal(answer(record('t4'), [...FOUR, undone('t4')]), 'illegal-move'));
  test('fails what waits for it, once, though it waits for two of them', () => {
    const waiting = acceptedTask('t5', { dependsOn: [t('t3'), t('t4')] });
    assert.equal(answer(record('t4', 't3'), [...FOUR, waiting]), 'landing.undone landing.undone task.failed');
  });
});
