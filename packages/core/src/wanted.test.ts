import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { Event, IterationOutcome } from './events.ts';
import type { AttemptId } from './model/ids.ts';
import { PLANNER_FAILURES_MAX, type Request } from './model/request.ts';
import {
  acceptedTask,
  commit,
  endedAttempt,
  failedTask,
  handedIn,
  LIMITS,
  landedTask,
  openedRun,
  openedStateOf,
  running,
  startedAttempt,
  startedLanding,
  stateOf,
  usage,
} from './testing.ts';
import { HANDOFFS_TO_REPLAN, testWanted, type Wanted, wanted } from './wanted.ts';

const HOUR = 3_600_000;
const planned = (over: Partial<Request> = {}) => openedRun({ mode: 'planner', ...over });
const asked = (iteration: number): Event => ({
  type: 'iteration.started',
  iteration,
  reason: 'first',
  promptHash: 'p',
  model: 'm',
  reserved: { tokens: 0, usd: 0 },
});
const answered = (iteration: number, outcome: IterationOutcome, isDone = false): Event => ({
  type: 'iteration.ended',
  iteration,
  outcome,
  isDone,
  detail: '',
  usage: usage(1),
});
const byPlanner = (id: string): Event =>
  acceptedTask(id, {}, { by: 'planner', label: id as never, iteration: 1 });
const finding: Event = {
  type: 'finding.opened',
  finding: { signature: 'red', detail: '', head: commit('base') },
};
const paused = (reason: 'operator' | 'endpoints-down'): Event => ({ type: 'run.paused', reason, detail: '' });

/** What is wanted an hour after these events. */
const after = (...events: readonly Event[]): Wanted => wanted(stateOf(events), HOUR);
/** A plan of `n` tasks under way: iteration 1 gave them and ended. */
const plan = (n: number): Event[] => [
  planned(),
  asked(1),
  ...Array.from({ length: n }, (_, i) => byPlanner(`t${i + 1}`)),
  answered(1, 'planned'),
];
const failures = (n: number, outcome: IterationOutcome): Event[] =>
  Array.from({ length: n }, (_, i) => [asked(i + 1), answered(i + 1, outcome)]).flat();

// ───────────────────────── the planner ─────────────────────────

test('a run with a planner first wants a plan', () => assert.equal(after(planned()).iteration, 'first'));
test('a run with a plan file never asks a planner', () =>
  assert.equal(after(openedRun()).iteration, undefined));
test('a planner is not asked twice at once', () =>
  assert.equal(after(planned(), asked(1)).iteration, undefined));
test('while its tasks are under way the planner is left alone', () =>
  assert.equal(after(...plan(4)).iteration, undefined));
test('an answer that says done, of which nothing was taken, is asked for again: the planner does not know yet', () => {
  const refusal = (label: string): Event => ({
    type: 'task.refused',
    label,
    problem: 'it depends on nobody',
    iteration: 1,
  });
  const asks = (...refused: readonly Event[]) =>
    after(planned(), asked(1), ...refused, answered(1, 'planned', true));
  assert.deepEqual([asks().iteration, asks().close], [undefined, 'done']);
  assert.deepEqual([asks(refusal('a')).iteration, asks(refusal('a')).close], ['retry', undefined]);
  const some = after(
    planned(),
    asked(1),
    byPlanner('t1'),
    refusal('t1'),
    ...landedTask('t1', 'l1'),
    answered(1, 'planned', true),
  );
  assert.equal(some.close, 'done', 'a task has that label: it was only asked for twice');
});
test(`after ${HANDOFFS_TO_REPLAN} handoffs it is asked again, not before`, () => {
  const [a, b, c] = ['t1.1', 't2.1', 't3.1'].map(handedIn) as [Event[], Event[], Event[]];
  assert.equal(after(...plan(5), ...a, ...b).iteration, undefined);
  assert.equal(after(...plan(5), ...a, ...b, ...c).iteration, 'handoffs');
});
test('a task that failed for good wakes it while others still work', () => {
  const two = [...plan(2), ...running('t2.1'), failedTask('t1', 'blocked')];
  assert.equal(after(...two).iteration, 'handoffs');
});
test('it is not asked for handoffs while every worker is taken', () => {
  const busy = ['t4.1', 't5.1', 't6.1', 't7.1'].map((id) => startedAttempt(id));
  const done = ['t1.1', 't2.1', 't3.1'].flatMap(handedIn);
  assert.equal(after(...plan(7), ...done, ...busy).iteration, undefined);
});
test('a finding is a reason to plan', () => assert.equal(after(...plan(2), finding).iteration, 'finding'));
test('an amended request is a reason to plan at once', () =>
  assert.equal(after(...plan(2), { type: 'request.amended', text: 'also' }).iteration, 'amended'));
