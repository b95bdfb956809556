import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyState, type State } from '@swarm/core/state';
import { exitCodeOfRun, problemOf, stopProblem } from './summary.ts';

const open = emptyState();

test('whatever stops a run has a code, an exit code, a cause and a fix; the operator’s own stop has its exit code', () => {
  const rows = [
    ['base-red', 'SW0602', 80],
    ['setup-failed', 'SW0308', 78],
    ['gate-broken', 'SW0314', 78],
    ['auth', 'SW0403', 77],
    ['quota', 'SW0603', 79],
    ['bad-request', 'SW0405', 69],
    ['fault', 'SW0801', 70],
    ['signal', undefined, 130],
    ['paused', undefined, 1],
  ] as const;
  for (const [why, code, exit] of rows) {
    const problem = stopProblem(why, 'because');
    assert.equal(problem?.code, code, why);
    if (problem) assert.deepEqual([problem.why, Boolean(problem.fix)], ['because', true], why);
    assert.equal(exitCodeOfRun({ kind: 'stopped', why, detail: 'because' }, open, false), exit, why);
  }
});

test('a run without quota says when there is more, where a provider said it', () => {
  const outcome = { kind: 'stopped', why: 'quota', detail: 'no credit' } as const;
  const moreAt = Date.now() + 3_600_000;
  const { code, why = '', fix = '' } = problemOf(outcome, { ...open, moreAt })!;
  assert.equal(code, 'SW0603');
  assert.match(why, /^no credit; there is more at \d{4}-.*, in (1h|60m|59m)/);
  assert.match(fix, /swarm resume --now/);
  assert.match(problemOf(outcome, { ...open, moreAt: 0 })!.why!, /there is more since 1970-/);
  assert.equal(problemOf(outcome, open)!.why, 'no credit');
});

test('a run that used up its budget or its time closes with SW0601 and exit 79', () => {
  for (const reason of ['budget', 'time'] as const) {
    const closed = { ...open, closed: { reason, green: true, head: 'a'.repeat(40) } } as unknown as State;
    assert.equal(problemOf({ kind: 'closed' }, closed)?.code, 'SW0601');
    assert.equal(exitCodeOfRun({ kind: 'closed' }, closed, false), 79);
  }
});

test('a run that a full disk stopped says so, with the exit code of disk errors', () => {
  const paused = {
    ...open,
    paused: { reason: 'disk-full', detail: 'no space', since: 0 },
  } as unknown as State;
  const outcome = { kind: 'stopped', why: 'paused', detail: 'no space left on device' } as const;
  assert.equal(exitCodeOfRun(outcome, paused, false), 74);
  assert.match(problemOf(outcome, paused)?.fix ?? '', /swarm resume$/);
});
