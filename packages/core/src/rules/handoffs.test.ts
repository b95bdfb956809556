import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endingOf, type HandoffFacts, needsProof, type Proof, whyNoChange } from './handoffs.ts';

const STATUSES = ['complete', 'partial', 'already_done', 'blocked', 'failed', undefined] as const;
const EARLIER = ['none', 'kept', 'gone'] as const;
const PROOFS = ['passed', 'failed', 'none'] as const;

/** Every row of the table there is. */
function* rows(): Iterable<HandoffFacts & { readonly proof: Proof }> {
  for (const kind of ['change', 'answer'] as const)
    for (const status of STATUSES)
      for (const hasChange of [true, false])
        for (const earlier of EARLIER)
          for (const proof of PROOFS) yield { kind, status, hasChange, earlier, proof };
}

const changes = [...rows()].filter(
  ({ kind, status }) => kind === 'change' && status !== 'blocked' && status !== 'failed',
);

test('a task ends without a change only by its word, upheld by a check on the base, and with no work lost', () => {
  const ended = changes.filter((row) => !row.hasChange && endingOf(row, row.proof) === 'unneeded');
  assert.deepEqual(
    ended.map(({ status, earlier, proof }) => `${status} ${earlier} ${proof}`),
    ['already_done none passed', 'already_done kept passed'],
  );
});

test('earlier work that is gone, and nothing in its place, is told as dropped whatever the agent says', () => {
  for (const row of changes.filter((r) => !r.hasChange && r.earlier === 'gone')) {
    assert.equal(endingOf(row, row.proof), 'work-dropped');
    assert.equal(needsProof(row), false);
  }
});

test('without a change, anything else is no change, silence first of all', () => {
  const rest = changes.filter((r) => !r.hasChange && r.earlier !== 'gone');
  for (const row of rest.filter((r) => r.status !== 'already_done' || r.proof !== 'passed')) {
    assert.equal(endingOf(row, row.proof), 'no-change');
    assert.match(whyNoChange(row, row.proof), /^it changed nothing/);
  }
});

test('a change is handed in unless its own check fails on what was committed', () => {
  for (const row of changes.filter((r) => r.hasChange)) {
    assert.equal(endingOf(row, row.proof), row.proof === 'failed' ? 'verify-failed' : 'handed-in');
    assert.equal(needsProof(row), true);
  }
});

test('an agent that gives up has not handed in, whatever lies in its commit', () => {
  for (const row of rows()) {
    if (row.status === 'blocked') assert.equal(endingOf(row, row.proof), 'agent-blocked');
    if (row.status === 'failed') assert.equal(endingOf(row, row.proof), 'agent-failed');
  }
});

test('an answer is what was said, and silence is none', () => {
  for (const row of rows()) {
    if (row.kind !== 'answer' || row.status === 'blocked' || row.status === 'failed') continue;
    assert.equal(endingOf(row, row.proof), row.status === undefined ? 'no-change' : 'answered');
  }
});
