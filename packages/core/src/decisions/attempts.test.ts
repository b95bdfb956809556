import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { Command } from '../commands.ts';
import { decide } from '../decide.ts';
import type { Event } from '../events.ts';
import { ENDINGS, type EndingReason, UNCOUNTED_ATTEMPTS_MAX } from '../model/attempt.ts';
import type { AttemptId, TaskId } from '../model/ids.ts';
import { NO_USAGE, tokensOf, type Usage } from '../model/usage.ts';
import {
  acceptedTask,
  after,
  aHandoff,
  apply,
  brief,
  cancelled,
  check,
  commit,
  endedAttempt,
  handedIn,
  type Law,
  LIMITS,
  landedTask,
  openedRun,
  running,
  startedAttempt,
  stateOf,
  usage,
} from '../testing.ts';

const FREE = { tokens: 0, usd: 0 };
const start = (task: string, reserved = FREE): Command => ({
  type: 'startAttempt',
  task: task as TaskId,
  worker: 'w1',
  reserved,
});
const agent = (id: string): Command => ({
  type: 'startAgent',
  attempt: id as AttemptId,
  driver: 'd',
  promptHash: 'p',
});
const end = (id: string, reason: EndingReason): Command => ({
  type: 'endAttempt',
  attempt: id as AttemptId,
  reason,
  detail: '',
  usage: NO_USAGE,
  ...('delivers' in ENDINGS[reason] && { handoff: aHandoff(id) }),
});

const triedOnBase = (id: string): Command => ({
  type: 'recordVerify',
  attempt: id as AttemptId,
  commit: commit('base'),
  isGreen: true,
});

const run = openedRun();
const one: Event[] = [run, acceptedTask('t1')];
const two: Event[] = [...one, acceptedTask('t2', after('t1'))];
const requeued = (id: string): Event => ({
  type: 'task.requeued',
  task: id.split('.')[0] as TaskId,
  because: 'timeout',
});
const lostOnce = (id: string): Event[] => [startedAttempt(id), endedAttempt(id, 'lost'), requeued(id)];
const lastOnes = openedRun({ limits: { ...LIMITS, attempts: 1, tokens: 20_000 } });
const capped = openedRun({ limits: { ...LIMITS, tokens: 50_000 } });

