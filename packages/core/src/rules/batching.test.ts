import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AttemptId, CommitId, LandingId } from '../model/ids.ts';
import {
  emptyLine,
  failTest,
  type GatePolicy,
  type Line,
  leaveLine,
  loseRace,
  nextTest,
  PROBE_MAX,
  passTest,
  poolSize,
  prefixSize,
  startTest,
} from './batching.ts';
import { noEstimates } from './estimates.ts';
import { type Below, belowEach, readyOf } from './landing-order.ts';

const HEAD = 'h' as CommitId;
const ids = (...numbers: number[]): AttemptId[] => numbers.map((n) => `t${n}.1` as AttemptId);
const upTo = (n: number): AttemptId[] => ids(...Array.from({ length: n }, (_, i) => i + 1));
const l = (n: number): LandingId => `l${n}` as LandingId;

/** Estimates of a run in which this share of 200 handoffs failed. */
const failing = (share: number) => ({ ...noEstimates(), good: 200 * (1 - share), bad: 200 * share });

interface Situation {
  readonly policy?: GatePolicy;
  readonly parallel?: number;
  readonly queue: number;
  readonly given?: (line: Line) => void;
  readonly share?: number;
  /** By number, whom it goes behind. */
  readonly below?: Readonly<Record<number, number>>;
}

/** `2 3 | 5 6`: carried, then what it is about; `-`: nothing. */
function asked({
  policy = 'batch',
  parallel = 1,
  queue,
  given,
  share = 0.35,
  below = {},
}: Situation): string {
  const line = { ...emptyLine(), estimates: failing(share) };
  given?.(line);
  const pairs = Object.entries(below).map(([n, under]) => [ids(Number(n))[0]!, ids(under)] as const);
  const ask = { policy, parallel, head: HEAD, queue: upTo(queue), line, below: new Map(pairs) };
  const test = nextTest(ask);
  const numbers = (members: readonly AttemptId[]) => members.map((m) => /\d+/.exec(m)![0]).join(' ');
  return test ? [numbers(test.carried), numbers(test.probe)].filter(Boolean).join(' | ') || '?' : '-';
}

const running =
  (n: number, members: readonly AttemptId[], parent = HEAD) =>
  (line: Line): void =>
    startTest(line, l(n), members, parent);
const failed =
  (n: number, members: readonly AttemptId[]) =>
  (line: Line): void => {
    running(n, members)(line);
    failTest(line, l(n), false);
  };
const cleared =
  (n: number, members: readonly AttemptId[]) =>
  (line: Line): void => {
    running(n, members, 'before' as CommitId)(line);
    passTest(line, l(n));
  };
const all =
  (...steps: ((line: Line) => void)[]) =>
  (line: Line): void => {
    for (const step of steps) step(line);
  };

