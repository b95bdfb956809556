import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskId } from '@swarm/core/model/ids';
import type { Task } from '@swarm/core/model/task';
import { acceptedTask, after, endedAttempt, openedRun, running, stateOf } from '@swarm/core/testing';
import { fairCut, upstreamText } from './upstream.ts';

const answer = (n: number, summary: string) => [
  acceptedTask(`t${n}`, { title: `Count place-${n}`, kind: 'answer' }),
  ...running(`t${n}.1`),
  {
    ...endedAttempt(`t${n}.1`, 'answered'),
    handoff: {
      taskId: `t${n}`,
      attempt: `t${n}.1`,
      status: 'complete',
      summary,
      concerns: [],
      suggestions: [],
      toolCalls: 0,
      durationMs: 1,
    },
  },
];
const failed = (n: number) => [
  acceptedTask(`t${n}`, { title: `Count place-${n}` }),
  { type: 'task.failed', task: `t${n}`, failure: 'blocked', detail: 'no such table' },
];
function told(events: readonly unknown[], ids: readonly string[], max?: number): string {
  const last = acceptedTask('t999', { ...after(...ids), anyEnd: true });
  const state = stateOf([openedRun(), ...events, last] as Parameters<typeof stateOf>[0]);
  return upstreamText(state, state.tasks.get('t999' as TaskId) as Task, max);
}

test('an answer over all is told first how many came to something, and which did not, with why', () => {
  const text = told([...answer(1, 'ONE'), ...failed(2)], ['t1', 't2']);
  assert.equal(
    text,
    '1 of 2 tasks came to something. These did not: t2.\n\nt1 Count place-1: ONE\n\nt2 Count place-2: FAILED (blocked): no such table',
  );
});

test('of many long handoffs each keeps its name and a fair part of what it says; a short one is whole', () => {
  const ids = Array.from({ length: 50 }, (_, i) => `t${i + 1}`);
  const events = ids.flatMap((_, i) => answer(i + 1, i === 7 ? 'SHORT' : 'x'.repeat(4_000)));
  const text = told(events, ids, 10_000);
  for (const n of ids.keys()) assert.ok(text.includes(`Count place-${n + 1}: `), `place-${n + 1}`);
  assert.match(text, /place-8: SHORT\n/);
  assert.match(text, /place-1: x{203}… \(3797 characters more\)/);
  assert.ok(text.length < 10_000 + 50 * 60, `${text.length}`);
});

test('a cut is fair: what is short gives its rest to the others', () => {
  assert.equal(fairCut([1, 2, 3], 100), Number.POSITIVE_INFINITY);
  assert.equal(fairCut([10, 10, 10], 15), 5);
  assert.equal(fairCut([1, 100, 100], 21), 10);
  assert.equal(fairCut([], 0), Number.POSITIVE_INFINITY);
  assert.equal(fairCut([5, 5], 0), 0);
});