test('when nothing is left to do the planner is asked for more', () =>
  assert.equal(after(...plan(1), failedTask('t1', 'blocked')).iteration, 'idle'));
test('“done” with nothing live ends planning', () => {
  const w = after(planned(), asked(1), answered(1, 'planned', true));
  assert.equal(w.iteration, undefined);
  assert.equal(w.close, 'done');
});
test('“done” while tasks are under way does not', () => {
  const events = [
    planned(),
    asked(1),
    byPlanner('t1'),
    answered(1, 'planned', true),
    failedTask('t1', 'blocked'),
  ];
  assert.equal(after(...events).iteration, 'idle');
});
test('a cancelled run wants nothing but its end, and that when nothing runs any more', () => {
  const cancelled: Event = { type: 'run.cancelled', reason: '' };
  const idle = after(...plan(2), finding, paused('endpoints-down'), cancelled);
  assert.deepEqual([idle.room, idle.iteration, idle.close], [0, undefined, 'cancelled']);
  assert.equal(after(...plan(1), ...running('t1.1'), cancelled).close, undefined);
});

test('an amendment makes a planner that was done wanted again', () => {
  const events = [planned(), asked(1), answered(1, 'planned', true)];
  assert.equal(after(...events, { type: 'request.amended', text: 'also' }).iteration, 'amended');
});
for (const outcome of ['unreadable', 'failed', 'cut'] as const) {
  test(`an answer that is ${outcome} is asked for again, later each time`, () => {
    const s = stateOf([planned(), ...failures(2, outcome)]);
    const soon = wanted(s, s.planning.lastEndedAt);
    assert.equal(soon.iteration, undefined);
    assert.equal(soon.close, undefined);
    assert.equal(soon.askAgainAt, s.planning.lastEndedAt + 4_000);
    assert.equal(wanted(s, soon.askAgainAt!).iteration, 'retry');
  });
}
test('a cut answer that gave a task is no failure', () => {
  const s = stateOf([planned(), asked(1), byPlanner('t1'), answered(1, 'cut')]);
  assert.equal(s.planning.failuresInRow, 0);
});
test('an iteration lost in a crash does not count against the planner', () => {
  const w = after(planned(), ...failures(PLANNER_FAILURES_MAX + 1, 'lost'));
  assert.equal(w.iteration, 'idle');
});
test(`after ${PLANNER_FAILURES_MAX} failures in a row the run closes and says so`, () => {
  const w = after(planned(), ...failures(PLANNER_FAILURES_MAX, 'unreadable'));
  assert.equal(w.iteration, undefined);
  assert.equal(w.close, 'planner-failed');
});
test('an answer that plans nothing, ends nothing and finds nothing live is a failure too', () => {
  const s = stateOf([planned(), asked(1), answered(1, 'planned')]);
  assert.equal(s.planning.failuresInRow, 1);
});
test('what the planner was not told yet is still news after an unreadable answer', () => {
  const s = stateOf([...plan(2), finding, asked(2), answered(2, 'unreadable')]);
  assert.equal(s.planning.news.length, 1);
});
test('what comes in while it answers is news for the next iteration', () => {
  const s = stateOf([...plan(2), asked(2), finding, answered(2, 'planned')]);
  assert.equal(s.planning.news.length, 1);
});

