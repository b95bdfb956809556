import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { Command } from '../commands.ts';
import { decide } from '../decide.ts';
import type { Event } from '../events.ts';
import type { Label, TaskId } from '../model/ids.ts';
import { SUBPLAN_FAILURES_MAX } from '../model/plan.ts';
import type { TaskSpec } from '../model/task.ts';
import { NO_USAGE } from '../model/usage.ts';
import type { TaskDraft } from '../rules/task-format.ts';
import { opened } from '../state.ts';
import { sweepLapsed } from '../sweep.ts';
import {
  acceptedTask,
  after,
  apply,
  brief,
  cancelled,
  check,
  commit,
  draft,
  failedTask,
  type Law,
  LIMITS,
  landedTask,
  openedRun,
  stateOf,
} from '../testing.ts';
import { wanted } from '../wanted.ts';
import { planUndo } from './undo.ts';

const FILES = ['a.ts', 'b.ts', 'c.ts', 'd.ts'];
const run = openedRun({ mode: 'planner', limits: { ...LIMITS, depth: 2 } });
const byPlanner = { by: 'planner', label: 'a' as Label, iteration: 1 } as const;
const whole = acceptedTask('t1', { scope: FILES, priority: 3 }, byPlanner);
const expanded = (task: string): Event => ({ type: 'task.expanded', task: task as TaskId });
const asked = (iteration: number, owner: string): Event => ({
  type: 'iteration.started',
  iteration,
  owner: owner as TaskId,
  reason: 'first',
  promptHash: 'p',
  model: 'm',
  reserved: { tokens: 0, usd: 0 },
});
const answered = (iteration: number, owner: string, isDone = true): Event => ({
  type: 'iteration.ended',
  iteration,
  owner: owner as TaskId,
  outcome: 'planned',
  isDone,
  detail: '',
  usage: NO_USAGE,
});
const part = (id: string, label: string, over: Partial<TaskSpec> = {}, parent = 't1') =>
  acceptedTask(
    id,
    { scope: ['a.ts'], parent: parent as TaskId, ...over },
    { by: 'subplanner', label: label as Label, parent: parent as TaskId, iteration: 1 },
  );
const give = (...drafts: TaskDraft[]): Command => ({
  type: 'acceptTasks',
  drafts,
  from: { by: 'subplanner', parent: 't1' as TaskId, iteration: 1 },
  eachAlone: true,
});
const settle: Command = { type: 'settleTask', task: 't1' as TaskId };
const expand: Command = { type: 'expandTask', task: 't1' as TaskId };
const within = (label: string, over: Partial<TaskDraft> = {}): TaskDraft =>
  draft(label, { scope: ['a.ts'], ...over });

const split: Event[] = [run, whole, expanded('t1'), asked(1, 't1')];
const one: Event[] = [...split, part('t2', 'a'), answered(1, 't1')];
const two: Event[] = [...split, part('t2', 'a'), part('t3', 'b'), answered(1, 't1')];

