import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { Command, DraftSource } from '../commands.ts';
import type { Event } from '../events.ts';
import type { AttemptId, TaskId } from '../model/ids.ts';
import { FIX_TASKS_MAX } from '../model/request.ts';
import { NOTES_MAX, type TaskSource } from '../model/task.ts';
import { NO_USAGE } from '../model/usage.ts';
import type { TaskDraft } from '../rules/task-format.ts';
import type { State } from '../state.ts';
import {
  acceptedTask,
  after,
  apply,
  brief,
  cancelled,
  check,
  commit,
  draft,
  endedAttempt,
  failedTask,
  handedIn,
  type Law,
  LIMITS,
  landedTask,
  openedRun,
  running,
  startedAttempt,
  stateOf,
} from '../testing.ts';

const PLAN: DraftSource = { by: 'plan' };
const PLANNER: DraftSource = { by: 'planner', iteration: 1 };
const OPERATOR: DraftSource = { by: 'operator' };
const fixOf = (...signatures: string[]): TaskSource & DraftSource => ({ by: 'reconciler', signatures });

const accept = (from: DraftSource, eachAlone: boolean, ...drafts: TaskDraft[]): Command => ({
  type: 'acceptTasks',
  drafts,
  from,
  eachAlone,
});
const whole = (...drafts: TaskDraft[]): Command => accept(PLAN, false, ...drafts);
const alone = (...drafts: TaskDraft[]): Command => accept(PLANNER, true, ...drafts);
const on = (...labels: string[]): Partial<TaskDraft> => ({ dependsOn: labels });
const cancel = (task: string): Command => ({
  type: 'cancelTask',
  task: task as TaskId,
  reason: 'no',
  by: 'operator',
});
const retry = (task: string): Command => ({ type: 'retry', task: task as TaskId, by: 'operator' });
const fail = (task: string): Command => ({
  type: 'failTask',
  task: task as TaskId,
  failure: 'blocked',
  detail: '',
});

const tell = (task: string): Command => ({ type: 'tell', task: task as TaskId, text: 'keep the names' });
const TOLD: Event = { type: 'task.told', task: 't1' as TaskId, text: 'again' };

const run = openedRun();
const small = openedRun({ limits: { ...LIMITS, tasks: 2 } });
const two: Event[] = [run, acceptedTask('t1'), acceptedTask('t2', after('t1'))];
const fixes = Array.from({ length: FIX_TASKS_MAX }, (_, i) => acceptedTask(`t${i + 1}`, {}, fixOf(`s${i}`)));

