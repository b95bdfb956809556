import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { Event } from '../events.ts';
import type { AttemptId } from '../model/ids.ts';
import { NO_USAGE } from '../model/usage.ts';
import { opened } from '../state.ts';
import { acceptedTask, commit, handedIn, openedRun, running, stateOf } from '../testing.ts';
import { attemptVotedOn, isReviewerName, reviewerMay, reviewerName, votesWanted } from './reviewing.ts';

const review = { reviewers: 2, threshold: 0.6, quorum: 2 };
const TRY = 't1.1' as AttemptId;
const work = commit('work t1.1');
const asked = (attempt: string): Event => ({
  type: 'review.asked',
  attempt: attempt as AttemptId,
  commit: commit(`work ${attempt}`),
  reviewers: ['reviewer-1', 'reviewer-2'],
});
const under: Event[] = [openedRun({ review }), acceptedTask('t1'), ...handedIn(TRY), asked('t1.1')];
const given: Event = {
  type: 'review.given',
  attempt: TRY,
  commit: work,
  reviewer: 'reviewer-1',
  vote: 'approve',
  confidence: 1,
  findings: [],
  usage: NO_USAGE,
};

test('every reviewer that was asked and has not voted is wanted, by the commit it is asked about', () => {
  const names = (events: readonly Event[]) =>
    votesWanted(stateOf(events)).map(({ attempt, reviewer, commit: on }) => `${attempt} ${reviewer} ${on}`);
  assert.deepEqual(names(under), [`t1.1 reviewer-1 ${work}`, `t1.1 reviewer-2 ${work}`]);
  assert.deepEqual(names([...under, given]), [`t1.1 reviewer-2 ${work}`]);
  assert.deepEqual(names([openedRun({ review }), acceptedTask('t1'), ...running(TRY)]), []);
});

const may = (events: readonly Event[], limits = {}) => {
  const [, ...rest] = events;
  const { request } = openedRun({ review });
  const first = openedRun({ review, limits: { ...request.limits, ...limits } });
  return reviewerMay(opened(stateOf([first, ...rest])));
};

test('a reviewer begins where there is budget, and waits while nothing starts or something may come back', () => {
  assert.equal(may(under), 'begin');
  const paused: Event = { type: 'run.paused', reason: 'operator', detail: '' };
  assert.equal(may([...under, paused]), 'wait');
  const reached: Event = { type: 'budget.reached', which: 'tokens', limit: 1 };
  assert.equal(may([...under, reached]), 'wait');
  const set: Event = {
    type: 'spend.reserved',
    role: 'reconciler',
    slice: 1,
    reserved: { tokens: 95_000, usd: 0 },
  };
  assert.equal(may([...under, set], { tokens: 100_000 }), 'wait');
});

test('where the reviewers’ own part is used up there is nothing to wait for', () => {
  const spent: Event = {
    type: 'spend.recorded',
    role: 'reviewer',
    usage: { ...NO_USAGE, inputTokens: 95_000 },
  };
  const set: Event = {
    type: 'spend.reserved',
    role: 'reconciler',
    slice: 1,
    reserved: { tokens: 20_000, usd: 0 },
  };
  const limits = { tokens: 1_000_000, roles: { reviewer: { tokens: 100_000 } } };
  assert.equal(may([...under, spent, set], limits), 'nothing');
  assert.equal(
    may([...under, { ...set, role: 'reviewer', reserved: { tokens: 95_000, usd: 0 } }], limits),
    'wait',
  );
});

test('an agent that votes has a name of its own, and no other text is one', () => {
  assert.equal(reviewerName(TRY, 'reviewer-2'), 't1.1-reviewer-2');
  assert.ok(isReviewerName('t1.1-reviewer-2'));
  assert.equal(attemptVotedOn('t1.1-reviewer-2'), TRY);
  for (const text of ['t1.1', 't1.1-reviewer-0', 't1.1-reviewer-2/..', '../t1.1-reviewer-2', 't1-reviewer-1'])
    assert.ok(!isReviewerName(text), text);
});
