import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Entry } from '../events.ts';
import { NO_USAGE } from '../model/usage.ts';
import { acceptedTask, entry } from '../testing.ts';
import { type PlannedTask, planDiff, recordedPlans } from './recorded-plans.ts';

const task = (label: string, title: string, ...scope: string[]): PlannedTask => ({ label, title, scope });

test('plans are compared task by task: kept, new, gone, re-scoped', () => {
  const before = [task('a', 'Add a', 'a.ts'), task('b', 'Add b', 'b.ts'), task('c', 'Add c', 'c.ts')];
  const now = [
    task('x', 'add A!', 'a.ts'),
    task('b', 'Write b', 'b.ts', 'b.test.ts'),
    task('d', 'Add d', 'd.ts'),
  ];
  const diff = planDiff(before, now);
  assert.deepEqual(diff.kept, [now[0]]);
  assert.deepEqual(diff.rescoped, [{ task: now[1], before: ['b.ts'] }]);
  assert.deepEqual(diff.added, [now[2]]);
  assert.deepEqual(diff.gone, [before[2]]);
});

test('a task under another name is the same where its paths are; no task is matched twice', () => {
  const diff = planDiff([task('a', 'One', 'a.ts')], [task('x', 'Two', 'a.ts'), task('y', 'Three', 'a.ts')]);
  assert.deepEqual([diff.kept.length, diff.added.length, diff.gone.length], [1, 1, 0]);
  assert.equal(planDiff([task('a', 'One')], [task('b', 'Two')]).kept.length, 0);
});

test('what the planner answered is read out of the journal, an iteration each, and only answers', () => {
  const started = (iteration: number) => ({
    type: 'iteration.started',
    iteration,
    reason: 'first',
    promptHash: `h${iteration}`,
    model: 'm',
    reserved: { tokens: 1, usd: 0 },
  });
  const ended = (iteration: number, outcome: string) => ({
    type: 'iteration.ended',
    iteration,
    outcome,
    isDone: false,
    detail: '',
    usage: { ...NO_USAGE, inputTokens: 70, outputTokens: 7 },
  });
  const given = acceptedTask('t1', { title: 'Add a', scope: ['a.ts'] }, {
    by: 'planner',
    label: 'a',
    iteration: 2,
  } as never);
  const events = [started(1), ended(1, 'unreadable'), started(2), given, ended(2, 'planned')];
  const entries = events.map((event, i) => entry(i + 1, [event] as unknown as Entry['events']));
  assert.deepEqual(recordedPlans(entries), [
    {
      iteration: 2,
      seq: 3,
      promptHash: 'h2',
      tasks: [task('a', 'Add a', 'a.ts')],
      isDone: false,
      tokens: 77,
    },
  ]);
});
