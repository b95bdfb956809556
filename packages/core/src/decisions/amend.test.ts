/** A changed request together with its plan: one decision, and what a person is shown of it beforehand. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decide } from '../decide.ts';
import type { Event } from '../events.ts';
import { fold } from '../fold.ts';
import type { AmendedPlan } from '../model/amended-plan.ts';
import type { Label, TaskId } from '../model/ids.ts';
import type { TaskSource, TaskSpec } from '../model/task.ts';
import { copyState } from '../rules/copy-state.ts';
import { acceptedTask, after, brief, check, draft, openedRun, openedStateOf, running } from '../testing.ts';
import { isEmptyDiff, planDiff } from '../views/plan-diff.ts';

const planner = (label: string): TaskSource => ({ by: 'planner', label: label as Label, iteration: 1 });
const task = (id: string, label: string, over: Partial<TaskSpec> = {}): Event =>
  acceptedTask(id, { title: `Do ${label}`, ...over }, planner(label));
/** a is at work, b waits, c waits for b. */
const GIVEN: readonly Event[] = [
  openedRun({ mode: 'planner' }),
  task('t1', 'a'),
  task('t2', 'b'),
  task('t3', 'c', after('t2')),
  ...running('t1.1'),
];
const plan = (over: Partial<AmendedPlan>): AmendedPlan => ({
  drafts: [],
  cancel: [],
  isDone: false,
  ...over,
});
const decided = (of: AmendedPlan, given = GIVEN) => {
  const state = openedStateOf(given);
  const answer = decide(state, { type: 'amend', text: 'and more', plan: of });
  assert.equal(answer.kind, 'decision');
  const events = answer.kind === 'decision' ? answer.events : [];
  return { state, events, diff: planDiff(state, events) };
};

describe('a request that is changed together with its plan', () => {
  it('is one decision that folds: new, changed and cancelled, each as if decided after the other', () => {
    const changed = draft('c', { title: 'Do c otherwise', dependsOn: [] });
    const { state, events } = decided(
      plan({ drafts: [changed, draft('d'), draft('e', { dependsOn: ['d', 'c'] })], cancel: ['b'] }),
    );
    assert.deepEqual(events.map(brief), [
      'request.amended',
      'task.rescoped t3',
      'task.accepted t4',
      'task.accepted t5',
      // c no longer waits for it.
      'task.cancelled t2',
    ]);
    fold(state, { seq: state.seq + 1, at: 0, cause: 'amend', events });
    assert.deepEqual(state.tasks.get('t5' as TaskId)!.spec.dependsOn, ['t4', 't3']);
    assert.deepEqual([state.amendments, state.planning.newsOf.amended], [['and more'], 0]);
  });

  it('takes what waits for a cancelled task with it, and refuses by name what cannot be taken', () => {
    const { events } = decided(plan({ drafts: [draft('a', { title: 'Other' })], cancel: ['b', 'nobody'] }));
    assert.deepEqual(events.map(brief), [
      'request.amended',
      'task.refused a',
      'task.cancelled t2',
      'task.failed t3 dependency',
      'task.refused cancel nobody',
    ]);
  });

  it('tells the planner nothing anew, and remembers whether that was all', () => {
    for (const isDone of [true, false]) {
      const { state, events } = decided(plan({ isDone }));
      fold(state, { seq: state.seq + 1, at: 0, cause: 'amend', events });
      assert.deepEqual([state.planning.saidDone, state.planning.newsOf.amended], [isDone, 0]);
    }
    const words = decide(openedStateOf(GIVEN), { type: 'amend', text: 'x' });
    assert.deepEqual(words.kind === 'decision' && words.events, [{ type: 'request.amended', text: 'x' }]);
  });

  it('needs a planner', () =>
    check({
      given: [openedRun()],
      when: { type: 'amend', text: 'x', plan: plan({}) },
      gives: 'illegal-move',
    }));

  it('is tried on a state of its own', () => {
    const state = openedStateOf(GIVEN);
    const before = copyState(state);
    assert.deepEqual(before, state);
    decide(state, { type: 'amend', text: 'x', plan: plan({ drafts: [draft('d')], cancel: ['b'] }) });
    assert.deepEqual(state, before);
  });
});

describe('what a person is shown of it', () => {
  it('is what is new, changed and how, cancelled, falls with it, is refused and is kept', () => {
    const drafts = [
      draft('c', { title: 'Do c', dependsOn: [], scope: ['src/'] }),
      draft('d', { dependsOn: ['a'] }),
    ];
    const { diff } = decided(plan({ drafts, cancel: ['b', 'nobody'] }));
    assert.deepEqual(diff, {
      added: [{ task: 't4', title: 'Do d', after: ['t1'], scope: [], priority: 5 }],
      rescoped: [{ task: 't3', title: 'Do c', what: ['scope: none → src/', 'after: t2 → none'] }],
      cancelled: [{ task: 't2', title: 'Do b', state: 'pending' }],
      failed: [],
      refused: [{ label: 'cancel nobody', problem: 'no task is called nobody' }],
      kept: ['t1'],
      before: [
        { label: 't1', dependsOn: [] },
        { label: 't2', dependsOn: [] },
        { label: 't3', dependsOn: ['t2'] },
      ],
      after: [
        { label: 't1', dependsOn: [] },
        { label: 't3', dependsOn: [] },
        { label: 't4', dependsOn: ['t1'] },
      ],
    });
  });

  it('is nothing where the same plan comes again, and what falls with a cancelled task is named', () => {
    assert.ok(isEmptyDiff(decided(plan({ drafts: [draft('b', { title: 'Do b' })] })).diff));
    const { diff } = decided(plan({ cancel: ['b'] }));
    assert.deepEqual(diff.failed, [{ task: 't3', title: 'Do c', why: 't2 was cancelled' }]);
  });

  it('has no control characters in it, whatever a plan is called', () => {
    const { diff } = decided(
      plan({ drafts: [draft('d', { title: 'a\u001b[2Jb\u202e' })], cancel: ['\u001b[2J'] }),
    );
    assert.doesNotMatch(JSON.stringify(diff), /\\u001b|\u202e/);
  });
});
