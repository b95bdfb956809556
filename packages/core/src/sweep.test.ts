import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { Command } from './commands.ts';
import type { Event } from './events.ts';
import type { AttemptId, CommitId, LandingId, TaskId } from './model/ids.ts';
import type { LandedMark } from './ports/git.ts';
import type { State } from './state.ts';
import { mayBeHeld, sweepHosts, sweepLapsed, sweepTarget } from './sweep.ts';
import {
  aCandidate,
  acceptedTask,
  aGateResult,
  apply,
  cancelled,
  commit,
  failedTask,
  gated,
  handedIn,
  landedTask,
  member,
  openedRun,
  RUN,
  running,
  startedLanding,
  stateOf,
} from './testing.ts';

const mark = (attempt: string): LandedMark => ({
  run: RUN,
  task: attempt.split('.')[0] as TaskId,
  attempt: attempt as AttemptId,
  commit: commit(`landed ${attempt}`),
});
const seen = (head: CommitId, ...landed: LandedMark[]) => ({ head, landed, undone: [] });
const types = (commands: readonly Command[]): string[] => commands.map((c) => c.type);
const run: Event[] = [openedRun(), acceptedTask('t1'), acceptedTask('t2')];

/** Applies the sweep's commands, then sweeps again: there must be nothing left to do. */
function settle(s: State, sweep: (s: State) => Command[]): string[] {
  const commands = sweep(s);
  for (const c of commands) apply(s, c);
  assert.deepEqual(types(sweep(s)), [], 'a second sweep finds nothing');
  return types(commands);
}
const settleTarget = (s: State, head: CommitId, ...landed: LandedMark[]): string[] =>
  settle(s, (now) => sweepTarget(now, seen(head, ...landed)));
const settleLapsed = (s: State, work = new Map<AttemptId, CommitId>()): string[] =>
  settle(s, (now) => sweepLapsed(now, work));

test('a target as the journal knows it needs nothing', () => {
  assert.deepEqual(
    settleTarget(stateOf([...run, ...landedTask('t1', 'l1')]), commit('landed t1.1'), mark('t1.1')),
    [],
  );
});

test('a landing that was published and not recorded is found', () => {
  const s = stateOf([...run, ...handedIn('t1.1'), startedLanding('l1', ['t1.1']), gated('l1', 'passed')]);
  assert.deepEqual(settleTarget(s, commit('landed t1.1'), mark('t1.1')), ['findLanding']);
  assert.equal(s.tasks.get('t1' as TaskId)!.state, 'landed');
});

test('a push by somebody else on top of it is noted too', () => {
  const s = stateOf([...run, ...handedIn('t1.1')]);
  assert.deepEqual(settleTarget(s, commit('human'), mark('t1.1')), ['findLanding', 'moveTarget']);
  assert.equal(s.head, commit('human'));
});

/** Two tasks under test as one merge. */
const batch: Event[] = [
  openedRun(),
  ...['t1', 't2'].map((id) => acceptedTask(id)),
  ...['t1.1', 't2.1'].flatMap(handedIn),
  {
    type: 'landing.started',
    landing: 'l1' as LandingId,
    members: ['t1.1', 't2.1'].map(member),
    candidate: { ...aCandidate(['t1.1', 't2.1']), commit: commit('merge') },
  },
];

test('a batch that was published and not recorded is found task by task, and its merge is the head', () => {
  const s = stateOf(batch);
  assert.deepEqual(settleTarget(s, commit('merge'), mark('t1.1'), mark('t2.1')), [
    'findLanding',
    'findLanding',
  ]);
  assert.equal(s.head, commit('merge'));
});

test('a batch that was found in part when the process died is looked for again', () => {
  const found: Event = {
    type: 'landing.found',
    task: 't1' as TaskId,
    attempt: 't1.1' as AttemptId,
    commit: member('t1.1').commit,
  };
  const s = stateOf([...batch, found]);
  assert.equal(s.head, commit('base'));
  assert.deepEqual(settleTarget(s, commit('merge'), mark('t1.1'), mark('t2.1')), ['findLanding']);
  assert.equal(s.head, commit('merge'));
  assert.equal(s.tasks.get('t2' as TaskId)!.state, 'landed');
});