const LAWS: Record<string, Law> = {
  'a pending task may start': { given: one, when: start('t1'), gives: ['attempt.started t1.1'] },
  'attempts of a task are numbered on': {
    given: [...one, ...lostOnce('t1.1')],
    when: start('t1'),
    gives: ['attempt.started t1.2'],
  },
  'a task waits for its dependencies to land': {
    given: [...two, ...handedIn('t1.1')],
    when: start('t2'),
    gives: 'not-ready',
  },
  'a task starts when its dependencies have landed': {
    given: [...two, ...landedTask('t1', 'l1')],
    when: start('t2'),
    gives: ['attempt.started t2.1'],
  },
  'a change outside its scope waits to land all the same, where that is only told': {
    given: [run, acceptedTask('t1', { scope: ['b.txt'] }), ...running('t1.1')],
    when: end('t1.1', 'handed-in'),
    gives: ['attempt.ended t1.1 handed-in'],
  },
  'held to its scope, it never waits to land': {
    given: [openedRun({ outside: 'hold' }), acceptedTask('t1', { scope: ['b.txt'] }), ...running('t1.1')],
    when: end('t1.1', 'handed-in'),
    gives: ['attempt.ended t1.1 handed-in', 'landing.rejected t1.1 scope-broken'],
  },
  'held to its scope, its last attempt ends the task': {
    given: [
      openedRun({ outside: 'hold', limits: { ...LIMITS, attempts: 1 } }),
      acceptedTask('t1', { scope: ['b.txt'] }),
      ...running('t1.1'),
    ],
    when: end('t1.1', 'handed-in'),
    gives: ['attempt.ended t1.1 handed-in', 'landing.rejected t1.1 scope-broken', 'task.failed t1 attempts'],
  },
  'held to its scope, a change within it waits to land': {
    given: [openedRun({ outside: 'hold' }), acceptedTask('t1', { scope: ['a.txt'] }), ...running('t1.1')],
    when: end('t1.1', 'handed-in'),
    gives: ['attempt.ended t1.1 handed-in'],
  },
  'an attempt that met what the run’s budget had left is the budget’s end, and no attempt of its task': {
    given: [lastOnes, acceptedTask('t1'), startedAttempt('t1.1', { tokens: 20_000, usd: 0 })],
    when: end('t1.1', 'token-limit'),
    gives: ['attempt.ended t1.1 budget-limit', 'task.requeued t1 budget-limit', 'budget.reached tokens'],
  },
  'so it is where money bounds the run': {
    given: [
      openedRun({ limits: { ...LIMITS, attempts: 1, usd: 0.05 } }),
      acceptedTask('t1'),
      startedAttempt('t1.1', { tokens: 0, usd: 0.05 }),
    ],
    when: end('t1.1', 'money-limit'),
    gives: ['attempt.ended t1.1 budget-limit', 'task.requeued t1 budget-limit', 'budget.reached usd'],
  },
  'beside another, which may give something back, the budget is not reached yet': {
    given: [
      lastOnes,
      acceptedTask('t1'),
      acceptedTask('t2'),
      startedAttempt('t1.1', { tokens: 10_000, usd: 0 }),
      startedAttempt('t2.1', { tokens: 10_000, usd: 0 }),
    ],
    when: end('t1.1', 'token-limit'),
    gives: ['attempt.ended t1.1 budget-limit', 'task.requeued t1 budget-limit'],
  },
  'one that met its share, of a budget that has more, is its task’s': {
    given: [lastOnes, acceptedTask('t1'), startedAttempt('t1.1', { tokens: 10_000, usd: 0 })],
    when: end('t1.1', 'token-limit'),
    gives: ['attempt.ended t1.1 token-limit', 'task.failed t1 attempts'],
  },
  'one that met its own limit is its task’s, whatever is left of the budget': {
    given: [
      openedRun({ limits: { ...LIMITS, attempts: 1, tokens: 20_000, attemptTokens: 20_000 } }),
      acceptedTask('t1'),
      startedAttempt('t1.1', { tokens: 20_000, usd: 0 }),
    ],
    when: end('t1.1', 'token-limit'),
    gives: ['attempt.ended t1.1 token-limit', 'task.failed t1 attempts'],
  },
  'one that failed by itself is its task’s, with nothing left of the budget either': {
    given: [lastOnes, acceptedTask('t1'), startedAttempt('t1.1', { tokens: 20_000, usd: 0 })],
    when: end('t1.1', 'agent-failed'),
    gives: ['attempt.ended t1.1 agent-failed', 'task.failed t1 attempts'],
  },
  'a task has one attempt at a time': {
    given: [...one, startedAttempt('t1.1')],
    when: start('t1'),
    gives: 'illegal-move',
  },
  'a task tried again waits until its cancelled attempt has ended': {
    given: [
      ...one,
      ...running('t1.1'),
      cancelled('t1'),
      { type: 'task.retried', task: 't1' as TaskId, by: 'operator' },
    ],
    when: start('t1'),
    gives: 'not-ready',
  },
  'no more attempts run than there are workers': {
    given: [
      openedRun({ limits: { ...LIMITS, workers: 1 } }),
      acceptedTask('t1'),
      acceptedTask('t2'),
      startedAttempt('t1.1'),
    ],
    when: start('t2'),
    gives: 'not-ready',
  },
  'nothing starts while the run is paused': {
    given: [...one, { type: 'run.paused', reason: 'operator', detail: '' }],
    when: start('t1'),
    gives: 'not-ready',
  },
  'nothing starts once the budget is reached': {
    given: [...one, { type: 'budget.reached', which: 'tokens', limit: 1 }],
    when: start('t1'),
    gives: 'not-ready',
  },
  'nothing starts that the rest of the budget does not cover': {
    given: [
      capped,
      acceptedTask('t1'),
      acceptedTask('t2'),
      startedAttempt('t1.1', { tokens: 30_000, usd: 0 }),
    ],
    when: start('t2', { tokens: 30_000, usd: 0 }),
    gives: 'not-ready',
  },
  'what exactly uses up the budget may still start': {
    given: [
      capped,
      acceptedTask('t1'),
      acceptedTask('t2'),
      startedAttempt('t1.1', { tokens: 30_000, usd: 0 }),
    ],
    when: start('t2', { tokens: 20_000, usd: 0 }),
    gives: ['attempt.started t2.1'],
  },
  'an agent starts once in its attempt': {
    given: [...one, ...running('t1.1')],
    when: agent('t1.1'),
    gives: 'late',
  },
  'no agent starts for a task that was cancelled': {
    given: [...one, startedAttempt('t1.1'), cancelled('t1')],
    when: agent('t1.1'),
    gives: 'late',
  },
  'a check is tried on the base before the agent starts': {
    given: [...one, startedAttempt('t1.1')],
    when: triedOnBase('t1.1'),
    gives: ['verify.tried t1.1'],
  },
  'once the agent runs, a check says nothing of the base any more': {
    given: [...one, ...running('t1.1')],
    when: triedOnBase('t1.1'),
    gives: 'late',
  },
  'no check is tried for an attempt that nobody started': {
    given: one,
    when: triedOnBase('t1.1'),
    gives: 'unknown-attempt',
  },

  // fencing
  'an attempt nobody started cannot end': {
    given: one,
    when: end('t1.1', 'timeout'),
    gives: 'unknown-attempt',
  },
  'the first report wins: a second one without work is refused': {
    given: [...one, ...lostOnce('t1.1')],
    when: end('t1.1', 'timeout'),
    gives: 'late',
  },
  'work that comes after its attempt had ended is kept, and changes nothing': {
    given: [...one, ...lostOnce('t1.1')],
    when: end('t1.1', 'handed-in'),
    gives: ['attempt.late t1.1 handed-in'],
  },
  'an older attempt cannot end the present one': {
    given: [...one, ...lostOnce('t1.1'), ...running('t1.2')],
    when: end('t1.1', 'handed-in'),
    gives: ['attempt.late t1.1 handed-in'],
  },
  'an attempt of a cancelled task ends without another following': {
    given: [...one, ...running('t1.1'), cancelled('t1')],
    when: end('t1.1', 'cancelled'),
    gives: ['attempt.ended t1.1 cancelled'],
  },
  'work handed in for a cancelled task does not queue': {
    given: [...one, ...running('t1.1'), cancelled('t1')],
    when: end('t1.1', 'handed-in'),
    gives: ['attempt.ended t1.1 handed-in'],
  },

  // delivering
  'a handoff queues': {
    given: [...one, ...running('t1.1')],
    when: end('t1.1', 'handed-in'),
    gives: ['attempt.ended t1.1 handed-in'],
  },
  'nothing is handed in without a handoff': {
    given: [...one, ...running('t1.1')],
    when: {
      type: 'endAttempt',
      attempt: 't1.1' as AttemptId,
      reason: 'handed-in',
      detail: '',
      usage: NO_USAGE,
    },
    gives: 'illegal-move',
  },
  'nothing is handed in without a commit': {
    given: [...one, ...running('t1.1')],
    when: {
      type: 'endAttempt',
      attempt: 't1.1' as AttemptId,
      reason: 'handed-in',
      detail: '',
      usage: NO_USAGE,
      handoff: (({ change: _none, ...rest }) => rest)(aHandoff('t1.1')),
    },
    gives: 'illegal-move',
  },
  'an agent that never ran delivers nothing': {
    given: [...one, startedAttempt('t1.1')],
    when: end('t1.1', 'handed-in'),
    gives: 'illegal-move',
  },
  'a task whose dependency went away while it ran fails with it instead of waiting for ever': {
    given: [
      ...two,
      ...landedTask('t1', 'l1'),
      ...running('t2.1'),
      { type: 'landing.undone', task: 't1' as TaskId, commit: commit('revert'), by: 'operator' },
    ],
    when: end('t2.1', 'timeout'),
    gives: ['attempt.ended t2.1 timeout', 'task.failed t2 dependency'],
  },
};

