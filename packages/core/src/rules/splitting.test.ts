import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { taskId } from '../model/ids.ts';
import type { TaskSpec } from '../model/task.ts';
import { acceptedTask, LIMITS, openedRun, openedStateOf } from '../testing.ts';
import { type PartsFacts, type SplitEnd, splitEnd, splitProblem } from './splitting.ts';

/** there, partial among them, failed, cancelled, and whether its planner, told of all that, said that this is all. */
const TABLE: readonly (readonly [facts: string, isSaidDone: boolean, then: SplitEnd])[] = [
  ['0 0 0 0', true, 'unsplit'],
  ['0 0 0 0', false, 'unsplit'],
  ['3 0 0 0', true, 'complete'],
  ['3 0 0 0', false, 'partial'],
  ['3 1 0 0', true, 'partial'],
  ['2 0 1 0', true, 'partial'],
  ['2 0 1 0', false, 'failed'],
  ['2 0 0 1', true, 'partial'],
  ['2 0 0 1', false, 'partial'],
  ['2 0 1 1', true, 'partial'],
  ['0 0 3 0', true, 'failed'],
  ['0 0 3 0', false, 'failed'],
  ['0 0 0 2', true, 'failed'],
  ['0 0 1 1', true, 'failed'],
];

for (const [facts, isSaidDone, then] of TABLE)
  test(`there, partial, failed, cancelled ${facts}, ${isSaidDone ? 'said' : 'not said'} to be all: ${then}`, () => {
    const [there, partial, failed, cancelled] = facts.split(' ').map(Number) as [
      number,
      number,
      number,
      number,
    ];
    const all: PartsFacts = { there, partial, failed, cancelled, isSaidDone };
    assert.equal(splitEnd(all), then);
  });

const FOUR = ['a.ts', 'b.ts', 'c.ts', 'd.ts'];
const problem = (over: Partial<TaskSpec>, depth: number | undefined = 3): string | undefined => {
  const limits = { ...LIMITS, ...(depth !== undefined && { depth }) };
  const s = openedStateOf([openedRun({ limits }), acceptedTask('t1', over)]);
  return splitProblem(s, s.tasks.get(taskId(1))!);
};

test('a task is split when it names four files, or a folder or pattern, which may be any number', () => {
  assert.equal(problem({ scope: FOUR }), undefined);
  assert.equal(problem({ scope: ['src/'] }), undefined);
  assert.equal(problem({ scope: ['src/*.ts'] }), undefined);
  assert.match(problem({ scope: FOUR.slice(1) })!, /fewer than 4 files/);
  assert.match(problem({ scope: [] })!, /fewer than 4 files/);
});

test('an answer is not split, nor anything where the run does not ask for it', () => {
  assert.match(problem({ scope: FOUR, kind: 'answer' })!, /one answer/);
  assert.match(problem({ scope: FOUR }, 0)!, /splits no task/);
  const s = openedStateOf([openedRun(), acceptedTask('t1', { scope: FOUR })]);
  assert.match(splitProblem(s, s.tasks.get(taskId(1))!)!, /splits no task/);
});