// ───────────────────────── workers, pauses, budget ─────────────────────────

test('there is room for as many attempts as workers are free', () =>
  assert.equal(after(openedRun(), acceptedTask('t1'), startedAttempt('t1.1')).room, LIMITS.workers - 1));
test('fewer workers than attempts leave no room, and end none', () => {
  const events = [
    openedRun(),
    acceptedTask('t1'),
    acceptedTask('t2'),
    startedAttempt('t1.1'),
    startedAttempt('t2.1'),
  ];
  assert.equal(after(...events, { type: 'run.scaled', workers: 1, reason: '' }).room, 0);
});
test('a paused run starts nothing, and does not close', () => {
  const w = after(planned(), paused('operator'));
  assert.deepEqual([w.room, w.iteration, w.close], [0, undefined, undefined]);
});
test('finished work lands while the models are down', () => {
  const events = [openedRun(), acceptedTask('t1'), ...handedIn('t1.1')];
  assert.deepEqual([...after(...events, paused('endpoints-down')).landings], ['t1.1']);
  assert.deepEqual([...after(...events, paused('operator')).landings], []);
});
test('handoffs land in the order they came', () => {
  const events = [
    openedRun(),
    acceptedTask('t1'),
    acceptedTask('t2'),
    ...handedIn('t2.1'),
    ...handedIn('t1.1'),
  ];
  assert.deepEqual([...after(...events).landings], ['t2.1', 't1.1'] as AttemptId[]);
});
test('a stopped run wants nothing', () =>
  assert.equal(after(openedRun(), { type: 'run.stopped', reason: 'signal', detail: '' }).close, undefined));
test('a run whose tokens are used up says so, and starts nothing more', () => {
  const events = [
    openedRun({ limits: { ...LIMITS, tokens: 50_000 } }),
    acceptedTask('t1'),
    acceptedTask('t2'),
    startedAttempt('t1.1', { tokens: 50_000, usd: 0 }),
    endedAttempt('t1.1', 'handed-in', usage(45_000)),
  ];
  const w = after(...events.slice(0, 4));
  assert.equal(w.budget, undefined, 'while something is reserved, it may still be given back');
  const ended = after(...events.slice(0, 4), startedAgentOf('t1.1'), {
    ...events[4]!,
    handoff: handoffOf('t1.1'),
  } as Event);
  assert.equal(ended.budget, 'tokens');
  assert.equal(ended.room, 0);
});
test('a run at its budget lands what is finished, then closes', () => {
  const reached: Event = { type: 'budget.reached', which: 'usd', limit: 1 };
  const events = [openedRun(), acceptedTask('t1'), acceptedTask('t2'), ...handedIn('t1.1'), reached];
  assert.deepEqual([[...after(...events).landings], after(...events).close], [['t1.1'], undefined]);
  assert.equal(after(openedRun(), acceptedTask('t2'), reached).close, 'budget');
});
test('a run that used up its time closes for that reason', () =>
  assert.equal(
    after(openedRun(), acceptedTask('t1'), { type: 'budget.reached', which: 'time', limit: 1 }).close,
    'time',
  ));

// ───────────────────────── checks and the end ─────────────────────────

const checked = { checks: 'pnpm test' };
const verdict = (head: string, outcome: 'passed' | 'failed' = 'passed'): Event => ({
  type: 'checks.ended',
  result: { head: commit(head), outcome, signatures: [], durationMs: 1 },
});

test('a target that has not moved needs no checks', () =>
  assert.equal(after(openedRun(checked), acceptedTask('t1')).checks, false));
