import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { TaskId } from '../model/ids.ts';
import { type Entrant, losersOf, ranked, whyBehind, whyPicked } from './picking.ts';

const one = (task: string, over: Partial<Entrant> = {}): Entrant => ({
  task: task as TaskId,
  nth: Number(task.slice(1)),
  brings: 'change',
  isVerified: true,
  isGreen: true,
  isWhole: true,
  lines: 10,
  files: 2,
  costUsd: 0.2,
  tokens: 5_000,
  why: '',
  ...over,
});
const none = (task: string, over: Partial<Entrant> = {}): Entrant =>
  one(task, { brings: 'none', isVerified: false, lines: 0, files: 0, why: 'it ran out of time', ...over });

/** What the better one is, the better, the other, and what is said of the other. */
const TABLE: readonly (readonly [string, Partial<Entrant>, Partial<Entrant>, RegExp])[] = [
  ['handed in', { lines: 900 }, { ...none('t1') }, /^it ran out of time$/],
  [
    'a change, where the other found nothing to do',
    { isVerified: false },
    { brings: 'nothing-to-do', lines: 0, files: 0 },
    /^it found nothing to do, and t2 did$/,
  ],
  [
    'verified',
    { lines: 900 },
    { isVerified: false },
    /^t2 is verified, and it is not \(10 lines in 2 files\)$/,
  ],
  ['green', { lines: 900 }, { isGreen: false }, /^the gate passes on t2, and not on it/],
  ['complete', { lines: 900 }, { isWhole: false }, /^t2 is complete, and it is partial/],
  ['of fewer lines', { files: 9 }, { lines: 11 }, /^it changes 11 lines in 2 files, and t2 10$/],
  ['in fewer files', { costUsd: 9 }, { files: 3 }, /^it changes 10 lines in 3 files, and t2 as many in 2$/],
  ['cheaper', { tokens: 9_000 }, { costUsd: 0.25 }, /^it cost \$0\.25, and t2 \$0\.20 \(10 lines/],
  ['of fewer tokens', {}, { tokens: 5_001 }, /^it used 5001 tokens, and t2 5000/],
  ['first of equals', { nth: 0 }, {}, /^it is no better than t2, which comes first/],
];

for (const [what, better, other, said] of TABLE)
  test(`what is ${what} is taken, whatever counts less, and the other is told so`, () => {
    const [a, b] = [one('t2', better), one('t1', other)];
    for (const given of [
      [a, b],
      [b, a],
    ])
      assert.deepEqual(
        ranked(given).map(({ task }) => task),
        ['t2', 't1'],
      );
    assert.match(whyBehind(a, b), said);
  });

test('why one is taken names its size, and the one that came next', () => {
  const [first, ...others] = ranked([
    none('t3'),
    one('t2', { lines: 30 }),
    one('t1', { lines: 1, files: 1 }),
  ]);
  assert.equal(
    whyPicked([first!, ...others]),
    '1 line in 1 file; next came t2: it changes 30 lines in 2 files, and t1 1',
  );
  assert.deepEqual(losersOf([first!, ...others]), [
    { task: 't2', why: 'it changes 30 lines in 2 files, and t1 1' },
    { task: 't3', why: 'it ran out of time' },
  ]);
  assert.equal(whyPicked([one('t1'), none('t2')]), '10 lines in 2 files; it alone handed in');
});

test('of those that handed nothing in the one that got past its own check came furthest', () => {
  const [first] = ranked([none('t1'), none('t2', { isVerified: true })]);
  assert.equal(first!.task, 't2');
});