const LAWS: Record<string, Law> = {
  'an older fix task that is alive again stands for its failure': {
    given: [
      run,
      acceptedTask('t1', {}, fixOf('s0')),
      cancelled('t1'),
      { type: 'finding.opened', finding: { signature: 's0', detail: '', head: commit('base') } },
      { type: 'task.retried', task: 't1' as TaskId, by: 'operator' },
    ],
    when: accept(fixOf('s0'), false, draft('fix')),
    gives: 'bad-task',
  },
  // accepting a whole plan
  'a plan is accepted whole, numbered in its own order': {
    given: [run],
    when: whole(draft('b'), draft('a')),
    gives: ['task.accepted t1', 'task.accepted t2'],
  },
  'a plan may point forward to a task further down': {
    given: [run],
    when: whole(draft('a', on('b')), draft('b')),
    gives: ['task.accepted t1', 'task.accepted t2'],
  },
  'one bad task refuses the whole plan': {
    given: [run],
    when: whole(draft('a'), draft('b', on('nobody'))),
    gives: 'bad-task',
  },
  'a task may not depend on itself': { given: [run], when: whole(draft('a', on('a'))), gives: 'bad-task' },
  'a plan with a circle is refused': {
    given: [run],
    when: whole(draft('a', on('c')), draft('b', on('a')), draft('c', on('b'))),
    gives: 'bad-task',
  },
  'two tasks of one plan may not have the same id': {
    given: [run],
    when: whole(draft('a'), draft('a')),
    gives: 'bad-task',
  },
  'the limit on tasks counts every source': {
    given: [small, acceptedTask('t1')],
    when: whole(draft('x'), draft('y')),
    gives: 'bad-task',
  },

  // accepting one by one
  'a bad task of an answer is refused by name and its siblings go ahead': {
    given: [run],
    when: alone(draft('a'), draft('b', on('nobody')), draft('c', on('a'))),
    gives: ['task.accepted t1', 'task.refused b', 'task.accepted t2'],
  },
  'one at a time, a task may only depend on what is already there': {
    given: [run],
    when: alone(draft('a', on('b')), draft('b')),
    gives: ['task.refused a', 'task.accepted t1'],
  },
  'the first task over the limit is refused by name': {
    given: [small],
    when: alone(draft('a'), draft('b'), draft('c')),
    gives: ['task.accepted t1', 'task.accepted t2', 'task.refused c'],
  },
  'an id of an earlier answer is still known': {
    given: [run, acceptedTask('t1')],
    when: alone(draft('x', on('a'))),
    gives: ['task.accepted t2'],
  },
  'a task may not be made to wait for one that failed': {
    given: [run, acceptedTask('t1'), failedTask('t1', 'blocked')],
    when: alone(draft('x', on('a'))),
    gives: ['task.refused x'],
  },
  'a task may wait for one that has landed': {
    given: [run, acceptedTask('t1'), ...landedTask('t1', 'l1')],
    when: alone(draft('x', on('a'))),
    gives: ['task.accepted t2'],
  },

  // what the operator says to a task
  'a task that waits is told, for its next attempt': {
    given: [run, acceptedTask('t1')],
    when: tell('t1'),
    gives: ['task.told t1'],
  },
  'a task that is handed in is told, for an attempt that may come': {
    given: [run, acceptedTask('t1'), ...handedIn('t1.1')],
    when: tell('t1'),
    gives: ['task.told t1'],
  },
  'a task that is over is told nothing': {
    given: [run, acceptedTask('t1'), ...landedTask('t1', 'l1')],
    when: tell('t1'),
    gives: 'illegal-move',
  },
  'a task that nobody knows is told nothing': { given: [run], when: tell('t9'), gives: 'unknown-task' },
  'a task is told so many things and no more': {
    given: [run, acceptedTask('t1'), ...Array.from({ length: NOTES_MAX }, (): Event => TOLD)],
    when: tell('t1'),
    gives: 'out-of-range',
  },

  // re-scope
  'the id of a task that has not started re-scopes it': {
    given: two,
    when: alone(draft('a', { title: 'Another title' })),
    gives: ['task.rescoped t1'],
  },
  'a run at its limit of tasks may still re-scope': {
    given: [small, acceptedTask('t1'), acceptedTask('t2')],
    when: alone(draft('b')),
    gives: ['task.rescoped t2'],
  },
  'a task that has started is not re-scoped': {
    given: [...two, ...running('t1.1')],
    when: alone(draft('a')),
    gives: ['task.refused a'],
  },
  'a re-scope that would close a circle is refused': {
    given: two,
    when: alone(draft('a', on('b'))),
    gives: ['task.refused a'],
  },
  'a circle through a new task of the same answer is refused': {
    given: [run, acceptedTask('t1')],
    when: alone(draft('x', on('a')), draft('a', on('x'))),
    gives: ['task.accepted t2', 'task.refused a'],
  },
  'two re-scopes of one answer may not close a circle together': {
    given: [run, acceptedTask('t1'), acceptedTask('t2')],
    when: alone(draft('a', on('b')), draft('b', on('a'))),
    gives: ['task.rescoped t1', 'task.refused b'],
  },

  // the operator and the reconciler
  'what the operator submits may wait for a task by the id every screen shows': {
    given: [run, acceptedTask('t1', {}, fixOf('red'))],
    when: accept(OPERATOR, false, draft('more', on('t1'))),
    gives: ['task.accepted t2'],
  },
  'a run that only lands branches has nobody to do what the operator submits': {
    given: [openedRun({ mode: 'land' })],
    when: accept(OPERATOR, false, draft('x')),
    gives: 'illegal-move',
  },
  'what the operator submits is always a new task, whatever it is called': {
    given: [run, acceptedTask('t1')],
    when: accept(OPERATOR, false, draft('x'), draft('a'), draft('y')),
    gives: ['task.accepted t2', 'task.accepted t3', 'task.accepted t4'],
  },
  'a failure has at most one open fix task': {
    given: [run, acceptedTask('t1', {}, fixOf('red'))],
    when: accept(fixOf('red'), true, draft('fix')),
    gives: ['task.refused fix'],
  },
  'a failure whose fix task is over may have another': {
    given: [run, acceptedTask('t1', {}, fixOf('red')), cancelled('t1')],
    when: accept(fixOf('red'), true, draft('fix')),
    gives: ['task.accepted t2'],
  },
  [`no more than ${FIX_TASKS_MAX} fix tasks are open at once`]: {
    given: [run, ...fixes],
    when: accept(fixOf('another'), true, draft('fix')),
    gives: ['task.refused fix'],
  },

  // cancelling and failing
  'cancelling a task fails whatever waits for it, and so on down': {
    given: [...two, acceptedTask('t3', after('t2')), acceptedTask('t4')],
    when: cancel('t1'),
    gives: ['task.cancelled t1', 'task.failed t2 dependency', 'task.failed t3 dependency'],
  },
  'a running task can be cancelled': {
    given: [...two, ...running('t1.1')],
    when: cancel('t1'),
    gives: ['task.cancelled t1', 'task.failed t2 dependency'],
  },
  'what is over cannot be cancelled': {
    given: [...two, cancelled('t2')],
    when: cancel('t2'),
    gives: 'illegal-move',
  },
  'a landed task cannot be cancelled, only undone': {
    given: [run, acceptedTask('t1'), ...landedTask('t1', 'l1')],
    when: cancel('t1'),
    gives: 'illegal-move',
  },
  'a planner cancels by its own id': {
    given: two,
    when: { type: 'cancelLabel', label: 'b', reason: 'no' },
    gives: ['task.cancelled t2'],
  },
  'an id nobody used cannot be cancelled': {
    given: two,
    when: { type: 'cancelLabel', label: 'zzz', reason: 'no' },
    gives: 'unknown-task',
  },
  'a task that waits to land can be failed': {
    given: [run, acceptedTask('t1'), ...handedIn('t1.1')],
    when: fail('t1'),
    gives: ['task.failed t1 blocked'],
  },
  'what is over cannot be failed': {
    given: [...two, cancelled('t2')],
    when: fail('t2'),
    gives: 'illegal-move',
  },

  // retry
  'a failed task can be tried again, and takes along what failed only because of it': {
    given: [...two, failedTask('t1', 'attempts'), failedTask('t2', 'dependency')],
    when: retry('t1'),
    gives: ['task.retried t1', 'task.retried t2'],
  },
  'a dependent that also waits for another failed task stays failed': {
    given: [
      run,
      acceptedTask('t1'),
      acceptedTask('t2'),
      acceptedTask('t3', after('t1', 't2')),
      failedTask('t1', 'attempts'),
      failedTask('t3', 'dependency'),
      failedTask('t2', 'attempts'),
    ],
    when: retry('t1'),
    gives: ['task.retried t1'],
  },
  'a retry reaches the foot of a diamond': {
    given: [
      run,
      acceptedTask('t1'),
      acceptedTask('t2', after('t1')),
      acceptedTask('t3', after('t1')),
      acceptedTask('t4', after('t2', 't3')),
      failedTask('t1', 'attempts'),
      failedTask('t2', 'dependency'),
      failedTask('t3', 'dependency'),
      failedTask('t4', 'dependency'),
    ],
    when: retry('t1'),
    gives: ['task.retried t1', 'task.retried t3', 'task.retried t2', 'task.retried t4'],
  },
  'a task whose dependency failed is not tried again before it': {
    given: [...two, failedTask('t1', 'attempts'), failedTask('t2', 'dependency')],
    when: retry('t2'),
    gives: 'not-ready',
  },
  'a dependent that was cancelled for its own sake stays cancelled': {
    given: [...two, cancelled('t2'), failedTask('t1', 'attempts')],
    when: retry('t1'),
    gives: ['task.retried t1'],
  },
  'a task that is not over needs no retry': { given: two, when: retry('t1'), gives: 'illegal-move' },
  'a task that was undone is not tried again: what is wanted instead is a new one': {
    given: [
      run,
      acceptedTask('t1'),
      ...landedTask('t1', 'l1'),
      { type: 'landing.undone', task: 't1' as TaskId, commit: commit('revert'), by: 'operator' },
    ],
    when: retry('t1'),
    gives: 'illegal-move',
  },
  'a task nobody knows cannot be tried again': { given: two, when: retry('t9'), gives: 'unknown-task' },

  // iterations
  'one iteration is live at a time': {
    given: [
      run,
      {
        type: 'iteration.started',
        iteration: 1,
        reason: 'first',
        promptHash: 'p',
        model: 'm',
        reserved: { tokens: 0, usd: 0 },
      },
    ],
    when: {
      type: 'startIteration',
      reason: 'idle',
      promptHash: 'p',
      model: 'm',
      reserved: { tokens: 0, usd: 0 },
    },
    gives: 'not-ready',
  },
  'no iteration starts while the run is paused': {
    given: [run, { type: 'run.paused', reason: 'operator', detail: '' }],
    when: {
      type: 'startIteration',
      reason: 'first',
      promptHash: 'p',
      model: 'm',
      reserved: { tokens: 0, usd: 0 },
    },
    gives: 'not-ready',
  },
  'a late end of an iteration changes nothing': {
    given: [run],
    when: {
      type: 'endIteration',
      iteration: 1,
      outcome: 'planned',
      isDone: true,
      detail: '',
      usage: { calls: 1, inputTokens: 1, outputTokens: 1, costUsd: 0, priced: true },
    },
    gives: 'late',
  },
};

