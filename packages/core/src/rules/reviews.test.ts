import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { PatchId, ReviewVerdict, Vote, VoteKind } from '../model/review.ts';
import { commit } from '../testing.ts';
import { findingsText, isSameChange, reviewVerdict } from './reviews.ts';

const KINDS: Readonly<Record<string, VoteKind>> = { a: 'approve', r: 'reject', b: 'block', '-': 'abstain' };
const NAMES = ['one', 'two', 'three'];

/** `a80` approves, 80 % sure; `?` has not answered. */
const votesOf = (text: string): readonly Vote[] =>
  text.split(' ').flatMap((word, i): Vote[] => {
    const vote = KINDS[word[0]!];
    if (vote === undefined) return [];
    return [{ reviewer: NAMES[i]!, vote, confidence: Number(word.slice(1) || 100) / 100, findings: [] }];
  });

/** Three are asked; the threshold is 0.6 unless a row says another. */
const TABLE: readonly (readonly [votes: string, quorum: number, then: ReviewVerdict, threshold?: number])[] =
  [
    // everybody has answered
    ['a a a', 2, 'approved'],
    ['a80 a80 r80', 2, 'approved'],
    ['a a r', 3, 'approved'],
    ['r r r', 2, 'rejected'],
    ['a r r', 2, 'rejected'],
    ['a30 r90 -', 2, 'rejected'],
    ['a90 r30 -', 2, 'approved'],
    // the threshold counts as reached by those that meet it, to the thousandth
    ['a60 r40 -', 2, 'approved'],
    ['a59 r41 -', 2, 'rejected'],
    ['a90 r60 -', 2, 'approved'],
    ['a70 r30 -', 2, 'approved', 0.7],
    ['a70 r31 -', 2, 'rejected', 0.7],
    // a tie rejects, also where the threshold would take it
    ['a r -', 2, 'rejected', 0.5],
    ['a51 r49 -', 2, 'approved', 0.5],
    ['a40 r60 -', 2, 'rejected', 0],
    ['a1 r1 -', 2, 'rejected', 0],
    ['a a a', 2, 'approved', 1],
    ['a a r1', 2, 'rejected', 1],
    // too few
    ['a - -', 2, 'no-quorum'],
    ['a - -', 1, 'approved'],
    ['- - -', 0, 'no-quorum'],
    ['r - -', 2, 'no-quorum'],
    ['a a a', 4, 'no-quorum'],
    // who is not sure at all says nothing
    ['a a0 -', 2, 'no-quorum'],
    ['a a r0', 2, 'approved'],
    ['a a b0', 2, 'approved'],
    ['a0 r0 b0', 1, 'no-quorum'],
    ['a0 a0 a0', 0, 'no-quorum'],
    // a block ends it, at once and whatever the others say
    ['a a b1', 2, 'rejected'],
    ['b ? ?', 3, 'rejected'],
    ['b - -', 3, 'rejected'],
    ['? b ?', 3, 'rejected'],
    // nothing else is decided before everybody has answered
    ['a a ?', 2, 'open'],
    ['r r ?', 2, 'open'],
    ['? ? ?', 0, 'open'],
    ['b0 ? ?', 1, 'open'],
  ];

for (const [votes, quorum, then, threshold = 0.6] of TABLE)
  test(`of three asked ${votes}, a quorum of ${quorum} and a threshold of ${threshold}: ${then}`, () => {
    assert.equal(reviewVerdict({ threshold, quorum }, NAMES, votesOf(votes)), then);
  });

test('the order of votes and who gives which change nothing', () => {
  for (const [text, quorum, then, threshold = 0.6] of TABLE.filter(([votes]) => !votes.includes('?')))
    for (const order of ['210', '120', '021']) {
      const words = text.split(' ');
      const other = [...order].map((i) => words[Number(i)]!).join(' ');
      assert.equal(reviewVerdict({ threshold, quorum }, NAMES, votesOf(other)), then, other);
    }
});

test('whoever goes on is told what those found that were against it', () => {
  const votes = [
    { reviewer: 'one', vote: 'approve', confidence: 1, findings: ['nice'] },
    { reviewer: 'two', vote: 'reject', confidence: 1, findings: ['a.ts:1 is wrong', 'a.ts:2 too'] },
    { reviewer: 'three', vote: 'block', confidence: 1, findings: [] },
  ] as const;
  assert.equal(findingsText(votes), 'two: a.ts:1 is wrong\ntwo: a.ts:2 too\nthree: block, with no word why');
});

test('what was voted on is that commit, or one that makes the same change; one without a name is no other', () => {
  const patch = 'p1' as PatchId;
  const other = 'p2' as PatchId;
  const voted = { commit: commit('a'), patch };
  assert.ok(isSameChange(voted, { commit: commit('a') }));
  assert.ok(isSameChange(voted, { commit: commit('b'), patch }));
  assert.ok(!isSameChange(voted, { commit: commit('b'), patch: other }));
  assert.ok(!isSameChange(voted, { commit: commit('b') }));
  assert.ok(!isSameChange({ commit: commit('a') }, { commit: commit('b') }));
});
