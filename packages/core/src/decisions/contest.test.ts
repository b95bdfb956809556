import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { Command } from '../commands.ts';
import { decide } from '../decide.ts';
import type { Event, EventOf } from '../events.ts';
import { fold } from '../fold.ts';
import type { EndingReason } from '../model/attempt.ts';
import type { AttemptId, TaskId } from '../model/ids.ts';
import type { Request } from '../model/request.ts';
import type { TaskSource, TaskSpec } from '../model/task.ts';
import { reservationFor } from '../rules/budget.ts';
import { type OpenedState, opened } from '../state.ts';
import {
  acceptedTask,
  aHandoff,
  apply,
  brief,
  check,
  commit,
  draft,
  entry,
  LIMITS,
  openedRun,
  running,
  stateOf,
  usage,
} from '../testing.ts';
import { explainTask } from '../views/explain.ts';
import { needs } from '../views/needs.ts';
import { report } from '../views/report.ts';
import { wanted } from '../wanted.ts';
import { planUndo } from './undo.ts';

const ROLES = [{ name: 'coder', candidates: 3 }];
const run = (over: Partial<Request> = {}) => openedRun({ roles: ROLES, ...over });
const whole = (over: Partial<TaskSpec> = {}, source?: TaskSource) =>
  acceptedTask('t1', { scope: ['a.ts'], verify: 'true', ...over }, source);
const T1 = 't1' as TaskId;
const expand = { type: 'expandTask', task: T1, by: 'candidates' } as const;
const settle = { type: 'settleTask', task: T1 } as const;

/** A run whose task t2, t3 and t4 try. */
function tried(over: Partial<Request> = {}, ...more: readonly Event[]): OpenedState {
  const s = opened(stateOf([run(over), whole(), ...more]));
  apply(s, expand);
  return s;
}
const put = (s: OpenedState, ...events: readonly Event[]): void => {
  for (const event of events) fold(s, entry(s.seq + 1, [event]));
};
const stateOfTask = (s: OpenedState, id: string) => s.tasks.get(id as TaskId)!.state;
const states = (s: OpenedState, ...ids: string[]) => ids.map((id) => stateOfTask(s, id)).join(' ');

/** It ran and hands in so many lines. */
function handsIn(s: OpenedState, attempt: string, lines = 1): readonly string[] {
  put(s, ...running(attempt));
  const handoff = aHandoff(attempt);
  const change = { ...handoff.change!, linesAdded: lines };
  return ends(s, attempt, 'handed-in', { ...handoff, change });
}
function ends(
  s: OpenedState,
  attempt: string,
  reason: EndingReason,
  handoff?: EventOf<'attempt.ended'>['handoff'],
): readonly string[] {
  const given = handoff && { handoff };
  return apply(s, {
    type: 'endAttempt',
    attempt: attempt as AttemptId,
    reason,
    detail: '',
    usage: usage(100),
    ...given,
  }).map(brief);
}
function fails(s: OpenedState, attempt: string, reason: EndingReason = 'verify-failed'): readonly string[] {
  put(s, ...running(attempt));
  return ends(s, attempt, reason);
}

test('a task is tried by as many as its role says, each with its words, all of them in one entry', () => {
  check({
    given: [run(), whole()],
    when: expand,
    gives: ['task.expanded t1', 'task.accepted t2', 'task.accepted t3', 'task.accepted t4'],
  });
  const s = tried();
  const { title, scope, verify, parent, role } = s.tasks.get('t3' as TaskId)!.spec;
  assert.deepEqual([title, scope, verify, parent, role], ['Do t1', ['a.ts'], 'true', 't1', 'coder']);
  assert.deepEqual(s.tasks.get('t4' as TaskId)!.source, { by: 'candidates', parent: 't1', nth: 3 });
});

for (const [what, given] of [
  ['an answer', [run(), whole({ kind: 'answer', verify: 'true' })]],
  ['a fix of the target', [run(), whole({}, { by: 'reconciler', signatures: ['x'] })]],
  ['a task that says one will do', [run(), whole({ candidates: 1 })]],
  ['a task of a role that says nothing', [run(), whole({ role: 'tester' })]],
  ['a task of a run without roles', [openedRun(), whole()]],
  ['a task whose contenders the run has no room for', [run({ limits: { ...LIMITS, tasks: 3 } }), whole()]],
  ['a task whose budget is one attempt', [run({ limits: { ...LIMITS, taskTokens: 19_000 } }), whole()]],
] as const)
  test(`${what} is tried by one`, () => check({ given: [...given], when: expand, gives: 'illegal-move' }));