test('a moved target is checked after the interval, not before', () => {
  const s = stateOf([openedRun(checked), acceptedTask('t1'), acceptedTask('t2'), ...landedTask('t1', 'l1')]);
  const early = wanted(s, s.at);
  assert.deepEqual([early.checks, early.askAgainAt], [false, 1_000 + 300_000]);
  assert.equal(wanted(s, early.askAgainAt!).checks, true);
});
test('with nothing else to do the head is checked at once, and the run closes only then', () => {
  const events = [openedRun(checked), acceptedTask('t1'), ...landedTask('t1', 'l1')];
  assert.deepEqual([after(...events).checks, after(...events).close], [true, undefined]);
  const done = after(...events, verdict('landed t1.1'));
  assert.deepEqual([done.checks, done.close], [false, 'done']);
});
test('checks come twice as often while red', () => {
  const s = stateOf([openedRun(checked), verdict('base', 'failed')]);
  assert.equal(s.health.intervalMs, 150_000);
});
test('and back off by half after every third green', () => {
  const s = stateOf([openedRun(checked), verdict('base'), verdict('base'), verdict('base')]);
  assert.equal(s.health.intervalMs, 450_000);
});
test('a run does not close over a failure no task was filed for, or nobody looked into', () => {
  assert.equal(after(openedRun(), finding).close, undefined);
  const filed = acceptedTask('t1', {}, { by: 'reconciler', signatures: ['red'] });
  const failed = [openedRun(), finding, filed, failedTask('t1', 'attempts')];
  assert.equal(after(...failed).close, undefined);
  const missed: Event = { type: 'culprit.missed', signature: 'red', why: 'timeout' };
  assert.equal(after(...failed, missed).close, 'done');
});
test('a failure that was mended and comes back is a new one, and gets a task again', () => {
  const filed = acceptedTask('t1', {}, { by: 'reconciler', signatures: ['red'] });
  const mended: Event = { type: 'finding.closed', signature: 'red', head: commit('base') };
  const events = [openedRun(), finding, filed, ...landedTask('t1', 'l1'), mended];
  assert.equal(after(...events).close, 'done');
  assert.equal(after(...events, finding).close, undefined);
});
test('a run does not close while anything runs', () => {
  const events = [openedRun(), acceptedTask('t1'), ...running('t1.1')];
  assert.equal(after(...events).close, undefined);
  assert.equal(
    after(openedRun(), acceptedTask('t1'), ...handedIn('t1.1'), startedLanding('l1', ['t1.1'])).close,
    undefined,
  );
});
test('a run whose tasks are all over is done', () =>
  assert.equal(after(openedRun(), acceptedTask('t1'), ...landedTask('t1', 'l1')).close, 'done'));
test('a closed run wants nothing', () => {
  const w = after(openedRun(), { type: 'run.closed', reason: 'done', head: commit('base'), green: true });
  assert.deepEqual([w.room, w.close, w.askAgainAt], [0, undefined, undefined]);
});

function startedAgentOf(id: string): Event {
  return running(id)[1]!;
}
function handoffOf(id: string): unknown {
  return (handedIn(id)[2] as { handoff?: unknown }).handoff;
}

/** What is tested next of a large change that came first and a small one, foreseen to conflict or not. */
const nextOf = (over: Partial<Request>, isForeseen: boolean) => {
  const [large, small] = ['t1.1', 't2.1'] as AttemptId[];
  const grown = handedIn('t1.1').map((e): Event => {
    if (e.type !== 'attempt.ended' || !e.handoff?.change) return e;
    return { ...e, handoff: { ...e.handoff, change: { ...e.handoff.change, linesAdded: 900 } } };
  });
  const events = [
    openedRun({ gate: 'true', gatePolicy: 'strict', ...over }),
    acceptedTask('t1'),
    acceptedTask('t2'),
  ];
  const state = openedStateOf([...events, ...grown, ...handedIn('t2.1')]);
  return testWanted(state, isForeseen ? [{ a: small!, b: large!, files: ['a.ts'] }] : [])?.probe;
};
test('of two handoffs that are foreseen to conflict the smaller one is tested first', () => {
  assert.deepEqual(nextOf({}, true), ['t2.1']);
  assert.deepEqual(nextOf({}, false), ['t1.1']);
});
test('branches people gave are tested in the order they were given, whatever is foreseen', () =>
  assert.deepEqual(nextOf({ mode: 'land' }, true), ['t1.1']));