const LAWS: Record<string, Law> = {
  'a task of four files is split, and holds no worker': {
    given: [run, whole],
    when: expand,
    gives: ['task.expanded t1'],
  },
  'a task is split when what it depends on is there': {
    given: [run, acceptedTask('t2'), acceptedTask('t1', { scope: FILES, ...after('t2') }, byPlanner)],
    when: expand,
    gives: 'not-ready',
  },
  'what is at work is not split': {
    given: [run, whole, ...landedTask('t1', 'l1')],
    when: expand,
    gives: 'illegal-move',
  },
  'a task as deep as the run allows is not split': {
    given: [
      ...split,
      part('t2', 'a', { scope: FILES }),
      expanded('t2'),
      asked(2, 't2'),
      part('t3', 'a', { scope: FILES }, 't2'),
    ],
    when: { type: 'expandTask', task: 't3' as TaskId },
    gives: 'illegal-move',
  },
  'parts are filed by the live iteration of their whole': {
    given: split,
    when: give(within('a'), within('b', { dependsOn: ['a'] })),
    gives: ['task.accepted t2', 'task.accepted t3'],
  },
  'a label of the run’s planner is another’s own': {
    given: [...split, acceptedTask('t2', { scope: ['z.ts'] }, { ...byPlanner, label: 'b' as Label })],
    when: give(within('b')),
    gives: ['task.accepted t3'],
  },
  'a part may not name what its whole was not given': {
    given: split,
    when: give(within('a', { scope: ['a.ts', 'z.ts'] }), within('b')),
    gives: ['task.refused a', 'task.accepted t2'],
  },
  'a part that names no files is refused': {
    given: split,
    when: give(within('a', { scope: [] })),
    gives: ['task.refused a'],
  },
  'a part that waits for what waits for it is refused': {
    given: [
      ...split,
      acceptedTask('t2', { scope: ['z.ts'], ...after('t1') }, { ...byPlanner, label: 'b' as Label }),
    ],
    when: give(within('a', { dependsOn: ['t1'] }), within('b', { dependsOn: ['t2'] })),
    gives: ['task.refused a', 'task.refused b'],
  },
  'an answer of an iteration that is over is too late': {
    given: one,
    when: give(within('b')),
    gives: 'late',
  },
  'an eleventh part is refused': {
    given: split,
    when: give(...Array.from({ length: 11 }, (_, i) => within(`p${i}`))),
    gives: [...Array.from({ length: 10 }, (_, i) => `task.accepted t${i + 2}`), 'task.refused p10'],
  },
  'its planner is not asked twice at once': {
    given: split,
    when: {
      type: 'startIteration',
      owner: 't1' as TaskId,
      reason: 'idle',
      promptHash: 'p',
      model: 'm',
      reserved: { tokens: 0, usd: 0 },
    },
    gives: 'not-ready',
  },
  'the run’s planner and a task’s are asked side by side, each by a number of its own': {
    given: split,
    when: {
      type: 'startIteration',
      reason: 'first',
      promptHash: 'p',
      model: 'm',
      reserved: { tokens: 0, usd: 0 },
    },
    gives: ['iteration.started 2 first'],
  },
  'a whole waits for its parts': { given: one, when: settle, gives: 'not-ready' },
  'a whole without parts is worked as it is': {
    given: [...split, answered(1, 't1')],
    when: settle,
    gives: ['task.unsplit t1'],
  },
  'a whole without parts whose dependency was taken back meanwhile fails with it': {
    given: [
      run,
      acceptedTask('t0', {}, byPlanner),
      acceptedTask('t1', { scope: FILES, priority: 3, dependsOn: ['t0' as TaskId] }, byPlanner),
      expanded('t1'),
      asked(1, 't1'),
      cancelled('t0'),
      answered(1, 't1'),
    ],
    when: settle,
    gives: ['task.failed t1 dependency'],
  },
  'a whole whose parts are there is gathered': {
    given: [...one, ...landedTask('t2', 'l1')],
    when: settle,
    gives: ['task.gathered t1'],
  },
  'who depends on a whole of which nothing came fails with it': {
    given: [...one, acceptedTask('t3', after('t1'), { ...byPlanner, label: 'b' as Label }), cancelled('t2')],
    when: settle,
    gives: ['task.failed t1 parts', 'task.failed t3 dependency'],
  },
  'its parts are given up with a whole that is cancelled, and before it': {
    given: [...two, acceptedTask('t4', after('t3'), { ...byPlanner, label: 'b' as Label })],
    when: { type: 'cancelTask', task: 't1' as TaskId, reason: 'no', by: 'operator' },
    gives: ['task.cancelled t2', 'task.cancelled t3', 'task.failed t4 dependency', 'task.cancelled t1'],
  },
  'a whole that is changed is split anew: its parts are given up': {
    given: two,
    when: {
      type: 'acceptTasks',
      drafts: [draft('a', { scope: FILES, description: 'another' })],
      from: { by: 'planner', iteration: 9 },
      eachAlone: true,
    },
    gives: ['task.cancelled t2', 'task.cancelled t3', 'task.rescoped t1'],
  },
  'a planner of parts cancels its own by its own words, and nobody else’s': {
    given: two,
    when: { type: 'cancelLabel', label: 'b', reason: 'no', owner: 't1' as TaskId },
    gives: ['task.cancelled t3'],
  },
  'it does not reach what the run’s planner filed': {
    given: two,
    when: { type: 'cancelLabel', label: 't1', reason: 'no', owner: 't1' as TaskId },
    gives: 'unknown-task',
  },
};

for (const [title, law] of Object.entries(LAWS)) test(title, () => check(law));

test('a part is at least as urgent as its whole', () => {
  const s = stateOf(split);
  apply(s, give(within('a', { priority: 9 }), within('b', { priority: 1 })));
  const [a, b] = ['t2', 't3'].map((id) => s.tasks.get(id as TaskId)!.spec);
  assert.deepEqual([a!.priority, b!.priority, a!.parent], [3, 1, 't1']);
});

test('a part that fails has its planner asked again, and not the run’s', () => {
  const s = opened(stateOf([...two, failedTask('t2', 'blocked')]));
  const want = wanted(s, s.at);
  assert.deepEqual(want.subplans, [{ owner: 't1', reason: 'handoffs' }]);
  assert.equal(s.planning.newsOf.failed, 0);
});