test('what a task says goes before what its role says, and a budget for two is for two', () => {
  check({
    given: [run(), whole({ candidates: 2 })],
    when: expand,
    gives: ['task.expanded t1', 'task.accepted t2', 'task.accepted t3'],
  });
  check({
    given: [run({ limits: { ...LIMITS, taskTokens: 25_000 } }), whole()],
    when: expand,
    gives: ['task.expanded t1', 'task.accepted t2', 'task.accepted t3'],
  });
});

test('what one of them hands in waits, and is neither landed nor voted on, until the others have ended', () => {
  const s = tried({ review: { reviewers: 1, threshold: 0.5, quorum: 1 } });
  assert.deepEqual(handsIn(s, 't2.1', 50), ['attempt.ended t2.1 handed-in']);
  assert.equal(stateOfTask(s, 't2'), 'contending');
  assert.equal(s.queue.size, 0);
  fails(s, 't3.1');
  put(s, ...running('t4.1'));
  assert.deepEqual(wanted(s, s.at).settled, []);
  assert.equal(decide(s, settle).kind, 'refusal');
  ends(s, 't4.1', 'handed-in', aHandoff('t4.1'));
  assert.deepEqual(wanted(s, s.at).settled, ['t1']);
  // The one that is taken is voted on, and no other.
  assert.deepEqual(apply(s, settle).map(brief), ['contest.decided t1', 'review.asked t4.1']);
  assert.equal(states(s, 't1', 't2', 't3', 't4'), 'expanded cancelled cancelled reviewing');
});

test('the one that is taken lands for the task, and those that lost are told why', () => {
  const s = tried();
  handsIn(s, 't2.1', 50);
  fails(s, 't3.1');
  handsIn(s, 't4.1', 2);
  apply(s, settle);
  assert.deepEqual([...s.queue], ['t4.1']);
  const lost = s.tasks.get('t2' as TaskId)!;
  assert.equal(
    lost.state === 'cancelled' && lost.reason,
    'lost to t4: it changes 50 lines in 1 file, and t4 2',
  );
  put(s, { type: 'landing.found', task: 't4' as TaskId, attempt: 't4.1' as AttemptId, commit: commit('l') });
  assert.deepEqual(apply(s, settle).map(brief), ['task.gathered t1']);
  const told = report(s);
  assert.match(told.ending, /^1 of 4 landed, 1 gathered, 2 lost/);
  assert.match(told.list[0]!.why!, /^t4 is taken of 3 contenders: 2 lines in 1 file; next came t2/);
  assert.match(told.list[2]!.why!, /^lost to t4: it handed nothing in, for its own verification failed/);
});

test('while one that was cancelled is still ending nobody is taken', () => {
  const s = tried();
  handsIn(s, 't2.1');
  handsIn(s, 't3.1');
  put(s, ...running('t4.1'));
  apply(s, { type: 'cancelTask', task: 't4' as TaskId, reason: 'enough', by: 'operator' });
  assert.deepEqual(wanted(s, s.at).settled, []);
  ends(s, 't4.1', 'cancelled');
  assert.deepEqual(apply(s, settle).map(brief), ['contest.decided t1']);
});

test('where none handed in all try once more, as a round of the task, and after the last it fails', () => {
  const s = tried({ limits: { ...LIMITS, attempts: 2 } });
  assert.deepEqual(fails(s, 't2.1'), ['attempt.ended t2.1 verify-failed', 'task.failed t2 attempts']);
  fails(s, 't3.1', 'agent-blocked');
  fails(s, 't4.1', 'gate-failed');
  const [failed] = apply(s, settle) as readonly EventOf<'contest.failed'>[];
  // What its agent calls impossible is not tried again; what got as far as the gate came furthest.
  assert.deepEqual([failed!.round, failed!.closest, failed!.again], [1, 't4', ['t2', 't4']]);
  assert.equal(states(s, 't1', 't2', 't3', 't4'), 'expanded pending failed pending');
  fails(s, 't2.2');
  fails(s, 't4.2');
  assert.deepEqual(apply(s, settle).map(brief), ['contest.failed t1', 'task.failed t1 attempts']);
  assert.match(explainTask(s, [], T1).at(-1)!, /Now: failed/);
});