/** What is tested next, by situation: the truth table. A third of handoffs fail unless it says otherwise. */
const TABLE: Record<string, [Situation, string]> = {
  'nothing waits: nothing': [{ queue: 0 }, '-'],
  'one waits: that one': [{ queue: 1 }, '1'],
  'as many as together pass every other time, in order of arrival': [{ queue: 9 }, '1 2'],
  'fewer handoffs fail: more at once': [{ queue: 99, share: 0.1 }, '1 2 3 4 5 6 7'],
  'strict: one': [{ queue: 9, policy: 'strict' }, '1'],
  'no gate: one': [{ queue: 9, policy: 'none' }, '1'],
  'every slot is taken: nothing': [{ queue: 9, given: running(1, ids(1, 2)) }, '-'],
  'a slot is free: those that are not under test': [
    { queue: 9, parallel: 2, given: running(1, ids(1, 2)) },
    '3 4',
  ],
  'beside a batch that is not full, and will most likely land: nothing that is not full either': [
    { queue: 2, parallel: 2, given: running(1, ids(1)) },
    '-',
  ],
  'beside it, what fills a batch': [{ queue: 3, parallel: 2, given: running(1, ids(1)) }, '2 3'],
  'beside it, suspects': [
    { queue: 3, parallel: 2, given: all(failed(1, ids(2, 3)), running(2, ids(1))) },
    '2',
  ],
  'beside suspects, whatever waits': [
    { queue: 3, parallel: 2, given: all(failed(1, ids(2, 3)), running(2, ids(2))) },
    '1',
  ],
  'beside a full batch, whatever waits': [{ queue: 3, parallel: 2, given: running(1, ids(1, 2)) }, '3'],
  'beside a test on a head that was, whatever waits': [
    { queue: 2, parallel: 2, given: running(1, ids(1), 'before' as CommitId) },
    '2',
  ],
  'strict: beside the one that is tested, the next, for one more waits whose run it will go in front of': [
    { queue: 3, parallel: 2, policy: 'strict', given: running(1, ids(1)) },
    '2',
  ],
  'strict: the last that waits is not tested beside another': [
    { queue: 2, parallel: 2, policy: 'strict', given: running(1, ids(1)) },
    '-',
  ],
  'strict: nor beside one on a head that was, which it will have in front': [
    { queue: 2, parallel: 2, policy: 'strict', given: running(1, ids(1), 'before' as CommitId) },
    '-',
  ],
  'strict: after three lost races it is, for what is on a head that was will clear nothing': [
    {
      queue: 2,
      parallel: 2,
      policy: 'strict',
      given: all(running(1, ids(2), 'before' as CommitId), loseRace, loseRace, loseRace),
    },
    '1',
  ],
  'strict: what was cleared waits beside another too': [
    { queue: 2, parallel: 2, policy: 'strict', given: all(cleared(1, ids(1)), running(2, ids(2))) },
    '-',
  ],
  'strict: where two of three fail, whatever waits: the verdict tells something': [
    { queue: 2, parallel: 2, policy: 'strict', share: 0.7, given: running(1, ids(1)) },
    '2',
  ],
  'all are under test: nothing, even with a slot free': [
    { queue: 2, parallel: 2, given: running(1, ids(1, 2)) },
    '-',
  ],
  'what passed on a head that was goes in front': [{ queue: 9, given: cleared(1, ids(3, 4)) }, '3 4 | 1 2'],
  'and is tested by itself when nothing else waits': [{ queue: 2, given: cleared(1, ids(1, 2)) }, '1 2'],
  'but not while a test on the head holds it': [
    { queue: 2, parallel: 2, given: all(cleared(1, ids(1, 2)), running(2, ids(1, 2))) },
    '-',
  ],
  'a test on a head that was does not hold it': [
    { queue: 2, parallel: 2, given: all(cleared(1, ids(1, 2)), running(2, ids(1, 2), 'before' as CommitId)) },
    '1 2',
  ],
  'of two that failed together, the first': [{ queue: 9, given: failed(1, ids(1, 2)) }, '1'],
  'of eight that failed together, those that most likely pass every other time': [
    { queue: 99, share: 0.05, given: failed(1, upTo(8)) },
    '1 2 3 4',
  ],
  'one that is alone under suspicion, with nothing in front': [
    { queue: 9, given: all(cleared(1, ids(4)), failed(2, ids(3))) },
    '3',
  ],
  'strict: suspects one by one': [{ queue: 9, policy: 'strict', given: failed(1, upTo(8)) }, '1'],
  'suspects under test are left alone; others go ahead': [
    { queue: 9, parallel: 2, given: all(failed(1, ids(1, 2)), running(2, ids(1))) },
    '3 4',
  ],
  'the part that failed is divided, the rest waits again': [
    { queue: 9, given: all(failed(1, ids(1, 2, 3, 4)), failed(2, ids(1, 2))) },
    '1',
  ],
  'the part that passed has left: the rest is suspect': [
    {
      queue: 9,
      given: all(failed(1, ids(1, 2)), cleared(2, ids(1)), (line) => leaveLine(line, 't1.1' as AttemptId)),
    },
    '2',
  ],
  'three failures in a row with the same in front: those alone': [
    {
      queue: 9,
      given: all(
        cleared(1, ids(8, 9)),
        failed(2, ids(8, 9, 1)),
        failed(3, ids(8, 9, 2)),
        failed(4, ids(8, 9, 3)),
      ),
    },
    '8 9',
  ],
  'and when they fail together, each of them is suspect': [
    { queue: 2, given: all(cleared(1, ids(1)), cleared(2, ids(2)), failed(3, ids(1, 2))) },
    '1',
  ],
  'somebody else moved the target: nobody is suspect': [
    { queue: 9, given: all(failed(1, ids(1, 2)), loseRace) },
    '1 2',
  ],
  'three lost races in a row: as small as can be, with nothing in front': [
    { queue: 9, given: all(cleared(1, ids(1)), loseRace, loseRace, loseRace) },
    '1',
  ],
  'what is built on another goes above it, never before it': [
    { queue: 9, share: 0.1, below: { 2: 9, 3: 1 } },
    '1 3 4 5 6 7 8',
  ],
  'what is built on one under test waits for it': [
    { queue: 6, parallel: 2, given: running(1, ids(1, 5)), below: { 2: 1, 3: 2 } },
    '4 6',
  ],
  'what is built on one that goes in front goes above it': [
    { queue: 3, given: cleared(1, ids(2)), below: { 1: 2 } },
    '2 | 1 3',
  ],
  'suspects that are built on one that waits are left alone': [
    { queue: 3, given: failed(1, ids(1, 2)), below: { 1: 3, 2: 1 } },
    '3',
  ],
  'a test that was given up leaves no trace': [
    { queue: 9, given: all(running(1, ids(1, 2)), (line) => line.tests.delete(l(1))) },
    '1 2',
  ],
};
for (const [title, [situation, expected]] of Object.entries(TABLE)) {
  test(title, () => assert.equal(asked(situation), expected));
}