for (const [title, law] of Object.entries(LAWS)) test(title, () => check(law));

/** What follows the first bad ending of a task with three attempts, and the last one. */
for (const [name, rule] of Object.entries(ENDINGS)) {
  const reason = name as EndingReason;
  if ('delivers' in rule) continue;
  const failed = `task.failed t1 ${['agent-blocked', 'verify-broken'].includes(reason) ? 'blocked' : 'attempts'}`;
  const then = rule.retries ? ['task.requeued t1'] : [failed, 'task.failed t2 dependency'];
  test(`an attempt that ${rule.means} ${rule.counts ? 'counts' : 'does not count'} and is ${rule.retries ? '' : 'not '}tried again`, () => {
    const s = stateOf([...two, ...running('t1.1')]);
    assert.deepEqual(
      apply(s, end('t1.1', reason)).map((e) => brief(e).split(' ').slice(0, 3).join(' ')),
      [
        `attempt.ended t1.1 ${reason}`,
        ...then.map((line) => (rule.retries ? `${line} ${reason}`.split(' ').slice(0, 3).join(' ') : line)),
      ],
    );
    assert.equal(s.tasks.get('t1' as TaskId)!.counted, rule.counts ? 1 : 0);
  });
}

/** Ends attempts at t1 as `reason` until no further one follows; how many were there? */
function attemptsUntilOver(reason: EndingReason, attempts: number): number {
  const s = stateOf([openedRun({ limits: { ...LIMITS, attempts } }), acceptedTask('t1')]);
  const t1 = 't1' as TaskId;
  let n = 0;
  while (s.tasks.get(t1)!.state === 'pending') {
    apply(s, start('t1'));
    n += 1;
    apply(s, agent(`t1.${n}`));
    apply(s, end(`t1.${n}`, reason));
  }
  assert.equal(s.tasks.get(t1)!.state, 'failed');
  return n;
}