test('a task that each of them calls impossible needs a person, once', () => {
  const s = tried();
  for (const id of ['t2.1', 't3.1', 't4.1']) fails(s, id, 'agent-blocked');
  assert.deepEqual(apply(s, settle).map(brief), ['contest.failed t1', 'task.failed t1 blocked']);
  const { listed } = needs(s, true);
  assert.deepEqual(
    listed.map(({ task, kind }) => [task, kind]),
    [['t1', 'blocked']],
  );
});

test('an attempt that nobody is to blame for is made again by the same one, and costs no round', () => {
  const s = tried();
  put(s, ...running('t2.1'));
  assert.deepEqual(ends(s, 't2.1', 'lost'), ['attempt.ended t2.1 lost', 'task.requeued t2 lost']);
  handsIn(s, 't3.1');
  handsIn(s, 't4.1');
  assert.deepEqual(wanted(s, s.at).settled, []);
  handsIn(s, 't2.2', 0);
  apply(s, settle);
  assert.deepEqual([...s.queue], ['t2.2']);
});

test('where the budget lets nothing more begin the best of those that ended is taken', () => {
  const s = tried({ limits: { ...LIMITS, tokens: 90_000, soft: 0.5 } });
  handsIn(s, 't2.1');
  fails(s, 't3.1');
  put(s, { type: 'budget.neared', which: 'tokens', limit: 90_000, soft: 0.5 });
  assert.deepEqual(apply(s, settle).map(brief), ['contest.decided t1']);
  assert.match(
    (s.tasks.get('t4' as TaskId) as { reason: string }).reason,
    /^lost to t2: nothing more could begin before it had$/,
  );
});

test('a run that stops short of a pick goes on with the contest, and gives nothing up', () => {
  const s = tried({ limits: { ...LIMITS, tokens: 90_000, soft: 0.5 } });
  fails(s, 't2.1');
  fails(s, 't3.1');
  put(s, { type: 'budget.neared', which: 'tokens', limit: 90_000, soft: 0.5 });
  assert.deepEqual(wanted(s, s.at).settled, []);
});

test('those that try a task share its budget: what is set aside for one is not there for another', () => {
  const s = tried({ limits: { ...LIMITS, taskTokens: 90_000 } });
  const share = (id: string) => reservationFor(s, 'worker', s.tasks.get(id as TaskId))!.tokens;
  assert.equal(share('t2'), 30_000);
  put(s, { ...(running('t2.1')[0] as EventOf<'attempt.started'>), reserved: { tokens: 30_000, usd: 0 } });
  assert.equal(share('t3'), 30_000);
  put(s, running('t2.1')[1]!);
  ends(s, 't2.1', 'verify-failed');
  // It used 100 of them, and the others have what it left.
  assert.equal(share('t3'), 44_950);
});

test('of a task whose own budget is used up what waits is given up with it', () => {
  const s = tried({ limits: { ...LIMITS, taskTokens: 30_000 } });
  put(s, ...running('t2.1'));
  apply(s, {
    type: 'endAttempt',
    attempt: 't2.1' as AttemptId,
    reason: 'verify-failed',
    detail: '',
    usage: usage(29_000),
  });
  assert.deepEqual(apply(s, settle).map(brief), [
    'contest.failed t1',
    'task.failed t3 attempts',
    'task.failed t4 attempts',
    'task.failed t1 attempts',
  ]);
});

test('what was taken and comes back from the target is tried again by it alone', () => {
  const s = tried();
  for (const id of ['t2.1', 't3.1', 't4.1']) handsIn(s, id);
  apply(s, settle);
  put(s, {
    type: 'landing.rejected',
    attempt: 't2.1' as AttemptId,
    reason: 'conflict',
    detail: '',
    files: ['a.ts'],
  });
  handsIn(s, 't2.2');
  assert.deepEqual([...s.queue], ['t2.2']);
  assert.equal(states(s, 't3', 't4'), 'cancelled cancelled');
});

