import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { Command } from '../commands.ts';
import type { Event, EventOf } from '../events.ts';
import type { AttemptId, TaskId } from '../model/ids.ts';
import { type PatchId, REVIEWS_MAX, type VoteKind } from '../model/review.ts';
import { NO_USAGE } from '../model/usage.ts';
import {
  aCandidate,
  acceptedTask,
  aHandoff,
  apply,
  brief,
  check,
  commit,
  handedIn,
  type Law,
  member,
  openedRun,
  running,
  stateOf,
} from '../testing.ts';

const run = openedRun({ review: { reviewers: 2, threshold: 0.6, quorum: 2 } });
const TRY = 't1.1' as AttemptId;
const patch = 'p1' as PatchId;
const work = commit('work t1.1');
const asked: EventOf<'review.asked'> = {
  type: 'review.asked',
  attempt: TRY,
  commit: work,
  patch,
  reviewers: ['reviewer-1', 'reviewer-2'],
};
const vote = (n: number, kind: VoteKind, over: Partial<EventOf<'review.given'>> = {}) => ({
  attempt: TRY,
  commit: work,
  reviewer: `reviewer-${n}`,
  vote: kind,
  confidence: 0.9,
  findings: [],
  usage: NO_USAGE,
  ...over,
});
const given = (n: number, kind: VoteKind): Event => ({ type: 'review.given', ...vote(n, kind) });
const give = (n: number, kind: VoteKind, over: Partial<EventOf<'review.given'>> = {}): Command => {
  const { type: _, ...about } = { type: '', ...vote(n, kind, over) };
  return { type: 'giveReview', ...about };
};
const approved: Event = { type: 'review.ended', attempt: TRY, commit: work, verdict: 'approved' };
const waiting: Event[] = [run, acceptedTask('t1'), ...handedIn(TRY), asked];
const passed: Event[] = [...waiting, given(1, 'approve'), given(2, 'approve'), approved];
const land = (over: { commit?: typeof work; patch?: PatchId }): Command => ({
  type: 'startLanding',
  members: [{ ...member(TRY), ...over }],
  candidate: aCandidate([TRY]),
});

const LAWS: Record<string, Law> = {
  'what is handed in is put to the vote, in the same decision': {
    given: [run, acceptedTask('t1'), ...running(TRY)],
    when: {
      type: 'endAttempt',
      attempt: TRY,
      reason: 'handed-in',
      detail: '',
      usage: NO_USAGE,
      handoff: aHandoff(TRY),
    },
    gives: ['attempt.ended t1.1 handed-in', 'review.asked t1.1'],
  },
  'one vote of two decides nothing': {
    given: waiting,
    when: give(1, 'approve'),
    gives: ['review.given t1.1'],
  },
  'the last vote decides': {
    given: [...waiting, given(1, 'approve')],
    when: give(2, 'approve'),
    gives: ['review.given t1.1', 'review.ended t1.1'],
  },
  'a block has it made anew, with what was found': {
    given: waiting,
    when: give(1, 'block'),
    gives: ['review.given t1.1', 'review.ended t1.1', 'landing.rejected t1.1 review-rejected'],
  },
  'without a quorum it needs a person: the task is not tried again': {
    given: [...waiting, given(1, 'approve')],
    when: give(2, 'abstain'),
    gives: [
      'review.given t1.1',
      'review.ended t1.1',
      'landing.rejected t1.1 no-quorum',
      'task.failed t1 attempts',
    ],
  },
  'a vote on another commit is none': {
    given: waiting,
    when: give(1, 'approve', { commit: commit('older') }),
    gives: 'late',
  },
  'nobody votes twice': { given: [...waiting, given(1, 'abstain')], when: give(1, 'approve'), gives: 'late' },
  'nobody votes who was not asked': { given: waiting, when: give(3, 'approve'), gives: 'illegal-move' },
  'nobody is more than sure': {
    given: waiting,
    when: give(1, 'approve', { confidence: Number.NaN }),
    gives: 'out-of-range',
  },
  'a vote settles a slice of its own role only': {
    given: waiting,
    when: give(1, 'approve', { slice: 7 }),
    gives: 'late',
  },
  'what waits for votes does not land': { given: waiting, when: land({ patch }), gives: 'late' },
  'what was voted for lands as another commit that makes the same change': {
    given: passed,
    when: land({ patch }),
    gives: ['landing.started l1'],
  },
  'what was voted for does not land as another change': {
    given: passed,
    when: land({ patch: 'p2' as PatchId }),
    gives: 'unreviewed',
  },
  'what nobody can tell to be the same does not land': { given: passed, when: land({}), gives: 'unreviewed' },
  'another change is voted on anew': {
    given: passed,
    when: { type: 'askReview', attempt: TRY, commit: commit('landed t1.1'), patch: 'p2' as PatchId },
    gives: ['review.asked t1.1'],
  },
  'the same change is not voted on again': {
    given: passed,
    when: { type: 'askReview', attempt: TRY, commit: commit('landed t1.1'), patch },
    gives: 'illegal-move',
  },
  'a run that asks no reviewers lands without votes': {
    given: [openedRun(), acceptedTask('t1'), ...handedIn(TRY)],
    when: land({}),
    gives: ['landing.started l1'],
  },
};

for (const [title, law] of Object.entries(LAWS)) test(title, () => check(law));

test('what was voted for an earlier change counts no more', () => {
  const s = stateOf(passed);
  const anew = commit('landed t1.1');
  apply(s, { type: 'askReview', attempt: TRY, commit: anew, patch: 'p2' as PatchId });
  assert.deepEqual(apply(s, give(1, 'approve', { commit: anew })).map(brief), ['review.given t1.1']);
});

test('a change that is another after each of several votes is made anew, and that costs no attempt', () => {
  const s = stateOf(passed);
  for (let n = 1; n < REVIEWS_MAX; n++) {
    const anew = commit(`landed ${n}`);
    apply(s, { type: 'askReview', attempt: TRY, commit: anew, patch: `p${n + 1}` as PatchId });
    for (const reviewer of [1, 2]) apply(s, give(reviewer, 'approve', { commit: anew }));
  }
  const last = apply(s, { type: 'askReview', attempt: TRY, commit: commit('again'), patch: 'p9' as PatchId });
  assert.deepEqual(last.map(brief), ['landing.rejected t1.1 review-rejected']);
  const t = s.tasks.get('t1' as TaskId)!;
  assert.deepEqual([t.state, t.counted, t.workCommit], ['pending', 0, work]);
});

test('whoever goes on starts from the work and is told what was found', () => {
  const s = stateOf(waiting);
  apply(s, give(1, 'block', { findings: ['a.ts:1 is wrong'] }));
  const t = s.tasks.get('t1' as TaskId)!;
  assert.deepEqual(
    [t.state, t.workCommit, t.setback?.reason, t.setback?.detail],
    ['pending', work, 'review-rejected', 'reviewer-1: a.ts:1 is wrong'],
  );
});

test('findings are kept within bounds', () => {
  const s = stateOf(waiting);
  const [vote] = apply(
    s,
    give(1, 'reject', { findings: Array.from({ length: 50 }, () => 'x'.repeat(5_000)) }),
  );
  const { findings } = vote as EventOf<'review.given'>;
  assert.deepEqual([findings.length, findings[0]!.length], [20, 1_000]);
});