test('git wins: a task the journal gave up has landed when the target has it', () => {
  for (const gaveUp of [failedTask('t1', 'blocked'), cancelled('t1')]) {
    assert.deepEqual(settleTarget(stateOf([...run, gaveUp]), commit('landed t1.1'), mark('t1.1')), [
      'findLanding',
    ]);
  }
});

test('a landing that is gone from the target is pending again, and the run pauses', () => {
  const s = stateOf([...run, ...landedTask('t1', 'l1')]);
  assert.deepEqual(settleTarget(s, commit('rewritten')), ['moveTarget']);
  assert.equal(s.tasks.get('t1' as TaskId)!.state, 'pending');
  assert.equal(s.paused?.reason, 'history-rewritten');
});

test('a landing that was undone stays undone, though its commit is still in the history', () => {
  const undone: Event = {
    type: 'landing.undone',
    task: 't1' as TaskId,
    commit: commit('revert'),
    by: 'operator',
  };
  const s = stateOf([...run, ...landedTask('t1', 'l1'), undone]);
  const undo = { run: RUN, tasks: ['t1' as TaskId], commit: commit('revert') };
  const observed = { head: commit('revert'), landed: [mark('t1.1')], undone: [undo] };
  assert.deepEqual(sweepTarget(s, observed), []);
});

test('an undo somebody rewound the target behind is gone, and the landing is there again', () => {
  const undone: Event = {
    type: 'landing.undone',
    task: 't1' as TaskId,
    commit: commit('revert'),
    by: 'operator',
  };
  const s = stateOf([...run, ...landedTask('t1', 'l1'), undone]);
  assert.deepEqual(settleTarget(s, commit('landed t1.1'), mark('t1.1')), ['findLanding']);
  assert.deepEqual([s.landedCount, s.undone.size], [1, 0]);
});

test('an undo that was published and not recorded is found, once, with who had it published', () => {
  const landed = [...run, ...landedTask('t1', 'l1')];
  const passed: Event = {
    type: 'undo.passed',
    tasks: ['t1' as TaskId],
    by: 'reconciler',
    gate: aGateResult('passed'),
    candidate: { ...aCandidate(['t1.1']), commit: commit('revert') },
  };
  const s = stateOf([...landed, passed]);
  const marks = [{ run: mark('t1.1').run, tasks: ['t1' as TaskId], commit: commit('revert') }];
  const observed = { head: commit('revert'), landed: [mark('t1.1')], undone: marks };
  const [found, ...more] = sweepTarget(s, observed);
  assert.deepEqual(
    [found, more],
    [{ type: 'undoLanding', tasks: ['t1'], commit: commit('revert'), by: 'reconciler' }, []],
  );
  apply(s, found!);
  assert.deepEqual(sweepTarget(s, observed), []);
  assert.equal(s.tasks.get('t1' as TaskId)!.state, 'cancelled');
});

test('the same task twice on the target counts once', () => {
  const s = stateOf([...run, ...handedIn('t1.1')]);
  assert.deepEqual(settleTarget(s, commit('landed t1.2'), mark('t1.1'), mark('t1.2')), [
    'findLanding',
    'moveTarget',
  ]);
});

test('a landing of a task nobody knows is left alone', () => {
  assert.deepEqual(settleTarget(stateOf(run), commit('base'), mark('t9.1')), []);
});

test('after a crash every attempt is lost, every test is dropped and the live iteration is over', () => {
  const asked: Event = {
    type: 'iteration.started',
    iteration: 1,
    reason: 'first',
    promptHash: 'p',
    model: 'm',
    reserved: { tokens: 0, usd: 0 },
  };
  const s = stateOf([...run, ...handedIn('t1.1'), startedLanding('l1', ['t1.1']), ...running('t2.1'), asked]);
  assert.deepEqual(settleLapsed(s), ['endIteration', 'dropLanding', 'endAttempt']);
  assert.equal(s.tasks.get('t1' as TaskId)!.state, 'complete', 'a handoff keeps its place');
  assert.equal(s.tasks.get('t2' as TaskId)!.state, 'pending');
  assert.equal(s.tasks.get('t2' as TaskId)!.counted, 0);
});

