import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '../events.ts';
import type { Label } from '../model/ids.ts';
import { REQUIREMENTS_MAX } from '../model/requirement.ts';
import type { RequirementDraft } from '../rules/requirement-format.ts';
import { acceptedTask, apply, openedRun, stateOf } from '../testing.ts';

const planning: readonly Event[] = [
  openedRun({ mode: 'planner' }),
  {
    type: 'iteration.started',
    iteration: 1,
    reason: 'first',
    promptHash: 'h',
    model: 'm',
    reserved: { tokens: 0, usd: 0 },
  },
  {
    ...acceptedTask('t1'),
    source: { by: 'planner', label: 'dates' as Label, iteration: 1 },
  } as Event,
];
const write = (...drafts: RequirementDraft[]) =>
  ({ type: 'writeRequirements', iteration: 1, drafts }) as const;
const told = (events: readonly Event[]) =>
  events.map((e) =>
    e.type === 'requirements.written'
      ? e.requirements.map((r) => `${r.id} ${r.status} ${r.tasks.join('+')} ${r.text}`)
      : e.type === 'task.refused'
        ? `${e.label}: ${e.problem}`
        : e.type,
  );

test('a requirement is open until it is said to be met, and names its tasks by label or by number', () => {
  const state = stateOf(planning);
  const dates = { id: 'R1', text: 'Dates are read', tasks: ['dates'] };
  assert.deepEqual(told(apply(state, write(dates))), [['R1 open t1 Dates are read']]);
  assert.deepEqual(told(apply(state, write({ id: 'R1', status: 'met', tasks: ['t1', 'dates'] }))), [
    ['R1 met t1 Dates are read'],
  ]);
});

test('a list that is sent again unchanged is no news', () => {
  const state = stateOf(planning);
  const dates = { id: 'R1', text: 'Dates are read' };
  apply(state, write(dates));
  assert.deepEqual(apply(state, write(dates, { id: 'R1', status: 'open' })), []);
});

test('one without a text, and one that names no task, is refused by name and keeps no other out', () => {
  const state = stateOf(planning);
  const drafts = [{ id: 'R1' }, { id: 'R2', text: 'b', tasks: ['none'] }, { id: 'R3', text: 'c' }];
  assert.deepEqual(told(apply(state, write(...drafts))), [
    'requirement R1: it is new, and has no text',
    "requirement R2: it names none, which is no task's id",
    ['R3 open  c'],
  ]);
});

test('the list has an end', () => {
  const state = stateOf(planning);
  const many = Array.from({ length: REQUIREMENTS_MAX + 1 }, (_, i) => ({ id: `R${i}`, text: 'x' }));
  const [refused, written] = apply(state, write(...many));
  assert.match(JSON.stringify(refused), /has 200 already, its limit/);
  assert.equal(written?.type === 'requirements.written' && written.requirements.length, REQUIREMENTS_MAX);
});