test('a batch is never larger than its bound, however rarely anything fails', () => {
  assert.equal(poolSize({ ...noEstimates(), good: 100_000 }), PROBE_MAX);
});

test('a part of suspects is smaller than the whole, and holds at least one', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 200 }),
      fc.integer({ min: 1, max: 4 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (size, failures, share) => {
        const part = prefixSize(size, failures, failing(share));
        assert.ok(part >= 1 && part < size, `${part} of ${size}`);
      },
    ),
  );
});

// ───────────────────────── laws, over whole runs ─────────────────────────

interface Case {
  readonly policy: 'batch' | 'strict';
  readonly parallel: number;
  /** Each handoff: does it fail, and after how many events does it arrive. */
  readonly handoffs: readonly { readonly isBad: boolean; readonly arrives: number }[];
  /** Two that are green alone and red together. */
  readonly pair: readonly [number, number] | undefined;
  /** Which earlier one each is built on; of every third, none. */
  readonly upon: readonly number[];
  /** Which of the running tests ends next; whether somebody else moves the target just before. */
  readonly order: readonly { readonly which: number; readonly isMoved: boolean }[];
}

/** Nobody's work is built on another's. */
const NONE: readonly number[] = Array.from({ length: 24 }, () => 0);

const CASES: fc.Arbitrary<Case> = fc.record({
  policy: fc.constantFrom('batch' as const, 'strict' as const),
  parallel: fc.integer({ min: 1, max: 5 }),
  handoffs: fc.array(fc.record({ isBad: fc.boolean(), arrives: fc.nat(20) }), {
    minLength: 2,
    maxLength: 24,
  }),
  upon: fc.array(fc.nat(99), { minLength: 24, maxLength: 24 }),
  pair: fc.option(fc.tuple(fc.nat(23), fc.nat(23)), { nil: undefined }),
  order: fc.array(
    fc.record({ which: fc.nat(9), isMoved: fc.integer({ min: 0, max: 9 }).map((n) => n === 0) }),
    {
      minLength: 40,
      maxLength: 40,
    },
  ),
});

interface Ended {
  readonly landed: readonly AttemptId[];
  readonly refused: readonly AttemptId[];
  readonly gated: readonly string[];
  /** Tests that passed on a head that was: what they are about is tested again. */
  readonly thrownAway: number;
}

/** The merge queue with everything left out but the rules: content is a list of names, a head is what has landed. */
function workOut(c: Case): Ended {
  const line = emptyLine();
  const names = upTo(c.handoffs.length);
  const isBad = (name: AttemptId): boolean => c.handoffs[names.indexOf(name)]!.isBad;
  const below = (): Below =>
    belowEach(
      [...queue].map((attempt) => {
        const i = names.indexOf(attempt);
        const upon = i > 0 && c.upon[i]! % 3 > 0 ? [names[c.upon[i]! % i]!] : [];
        return { attempt, commit: attempt as string as CommitId, upon: upon as string[] as CommitId[] };
      }),
    );
  const [one, other] = (c.pair ?? []).map((i) => names[i % names.length]!);
  const isGreen = (content: readonly string[]): boolean =>
    content.every((name) => !names.includes(name as AttemptId) || !isBad(name as AttemptId)) &&
    !(one !== other && content.includes(one!) && content.includes(other!));
  const queue = new Set<AttemptId>();
  const verdicts = new Map<string, boolean>();
  const gated: string[] = [];
  const refused: AttemptId[] = [];
  let content: string[] = [];
  let running: { id: LandingId; members: readonly AttemptId[]; parent: string; tree: string }[] = [];
  let [tests, step, thrownAway] = [0, 0, 0];
  const keyOf = (of: readonly string[]): string => [...of].sort().join();
  const settle = (t: (typeof running)[number], isKnown: boolean): void => {
    if (verdicts.get(t.tree)) {
      passTest(line, t.id);
      if (t.parent !== keyOf(content)) {
        thrownAway += 1;
        return;
      }
      content = [...content, ...t.members];
      assert.ok(isGreen(content), `${t.members} landed and the target is red`);
      for (const member of t.members) {
        queue.delete(member);
        leaveLine(line, member, 'good');
      }
      line.racesLost = 0;
    } else {
      failTest(line, t.id, isKnown);
      if (t.members.length > 1 || !queue.has(t.members[0]!)) return;
      queue.delete(t.members[0]!);
      refused.push(t.members[0]!);
      leaveLine(line, t.members[0]!, 'bad');
    }
  };
  const arrive = (at: number): void => {
    for (const [i, { arrives }] of c.handoffs.entries()) if (arrives === at) queue.add(names[i]!);
  };
  for (; step <= 20 || queue.size > 0 || running.length > 0; step++) {
    assert.ok(step < 2_000, `it goes round in circles with ${[...queue]}`);
    arrive(step);
    const head = keyOf(content) as CommitId;
    const under = below();
    const test = nextTest({ policy: c.policy, parallel: c.parallel, head, queue, line, below: under });
    const members = test ? [...test.carried, ...test.probe] : [];
    const tree = keyOf([...content, ...members]);
    // The very same tree is under test: its verdict is waited for.
    if (test && !running.some((r) => r.tree === tree)) {
      assert.ok(members.length > 0 && members.every((m) => queue.has(m)));
      assert.deepEqual(readyOf(members, [], under), members, 'nothing is tested before what it is built on');
      const started = { id: l(++tests), members, parent: head, tree };
      startTest(line, started.id, members, head);
      if (verdicts.has(tree)) settle(started, true);
      else {
        gated.push(tree);
        running.push(started);
      }
      continue;
    }
    const turn = c.order[step % c.order.length]!;
    if (turn.isMoved && step < 200) {
      content = [...content, `push${step}`];
      loseRace(line);
    }
    const ending = running[turn.which % Math.max(1, running.length)];
    if (ending) {
      running = running.filter((r) => r !== ending);
      verdicts.set(ending.tree, isGreen(ending.tree.split(',')));
      settle(ending, false);
    } else if (step > 20) assert.equal(queue.size, 0, `idle, with ${[...queue]} waiting`);
  }
  return {
    landed: content.filter((name) => name.startsWith('t')) as AttemptId[],
    refused,
    gated,
    thrownAway,
  };
}