test('the work of a lost attempt that reached the hub is what the next one goes on from', () => {
  const s = stateOf([...run, ...running('t1.1')]);
  settleLapsed(s, new Map([['t1.1' as AttemptId, commit('saved')]]));
  assert.equal(s.tasks.get('t1' as TaskId)!.workCommit, commit('saved'));
});

const onHost = (attempt: string): Event => ({
  type: 'attempt.started',
  attempt: attempt as AttemptId,
  base: commit('base'),
  worker: 'a-1',
  reserved: { tokens: 0, usd: 0 },
  on: { host: 'a', slot: Number(attempt.slice(1, 2)) },
  leaseMs: 30_000,
});
const hosted: Event[] = [
  openedRun({ hosted: true }),
  acceptedTask('t1'),
  acceptedTask('t2'),
  { type: 'host.joined', host: 'a', slots: 2, capabilities: ['gpu'], version: '1' },
  onHost('t1.1'),
  onHost('t2.1'),
];

test('what a host still has after a restart goes on, and the rest is lost', () => {
  const s = stateOf(hosted);
  const held = new Set(['t2.1' as AttemptId]);
  const ended = sweepLapsed(s, new Map(), held).flatMap((c) => (c.type === 'endAttempt' ? [c.attempt] : []));
  assert.deepEqual(ended, ['t1.1']);
});

test('an attempt whose task was taken away is not held, whoever has it', () => {
  const s = stateOf([...hosted, cancelled('t2')]);
  assert.equal(mayBeHeld(s, 't2.1' as AttemptId), false);
  const ended = sweepLapsed(s, new Map(), new Set(['t1.1', 't2.1'] as AttemptId[]));
  assert.deepEqual(
    ended.flatMap((c) => (c.type === 'endAttempt' ? [c.attempt] : [])),
    ['t2.1'],
  );
});

const facts = { host: 'a', slots: 2, capabilities: ['gpu'], version: '1' };
const observed = (over: Partial<Parameters<typeof sweepHosts>[1]> = {}) => ({
  present: [facts],
  left: new Map<string, string>(),
  silentMs: new Map([['a', 0]]),
  listenedMs: 1_000,
  leaseMs: 30_000,
  ...over,
});

test('a host is given up when it was silent for longer than its lease, and not before', () => {
  const s = stateOf(hosted);
  const after = (silentMs: number) =>
    types(sweepHosts(s, observed({ present: [], silentMs: new Map([['a', silentMs]]) }), false));
  assert.deepEqual(after(30_000), []);
  assert.deepEqual(after(30_001), ['lapseHost']);
});

test('a host that this home has never heard of is given as long as one that fell silent', () => {
  const s = stateOf(hosted);
  const after = (listenedMs: number) =>
    types(sweepHosts(s, observed({ present: [], silentMs: new Map(), listenedMs }), false));
  assert.deepEqual(after(30_000), []);
  assert.deepEqual(after(30_001), ['lapseHost']);
});

test('a host that said goodbye leaves at once; one that offers something else joins again; one as known says nothing', () => {
  const s = stateOf(hosted);
  assert.deepEqual(sweepHosts(s, observed({ present: [], left: new Map([['a', 'stopped']]) }), false), [
    { type: 'leaveHost', host: 'a', detail: 'stopped' },
  ]);
  assert.deepEqual(types(sweepHosts(s, observed({ present: [{ ...facts, slots: 3 }] }), false)), [
    'joinHost',
  ]);
  assert.deepEqual(sweepHosts(s, observed(), false), []);
});

test('in a run that is being left nobody joins, and who goes is still told', () => {
  const s = stateOf(hosted);
  const seen = observed({
    present: [{ ...facts, host: 'b' }],
    silentMs: new Map([['a', 31_000]]),
  });
  assert.deepEqual(types(sweepHosts(s, seen, true)), ['lapseHost']);
});
