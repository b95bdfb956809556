import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { Event, EventOf } from '../events.ts';
import { fold } from '../fold.ts';
import type { AttemptId, TaskId } from '../model/ids.ts';
import type { Request } from '../model/request.ts';
import type { TaskSource, TaskSpec } from '../model/task.ts';
import { NO_USAGE } from '../model/usage.ts';
import { opened } from '../state.ts';
import {
  acceptedTask,
  aHandoff,
  apply,
  brief,
  check,
  commit,
  endedAttempt,
  entry,
  failedTask,
  LIMITS,
  landedTask,
  openedRun,
  running,
  stateOf,
} from '../testing.ts';
import { report } from '../views/report.ts';
import { wanted } from '../wanted.ts';
import { pipelineProblem } from './pipeline.ts';
import { splitProblem } from './splitting.ts';

const PIPELINE = ['researcher', 'coder', 'tester', 'reviewer'] as const;
const KNOWN = [...PIPELINE, 'poet'];
const FILES = ['a.ts', 'b.ts'];
const run = (over: Partial<Request> = {}) => openedRun({ pipeline: PIPELINE, ...over });
const whole = (over: Partial<TaskSpec> = {}, source?: TaskSource) =>
  acceptedTask('t1', { scope: FILES, verify: 'true', acceptance: 'it rings', priority: 3, ...over }, source);
const expand = { type: 'expandTask', task: 't1' as TaskId, by: 'pipeline' } as const;
const settle = { type: 'settleTask', task: 't1' as TaskId } as const;

/** A run whose task goes through the pipeline: t2 looks, t3 does, t4 tests. */
function inSteps() {
  const s = opened(stateOf([run(), whole()]));
  apply(s, expand);
  return s;
}
const specOf = (s: ReturnType<typeof inSteps>, id: string) => s.tasks.get(id as TaskId)!.spec;

/** A step is worked and ends; what is not its own way of ending is put right. */
function goesThrough(s: ReturnType<typeof inSteps>, id: string, end: 'answered' | 'landed'): void {
  const attempt = `${id}.1` as const;
  const { change: _, ...answer } = aHandoff(attempt);
  const events: readonly Event[] =
    end === 'landed'
      ? landedTask(id, `l${id.slice(1)}`, s.head)
      : [
          ...running(attempt),
          { ...(endedAttempt(attempt, 'answered') as EventOf<'attempt.ended'>), handoff: answer },
        ];
  for (const event of events) applyEvent(s, event);
}

const applyEvent = (s: ReturnType<typeof inSteps>, event: Event): void => fold(s, entry(s.seq + 1, [event]));

test('a change becomes a step for each role, in one entry, each after the one before', () => {
  check({
    given: [run(), whole()],
    when: expand,
    gives: ['task.expanded t1', 'task.accepted t2', 'task.accepted t3', 'task.accepted t4'],
  });
  const s = inSteps();
  assert.deepEqual(
    ['t2', 't3', 't4'].map((id) => {
      const { role, kind, dependsOn, parent, priority, verify } = specOf(s, id);
      return [role, kind, dependsOn.join(), parent, priority, verify];
    }),
    [
      ['researcher', 'answer', '', 't1', 3, undefined],
      ['coder', 'change', 't2', 't1', 3, 'true'],
      ['tester', 'change', 't3', 't1', 3, undefined],
    ],
  );
  assert.equal(specOf(s, 't3').title, 'Do t1');
  assert.match(
    specOf(s, 't2').description,
    /Change nothing\.[\s\S]*The task, t1: Do t1\n\nAcceptance: it rings/,
  );
});

for (const [what, given] of [
  ['an answer', [run(), whole({ kind: 'answer' })]],
  ['a task of another role', [run(), whole({ role: 'tester' })]],
  ['a fix of the target', [run(), whole({}, { by: 'reconciler', signatures: ['x'] })]],
  ['a task of a run without one', [openedRun(), whole()]],
  ['a task where a coder alone stands in it', [run({ pipeline: ['coder', 'reviewer'] }), whole()]],
  ['a task whose steps the run has no room for', [run({ limits: { ...LIMITS, tasks: 3 } }), whole()]],
] as const)
  test(`${what} goes through no pipeline`, () =>
    check({ given: [...given], when: expand, gives: 'illegal-move' }));

test('the steps of a task that waits for ends wait for ends, the first of them for those of others', () => {
  const on = { dependsOn: ['t1' as TaskId], anyEnd: true } as const;
  const s = opened(
    stateOf([
      run(),
      acceptedTask('t1'),
      failedTask('t1', 'attempts'),
      acceptedTask('t2', { ...on, scope: FILES }),
    ]),
  );
  apply(s, { ...expand, task: 't2' as TaskId });
  assert.deepEqual(
    ['t3', 't4'].map((id) => [specOf(s, id).dependsOn.join(), specOf(s, id).anyEnd]),
    [
      ['t1', true],
      ['t3', undefined],
    ],
  );
});