test('one of several is not tried again by itself; the task is, by others', () => {
  const s = tried({ limits: { ...LIMITS, attempts: 1 } });
  for (const id of ['t2.1', 't3.1', 't4.1']) fails(s, id);
  apply(s, settle);
  const retry = (task: string): Command => ({
    type: 'retry',
    task: task as TaskId,
    by: 'operator',
    hint: 'h',
  });
  const refused = decide(s, retry('t2'));
  assert.match(refused.kind === 'refusal' ? refused.detail : '', /it is t1 that can be tried again/);
  apply(s, retry('t1'));
  apply(s, expand);
  assert.equal(states(s, 't1', 't2', 't5', 't7'), 'expanded failed pending pending');
  assert.equal(s.tasks.get('t6' as TaskId)!.hint, 'h');
});

test('what is said to a task is said to all that try it', () => {
  const s = tried();
  const tell: Command = { type: 'tell', task: T1, text: 'mind the bell' };
  put(s, ...running('t2.1'));
  fails(s, 't3.1');
  assert.deepEqual(apply(s, tell).map(brief), ['task.told t1', 'task.told t2', 'task.told t4']);
  assert.deepEqual(s.tasks.get('t4' as TaskId)!.notes, ['mind the bell']);
});

test('a task that is given up takes those that try it along', () => {
  const s = tried();
  handsIn(s, 't2.1');
  const cancel: Command = { type: 'cancelTask', task: T1, reason: 'no', by: 'operator' };
  assert.deepEqual(apply(s, cancel).map(brief), [
    'task.cancelled t2',
    'task.cancelled t3',
    'task.cancelled t4',
    'task.cancelled t1',
  ]);
});

test('an undo of the task takes back what was handed in for it, with what builds on it', () => {
  const s = tried({}, acceptedTask('t9', { dependsOn: [T1] }));
  for (const id of ['t3.1', 't4.1', 't5.1']) handsIn(s, id);
  apply(s, settle);
  const winner = [...s.queue][0]!.split('.')[0] as TaskId;
  put(s, { type: 'landing.found', task: winner, attempt: `${winner}.1` as AttemptId, commit: commit('l') });
  apply(s, settle);
  const planned = planUndo(s, { what: T1, withDependents: false });
  assert.deepEqual(planned.kind === 'plan' && planned.members.map(({ task }) => task), [winner]);
  const undo: Command = { type: 'undoLanding', tasks: [winner], commit: commit('u'), by: 'operator' };
  assert.deepEqual(apply(s, undo).map(brief), [
    `landing.undone ${winner}`,
    'task.cancelled t1',
    'task.failed t9 dependency',
  ]);
});

test('nobody may wait for one of several: all but one of them come to nothing', () => {
  const s = tried();
  const file: Command = {
    type: 'acceptTasks',
    drafts: [draft('x', { dependsOn: ['t2'] })],
    from: { by: 'operator' },
    eachAlone: false,
  };
  const refused = decide(s, file);
  assert.match(refused.kind === 'refusal' ? refused.detail : '', /one of several that try t1: t1 is meant/);
});

test('a planner’s wish is cut to what the operator allows, and it is told; a plan’s is not', () => {
  const planner = openedRun({ mode: 'planner', limits: { ...LIMITS, candidates: 2 } });
  const asks = (from: Extract<Command, { type: 'acceptTasks' }>['from'], candidates: number): Command => ({
    type: 'acceptTasks',
    drafts: [draft('a', { candidates })],
    from,
    eachAlone: true,
  });
  const s = opened(stateOf([planner]));
  assert.deepEqual(apply(s, asks({ by: 'planner', iteration: 1 }, 5)).map(brief), [
    'task.accepted t1',
    'contest.clipped t1',
  ]);
  assert.equal(s.tasks.get(T1)!.spec.candidates, 2);
  assert.deepEqual(s.planning.news.at(-1), { kind: 'clipped', task: 't1', asked: 5, allowed: 2 });
  const own = opened(stateOf([openedRun()]));
  assert.deepEqual(apply(own, asks({ by: 'plan' }, 5)).map(brief), ['task.accepted t1']);
  assert.equal(own.tasks.get(T1)!.spec.candidates, 5);
});
