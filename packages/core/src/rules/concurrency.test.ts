import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  emptyFlow,
  type Flow,
  LANDINGS_PER_WORKER,
  noteScaled,
  noteVerdict,
  scaling,
} from './concurrency.ts';

type Verdict = Flow['verdicts'][number];
const landed = (n: number): Verdict[] => Array.from({ length: n }, () => 'landed' as const);
/** Conflicts over so many different files, in turn. */
const conflicts = (n: number, files: number): Verdict[] =>
  Array.from({ length: n }, (_, i) => ({ conflict: `f${i % files}` }));

const CALM = { queued: 0, running: 8, workers: 8 };

interface Row {
  readonly workers: number;
  readonly ceiling?: number;
  readonly verdicts: readonly Verdict[];
  /** Queue length after each verdict. */
  readonly queued?: (i: number) => number;
  /** Handoffs one landing brings, where it is not one. */
  readonly perGate?: number;
  readonly gives: number | undefined;
}

const TABLE: Record<string, Row> = {
  'a healthy run keeps all its workers': { workers: 8, verdicts: landed(40), gives: undefined },
  'nineteen verdicts are too few to judge by': { workers: 8, verdicts: conflicts(19, 19), gives: undefined },
  'conflicts over many files halve the workers': {
    workers: 8,
    verdicts: [...landed(13), ...conflicts(7, 7)],
    gives: 4,
  },
  'six in twenty are borne': { workers: 8, verdicts: [...conflicts(6, 6), ...landed(14)], gives: undefined },
  'a storm over one file is that file’s trouble': {
    workers: 8,
    verdicts: conflicts(20, 1),
    gives: undefined,
  },
  'one worker stays': { workers: 1, ceiling: 1, verdicts: conflicts(20, 20), gives: undefined },
  'an odd number is halved downwards': { workers: 5, verdicts: conflicts(20, 20), gives: 2 },
  'a queue that never falls below what the gate can take halves the workers': {
    workers: 8,
    verdicts: landed(20),
    queued: () => 17,
    gives: 4,
  },
  'a queue no longer than twice the workers is no backlog': {
    workers: 8,
    verdicts: landed(20),
    queued: () => 16,
    gives: undefined,
  },
  'a queue that is shrinking needs only time': {
    workers: 8,
    verdicts: landed(20),
    queued: (i) => 40 - i,
    gives: undefined,
  },
  'a gate that takes ten at once may have three times as many waiting': {
    workers: 8,
    verdicts: landed(20),
    queued: () => 30,
    perGate: 10,
    gives: undefined,
  },
  'three landings bring one worker back': { workers: 4, verdicts: landed(LANDINGS_PER_WORKER), gives: 5 },
  'a conflict among the last three does not': {
    workers: 4,
    verdicts: [...landed(9), ...conflicts(1, 1), ...landed(2)],
    gives: undefined,
  },
  'nor does a long queue': { workers: 4, verdicts: landed(5), queued: () => 4, gives: undefined },
  'never more than the operator gave': { workers: 4, ceiling: 4, verdicts: landed(9), gives: undefined },
};

describe('the number of workers follows how handoffs fare', () => {
  for (const [title, row] of Object.entries(TABLE)) {
    it(title, () => {
      const flow = emptyFlow();
      noteScaled(flow, row.ceiling ?? 8);
      flow.landings = 1;
      flow.landed = row.perGate ?? 1;
      row.verdicts.forEach(
        (verdict, i) => void noteVerdict(flow, verdict, { ...CALM, queued: row.queued?.(i) ?? 0 }),
      );
      assert.equal(scaling(row.workers, flow)?.workers, row.gives);
    });
  }
  it('says nothing of what was begun when there were more', () => {
    const flow = emptyFlow();
    for (const verdict of conflicts(20, 20)) noteVerdict(flow, verdict, { ...CALM, running: 9 });
    assert.equal(scaling(8, flow), undefined);
  });
  it('judges each change by what comes after it', () => {
    const flow = emptyFlow();
    for (const verdict of conflicts(20, 20)) noteVerdict(flow, verdict, CALM);
    assert.equal(scaling(8, flow)?.workers, 4);
    noteScaled(flow, 8);
    assert.equal(scaling(4, flow), undefined);
  });
});