test('a step is neither split nor put through the pipeline again', () => {
  const s = opened(
    stateOf([run({ limits: { ...LIMITS, depth: 3 } }), whole({ scope: ['a', 'b', 'c', 'd'] })]),
  );
  apply(s, expand);
  assert.match(splitProblem(s, s.tasks.get('t3' as TaskId)!) ?? '', /step of a pipeline/);
  apply(s, { type: 'cancelTask', task: 't2' as TaskId, reason: '', by: 'operator' });
  assert.throws(() => apply(s, { ...expand, task: 't3' as TaskId }));
});

test('no planner is asked about steps, and one worker gets through them', () => {
  const s = opened(stateOf([run({ mode: 'planner', limits: { ...LIMITS, workers: 1 } }), whole()]));
  apply(s, expand);
  assert.deepEqual(wanted(s, s.at).subplans, []);
  assert.equal(wanted(s, s.at).room, 1);
});

test('what its steps came to is one handoff, verified where the work is', () => {
  const s = inSteps();
  goesThrough(s, 't2', 'answered');
  goesThrough(s, 't3', 'landed');
  assert.deepEqual(wanted(s, s.at).settled, []);
  goesThrough(s, 't4', 'landed');
  assert.deepEqual(wanted(s, s.at).settled, ['t1']);
  assert.deepEqual(apply(s, settle).map(brief), ['task.gathered t1']);
  const t1 = s.tasks.get('t1' as TaskId)!;
  assert.equal(t1.state === 'gathered' && t1.handoff.status, 'complete');
  assert.equal(report(s).list.find(({ task }) => task === 't1')!.verified, report(s).list[2]!.verified);
});

test('work without its tests is there in part; what was only looked into is nothing', () => {
  const half = inSteps();
  goesThrough(half, 't2', 'answered');
  goesThrough(half, 't3', 'landed');
  applyEvent(half, failedTask('t4', 'attempts'));
  apply(half, settle);
  const t1 = half.tasks.get('t1' as TaskId)!;
  assert.equal(t1.state === 'gathered' && t1.handoff.status, 'partial');

  const none = inSteps();
  goesThrough(none, 't2', 'answered');
  for (const id of ['t3', 't4']) applyEvent(none, failedTask(id, 'attempts'));
  assert.deepEqual(apply(none, settle).map(brief), ['task.failed t1 parts']);
});

test('tried again, a task has steps of its own again, and those of before count for nothing', () => {
  const s = inSteps();
  for (const id of ['t2', 't3', 't4']) applyEvent(s, failedTask(id, 'attempts'));
  apply(s, settle);
  apply(s, { type: 'retry', task: 't1' as TaskId, by: 'operator' });
  apply(s, expand);
  assert.deepEqual(s.plans.get('t1' as TaskId)!.parts, ['t5', 't6', 't7']);
  assert.deepEqual(wanted(s, s.at).settled, []);
});

test('a tester that changes the work itself has its change sent back, whatever the scope says', () => {
  const s = inSteps();
  goesThrough(s, 't2', 'answered');
  goesThrough(s, 't3', 'landed');
  for (const event of running('t4.1')) applyEvent(s, event);
  const { change, ...rest } = aHandoff('t4.1');
  const handIn = (...filesChanged: string[]) =>
    apply(s, {
      type: 'endAttempt',
      attempt: 't4.1' as AttemptId,
      reason: 'handed-in',
      detail: '',
      usage: NO_USAGE,
      work: commit('w'),
      handoff: { ...rest, change: { ...change!, filesChanged } },
    }).map(brief);
  assert.deepEqual(handIn('a.test.ts', 'a.ts'), [
    'attempt.ended t4.1 handed-in',
    'landing.rejected t4.1 scope-broken',
  ]);
});

for (const [roles, why] of [
  [['researcher', 'coder', 'tester', 'reviewer'], undefined],
  [['poet', 'coder'], undefined],
  [[], undefined],
  [['bard', 'coder'], /no role "bard"/],
  [['coder', 'coder'], /twice/],
  [['researcher', 'tester'], /no coder/],
  [['reviewer', 'coder'], /last step/],
  [['tester', 'coder'], /tester comes after the coder/],
] as const)
  test(`a pipeline of ${roles.join(', ') || 'nothing'} ${why ? 'is refused' : 'is one'}`, () => {
    const said = pipelineProblem(roles, KNOWN);
    if (why) assert.match(said ?? '', why);
    else assert.equal(said, undefined);
  });