test('a task is tried as often as its attempts allow, no more and no less', () => {
  for (const attempts of [1, 2, 5]) assert.equal(attemptsUntilOver('verify-failed', attempts), attempts);
});

test('attempts that are nobody’s fault do not count, but are bounded too', () => {
  assert.equal(attemptsUntilOver('lost', 1), UNCOUNTED_ATTEMPTS_MAX);
});

test('an operator’s retry does not lift the bound on all attempts', () => {
  const s = stateOf([openedRun({ limits: { ...LIMITS, attempts: 1 } }), acceptedTask('t1')]);
  const t1 = 't1' as TaskId;
  for (let n = 1; n <= UNCOUNTED_ATTEMPTS_MAX; n += 1) {
    if (n > 1) apply(s, { type: 'retry', task: t1, by: 'operator' });
    apply(s, start('t1'));
    apply(s, end(`t1.${n}`, 'timeout'));
  }
  const again = decide(s, { type: 'retry', task: t1, by: 'operator' });
  assert.equal(again.kind === 'refusal' && again.reason, 'out-of-range');
});

test('the next attempt goes on from the work of the last', () => {
  const s = stateOf([...one, ...running('t1.1')]);
  apply(s, { ...end('t1.1', 'verify-failed'), work: commit('half') } as Command);
  apply(s, start('t1'));
  assert.equal(s.attempts.get('t1.2' as AttemptId)!.from, commit('half'));
});

const rework = (id: string): Command => ({
  type: 'reworkAttempt',
  attempt: id as AttemptId,
  reason: 'gate-failed',
  detail: '1 failure',
});
const reworked = (id: string, round: number): Event => ({
  type: 'attempt.reworked',
  attempt: id as AttemptId,
  round,
  reason: 'gate-failed',
  detail: '1 failure',
});