test('whoever fails, whatever arrives and ends in whatever order: exactly the culprits are refused, the rest lands', () => {
  fc.assert(
    fc.property(CASES, (c) => {
      const alone = { ...c, pair: undefined };
      const { landed, refused } = workOut(alone);
      const bad = upTo(c.handoffs.length).filter((_, i) => c.handoffs[i]!.isBad);
      assert.deepEqual([...refused].sort(), [...bad].sort());
      assert.equal(landed.length, c.handoffs.length - bad.length);
      assert.equal(new Set(landed).size, landed.length, 'none landed twice');
    }),
    { numRuns: 400 },
  );
});

test('of two that are green alone and red together, one lands and the other is refused', () => {
  fc.assert(
    fc.property(CASES, (c) => {
      const all = upTo(c.handoffs.length);
      const [one, other] = (c.pair ?? [0, 1]).map((i) => all[i % all.length]!) as [AttemptId, AttemptId];
      fc.pre(one !== other);
      const handoffs = c.handoffs.map((h) => ({ ...h, isBad: false }));
      const { landed, refused } = workOut({ ...c, pair: c.pair ?? [0, 1], handoffs });
      assert.equal(refused.length, 1);
      assert.ok(refused[0] === one || refused[0] === other);
      assert.equal(landed.length, all.length - 1);
    }),
    { numRuns: 400 },
  );
});

test('no tree is gated twice', () => {
  fc.assert(
    fc.property(CASES, (c) => {
      const { gated } = workOut(c);
      assert.equal(new Set(gated).size, gated.length);
    }),
    { numRuns: 200 },
  );
});

test('strict, where nothing fails and nobody else pushes: one run of the gate for each handoff, and none twice', () => {
  fc.assert(
    fc.property(CASES, (c) => {
      const handoffs = c.handoffs.map((h) => ({ ...h, isBad: false }));
      const order = c.order.map((turn) => ({ ...turn, isMoved: false }));
      const { landed, gated } = workOut({
        ...c,
        policy: 'strict',
        pair: undefined,
        upon: NONE,

        handoffs,
        order,
      });
      assert.deepEqual([landed.length, gated.length], [handoffs.length, handoffs.length]);
    }),
    { numRuns: 400 },
  );
});

/** So many together are no more than one batch, before anything is known. */
const BATCH = poolSize(noEstimates());

test('where nothing fails and nobody else pushes, no run of the gate is thrown away', () => {
  fc.assert(
    fc.property(CASES, fc.integer({ min: 1, max: BATCH }), (c, count) => {
      const handoffs = c.handoffs.slice(0, count).map((h) => ({ ...h, isBad: false }));
      const order = c.order.map((turn) => ({ ...turn, isMoved: false }));
      const { landed, thrownAway } = workOut({ ...c, policy: 'batch', pair: undefined, handoffs, order });
      assert.deepEqual([landed.length, thrownAway], [handoffs.length, 0]);
    }),
    { numRuns: 400 },
  );
});
