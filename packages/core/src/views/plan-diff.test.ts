import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '../events.ts';
import type { TaskId } from '../model/ids.ts';
import { forecast } from '../rules/forecast.ts';
import { opened } from '../state.ts';
import { acceptedTask, apply, openedRun, stateOf } from '../testing.ts';
import { planDiff } from './plan-diff.ts';

const triedBy3 = openedRun({ mode: 'planner', roles: [{ name: 'coder', candidates: 3 }] });
const worksOf = (steps: readonly { readonly label: string; readonly candidates?: number }[]) =>
  steps.map(({ label, candidates = 1 }) => `${label}: ${candidates}`);

test('what is left to do counts each task as often as it is tried, as its role, itself and its kind say', () => {
  const s = stateOf([
    triedBy3,
    acceptedTask('t1'),
    acceptedTask('t2', { candidates: 2 }),
    acceptedTask('t3', { kind: 'answer' }),
    acceptedTask('t4', { role: 'tester' }),
  ]);
  const { before, after } = planDiff(s, [
    acceptedTask('t5', { candidates: 5 }),
    {
      type: 'task.rescoped',
      task: 't1' as TaskId,
      spec: { ...s.tasks.get('t1' as TaskId)!.spec, candidates: 1 },
    } as Event,
    { type: 'task.cancelled', task: 't2' as TaskId, reason: '', by: 'operator' },
  ]);
  assert.deepEqual(worksOf(before), ['t1: 3', 't2: 2', 't3: 1', 't4: 1']);
  assert.deepEqual(worksOf(after), ['t1: 1', 't3: 1', 't4: 1', 't5: 5']);
  const tokens = (steps: Parameters<typeof forecast>[0]) => forecast(steps, 4, []).tokens.likely;
  assert.equal(tokens(before) / 7, tokens(after) / 8);
});

test('a task that several are trying is one that is left, and counts as those that have not ended', () => {
  const s = opened(stateOf([triedBy3, acceptedTask('t1')]));
  apply(s, { type: 'expandTask', task: 't1' as TaskId, by: 'candidates' });
  apply(s, { type: 'cancelTask', task: 't3' as TaskId, reason: '', by: 'operator' });
  const { before, kept } = planDiff(s, []);
  assert.deepEqual([worksOf(before), kept], [['t1: 2'], ['t1']]);
});