test('told of it, a planner that says that this is all leaves a whole that is there in part', () => {
  const s = stateOf([
    ...two,
    failedTask('t2', 'blocked'),
    asked(2, 't1'),
    answered(2, 't1'),
    ...landedTask('t3', 'l1'),
  ]);
  const [gathered] = apply(s, settle);
  assert.equal(gathered!.type === 'task.gathered' && gathered.handoff.status, 'partial');
  assert.match(gathered!.type === 'task.gathered' ? gathered.handoff.summary : '', /^t2 Do t2: failed/);
});

test('a planner whose answers cannot be used is asked no more, and its task is worked as it is', () => {
  const bad = Array.from({ length: SUBPLAN_FAILURES_MAX }, (_, i): Event[] => [
    asked(i + 1, 't1'),
    {
      ...(answered(i + 1, 't1') as Event & { type: 'iteration.ended' }),
      outcome: 'unreadable',
      isDone: false,
    },
  ]).flat();
  const s = opened(stateOf([run, whole, expanded('t1'), ...bad]));
  assert.deepEqual(wanted(s, s.at + 3_600_000).subplans, []);
  assert.deepEqual(apply(s, settle).map(brief), ['task.unsplit t1']);
  assert.equal(decide(s, expand).kind, 'refusal');
});

test('after a crash no planner of parts is alive, and each is asked again', () => {
  const s = opened(stateOf(split));
  const commands = sweepLapsed(s, new Map());
  assert.deepEqual(
    commands.map((c) => c.type),
    ['endIteration'],
  );
  for (const c of commands) apply(s, c);
  assert.deepEqual(wanted(s, s.at).subplans, [{ owner: 't1', reason: 'first' }]);
});

test('a landing that was lost has its whole wait again', () => {
  const s = stateOf([...one, ...landedTask('t2', 'l1')]);
  apply(s, settle);
  apply(s, { type: 'moveTarget', to: s.run!.request.base, lost: ['t2' as TaskId] });
  assert.equal(s.tasks.get('t1' as TaskId)!.state, 'expanded');
});

test('a run with one worker and three levels has work for it at every level', () => {
  const s = opened(
    stateOf([openedRun({ mode: 'planner', limits: { ...LIMITS, workers: 1, depth: 3 } }), whole]),
  );
  for (const [i, task] of (['t1', 't2', 't3'] as TaskId[]).entries()) {
    apply(s, { type: 'expandTask', task });
    apply(s, {
      type: 'startIteration',
      owner: task,
      reason: 'first',
      promptHash: 'p',
      model: 'm',
      reserved: { tokens: 0, usd: 0 },
    });
    apply(s, {
      type: 'acceptTasks',
      drafts: [within('a', { scope: FILES, title: `Level ${i}` })],
      from: { by: 'subplanner', parent: task, iteration: i + 1 },
      eachAlone: true,
    });
    apply(s, {
      type: 'endIteration',
      iteration: i + 1,
      outcome: 'planned',
      isDone: true,
      detail: '',
      usage: NO_USAGE,
    });
  }
  assert.equal(wanted(s, s.at).room, 1);
  assert.equal(decide(s, { type: 'expandTask', task: 't4' as TaskId }).kind, 'refusal');
  const started = {
    type: 'startAttempt',
    task: 't4' as TaskId,
    worker: 'w1',
    reserved: { tokens: 0, usd: 0 },
  } as const;
  assert.deepEqual(apply(s, started).map(brief), ['attempt.started t4.1']);
});

test('what landed upon a whole stands on each of its parts: none is taken back from under it', () => {
  const s = stateOf([
    ...split,
    part('t2', 'x'),
    answered(1, 't1'),
    ...landedTask('t2', 'l1'),
    { type: 'task.gathered', task: 't1' as TaskId, handoff: { status: 'complete', summary: 's' } as never },
    acceptedTask('t3', after('t1')),
    ...landedTask('t3', 'l2'),
    acceptedTask('t4', after('t1')),
  ]);
  const ask = { what: 't2' as TaskId, withDependents: false };
  const refused = planUndo(s, ask);
  assert.deepEqual(refused.kind === 'refused' && refused.dependents, ['t3']);
  const both = planUndo(s, { ...ask, withDependents: true });
  assert.deepEqual(both.kind === 'plan' && both.members.map(({ task }) => task), ['t3', 't2']);
  const undo: Command = {
    type: 'undoLanding',
    tasks: ['t3', 't2'] as TaskId[],
    commit: commit('undo'),
    by: 'operator',
  };
  const failed = apply(s, undo).filter(({ type }) => type === 'task.failed');
  assert.deepEqual(failed.map(brief), ['task.failed t4 dependency']);
});