for (const [title, law] of Object.entries(LAWS)) test(title, () => check(law));

test('labels become numbers: dependsOn names tasks, each once', () => {
  const s = stateOf([run]);
  apply(s, whole(draft('a'), draft('b', on('a', 'a'))));
  assert.deepEqual(s.tasks.get('t2' as TaskId)!.spec.dependsOn, ['t1']);
});

test('a retry gives the task its attempts back and keeps the hint', () => {
  const s = stateOf([
    openedRun({ limits: { ...LIMITS, attempts: 1 } }),
    acceptedTask('t1'),
    startedAttempt('t1.1'),
    endedAttempt('t1.1', 'timeout'),
  ]);
  apply(s, { type: 'retry', task: 't1' as TaskId, hint: 'look again', by: 'operator' });
  const t = s.tasks.get('t1' as TaskId)!;
  assert.deepEqual([t.counted, t.forgiven, t.hint], [1, 1, 'look again']);
  apply(s, { type: 'startAttempt', task: t.id, worker: 'w1', reserved: { tokens: 0, usd: 0 } });
});

const planned = (...drafts: ReturnType<typeof draft>[]): Command => ({
  type: 'acceptTasks',
  drafts,
  from: { by: 'planner', iteration: 2 },
  eachAlone: true,
});
const refusals = (state: State, command: Command): readonly string[] =>
  apply(state, command).flatMap((e) => (e.type === 'task.refused' ? [e.problem] : []));