test('an agent goes on with what its checks said three times, and then the attempt ends', () => {
  const state = stateOf([...one, ...running('t1.1')]);
  for (const round of [1, 2, 3]) assert.deepEqual(apply(state, rework('t1.1')), [reworked('t1.1', round)]);
  const answer = decide(state, rework('t1.1'));
  assert.deepEqual([answer.kind, 'reason' in answer && answer.reason], ['refusal', 'not-ready']);
  assert.deepEqual(apply(state, end('t1.1', 'gate-failed')).map(brief), [
    'attempt.ended t1.1 gate-failed',
    'task.requeued t1 gate-failed',
  ]);
});

test('an attempt that nobody wants any more, or that has ended, does not go on', () => {
  const paused: Event = { type: 'run.paused', reason: 'quota', detail: '' };
  for (const events of [
    [startedAttempt('t1.1')],
    [...running('t1.1'), cancelled('t1')],
    [...running('t1.1'), endedAttempt('t1.1', 'timeout')],
    [...running('t1.1'), paused],
  ])
    assert.equal(decide(stateOf([...one, ...events]), rework('t1.1')).kind, 'refusal');
});

test('what an agent said stays on its attempt, whatever its ending; what a landing was refused for too', () => {
  const claim = { status: 'partial', summary: 'half', concerns: ['c'], suggestions: ['s'] } as const;
  const state = stateOf([...one, ...running('t1.1')]);
  apply(state, { ...end('t1.1', 'step-limit'), claim } as Command);
  const attempt = state.attempts.get('t1.1' as AttemptId)!;
  assert.deepEqual(attempt.state === 'ended' && attempt.claim, claim);
  const refused = stateOf([...one, ...handedIn('t1.1')]);
  const files = ['src/a.ts'];
  apply(refused, {
    type: 'rejectHandoff',
    attempt: 't1.1' as AttemptId,
    reason: 'conflict',
    detail: 'd',
    files,
  });
  const first = refused.attempts.get('t1.1' as AttemptId)!;
  assert.deepEqual(first.state === 'ended' && first.rejected, { reason: 'conflict', detail: 'd', files });
});

test('a task that failed by its last attempt is news for the planner, once; one that is tried again is not', () => {
  const planned = openedRun({ mode: 'planner', limits: { ...LIMITS, attempts: 2 } });
  const state = stateOf([planned, acceptedTask('t1'), acceptedTask('t2', after('t1')), ...running('t1.1')]);
  const failures = () => state.planning.news.flatMap((n) => (n.kind === 'failed' ? [n.task] : []));
  apply(state, end('t1.1', 'gate-failed'));
  assert.deepEqual([failures(), state.planning.newsOf.failed], [[], 0]);
  apply(state, start('t1'));
  apply(state, agent('t1.2'));
  apply(state, end('t1.2', 'gate-failed'));
  assert.deepEqual([failures(), state.planning.newsOf.failed], [['t1', 't2'], 2]);
});

test('what a host only says it used is booked, and never less than was set aside; what was metered is booked as it is', () => {
  const reserved = { tokens: 5_000, usd: 0.5 };
  const given = [run, acceptedTask('t1'), startedAttempt('t1.1', reserved)];
  const bookedOf = (used: Usage): readonly [number, number] => {
    const state = stateOf(given);
    apply(state, { ...end('t1.1', 'agent-failed'), usage: used } as Command);
    return [tokensOf(state.spending.used), state.spending.used.costUsd];
  };
  assert.deepEqual(bookedOf({ ...usage(10, 0.01), claimed: true }), [5_000, 0.5]);
  assert.deepEqual(bookedOf({ ...usage(10, 0.01), outputTokens: 30, claimed: true }), [5_000, 0.5]);
  assert.deepEqual(bookedOf({ ...usage(9_000, 2), claimed: true }), [9_000, 2]);
  assert.deepEqual(bookedOf(usage(10, 0.01)), [10, 0.01]);
});
