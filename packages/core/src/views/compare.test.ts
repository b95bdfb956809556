import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Entry } from '../events.ts';
import { fold } from '../fold.ts';
import { emptyState } from '../state.ts';
import { acceptedTask, commit, entry, failedTask, landedTask, openedRun } from '../testing.ts';
import { type ComparedRun, comparedRun, doubts, incomparable } from './compare.ts';

const PINNED = { agent: 'builtin', models: { worker: 'm-1' }, prompts: { worker: 'aaaa', planner: 'bbbb' } };

function compared(over: Partial<ComparedRun> = {}, text = 'make it so'): ComparedRun {
  const events = [
    openedRun({ text }),
    acceptedTask('t1'),
    acceptedTask('t2'),
    acceptedTask('t3'),
    ...landedTask('t1', 'l1'),
    ...landedTask('t2', 'l2'),
    failedTask('t3', 'blocked'),
    { type: 'run.closed', reason: 'done', head: commit('x'), green: true },
  ];
  const entries = events.map((event, i) => entry(i + 1, [event] as Entry['events']));
  const state = emptyState();
  for (const one of entries) fold(state, one);
  return { ...comparedRun(state, entries, PINNED)!, ...over };
}

test('a run is told by what landed and what each landing took', () => {
  const run = compared();
  assert.deepEqual([run.tasks, run.landed, run.failed, run.attemptsPerLanding], [3, 2, 1, 1]);
  assert.deepEqual(run.models, ['m-1']);
  assert.deepEqual(run.prompts, { worker: ['aaaa'], planner: ['bbbb'] });
});

test('runs that were asked something else, or have not ended, are not compared', () => {
  assert.deepEqual(incomparable([compared(), compared()]), []);
  const other = compared({}, 'something else');
  assert.match(incomparable([compared(), other])[0]!, /has another request than/);
  assert.match(incomparable([compared(), compared({ isClosed: false })])[0]!, /has not ended/);
  assert.match(incomparable([compared(), compared({ mode: 'planner' })])[0]!, /has another way of beginning/);
});

test('what makes a difference smaller than it looks is said', () => {
  assert.deepEqual(doubts([compared(), compared()]), []);
  const said = doubts([compared(), compared({ base: 'y', isGated: false, usd: undefined, landed: 0 })]);
  assert.equal(said.length, 4);
});