test('a plan that is sent again files nothing twice and is no fault; what differs is refused with what to do', () => {
  const state = stateOf([openedRun({ mode: 'planner' })]);
  const a = draft('a', { scope: ['a.ts'] });
  apply(state, planned(a, draft('b', { scope: ['b.ts'] })));
  apply(state, { type: 'startAttempt', task: 't1' as TaskId, worker: 'w', reserved: { tokens: 0, usd: 0 } });
  assert.deepEqual(apply(state, planned(a)), []);
  assert.match(
    refusals(state, planned({ ...a, description: 'other' }))[0]!,
    /^t1 has this id and is assigned: .*leave it out/,
  );
  assert.match(
    refusals(state, planned({ ...a, label: 'a2' }))[0]!,
    /^it is t1 “.*” again, which is assigned: leave it out/,
  );
  assert.equal(state.tasks.size, 2);
});

test('what is missing of a task that landed in part may be filed in its words, with its id as parent', () => {
  const state = stateOf([openedRun({ mode: 'planner' })]);
  const a = draft('a', { scope: ['a.ts'] });
  apply(state, planned(a));
  assert.deepEqual(refusals(state, planned({ ...a, label: 'rest', parent: 't1' })), []);
});

test('the planner may call a task by its own id or by the one it is shown: to depend on it, to change it, to cancel it', () => {
  const state = stateOf([openedRun({ mode: 'planner' })]);
  apply(state, planned(draft('a')));
  apply(state, planned(draft('b', { dependsOn: ['t1'] })));
  assert.deepEqual(state.tasks.get('t2' as TaskId)!.spec.dependsOn, ['t1']);
  assert.deepEqual(apply(state, planned(draft('t1', { title: 'Other' }))).map(brief), ['task.rescoped t1']);
  assert.deepEqual(apply(state, { type: 'cancelLabel', label: 't2', reason: 'x' }).map(brief), [
    'task.cancelled t2',
  ]);
});

test('an id that another gave a task is no name of the planner’s: a task of its own keeps the name it was given', () => {
  const state = stateOf([openedRun({ mode: 'planner' }), acceptedTask('t1')]);
  apply(state, planned(draft('t1', { title: 'Another' })));
  assert.deepEqual([state.tasks.size, state.labels.get('t1')], [2, 't2']);
});

test('what a task is told says to whom, where somebody at work can hear it, and outlives every attempt', () => {
  const state = stateOf([run, acceptedTask('t1')]);
  const attempt = 't1.1' as AttemptId;
  const reserved = { tokens: 0, usd: 0 };
  const told = () => apply(state, tell('t1')).map((e) => e.type === 'task.told' && e.attempt);
  assert.deepEqual(told(), [undefined]);
  apply(state, { type: 'startAttempt', task: 't1' as TaskId, worker: 'w', reserved });
  assert.deepEqual(told(), [undefined], 'its agent is not started');
  apply(state, { type: 'startAgent', attempt, driver: 'builtin', hears: true, promptHash: 'h' });
  assert.deepEqual(told(), [attempt]);
  apply(state, { type: 'endAttempt', attempt, reason: 'lost', detail: '', usage: NO_USAGE });
  assert.deepEqual(state.tasks.get('t1' as TaskId)!.notes, Array(3).fill('keep the names'));
  apply(state, { type: 'startAttempt', task: 't1' as TaskId, worker: 'w', reserved });
  apply(state, { type: 'startAgent', attempt: 't1.2' as AttemptId, driver: 'command', promptHash: 'h' });
  assert.deepEqual(told(), [undefined], 'its agent hears nothing while it works');
});
