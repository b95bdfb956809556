import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Event } from '@swarm/core/events';
import { opened } from '@swarm/core/state';
import { acceptedTask, handedIn, openedRun, running, stateOf as stateWith } from '@swarm/core/testing';
import { changedSections, planSections, renderSections } from './plan-context.ts';

const stateOf = (events: readonly Event[]) => opened(stateWith(events));
const names = (events: Parameters<typeof stateOf>[0]): string[] =>
  planSections(stateOf(events), 'src/').map((s) => s.name);

describe('what the planner is told', () => {
  it('leaves out the sections that have nothing to say', () => {
    assert.deepEqual(names([openedRun()]), ['Repository', 'Budget']);
  });
  it('names tasks in flight, and the handoffs since its last answer', () => {
    const state = stateOf([
      openedRun({ mode: 'planner' }),
      acceptedTask('t1'),
      ...running('t1.1'),
      ...handedIn('t1.1').slice(-1),
    ]);
    const text = renderSections(planSections(state, 'src/'));
    assert.match(text, /## Tasks not over yet\n\n- t1 .*complete/);
    assert.match(text, /## News since your last answer\n\n- handoff of t1\.1, complete/);
  });
  it('is only what changed when it is told again', () => {
    const before = planSections(stateOf([openedRun()]), 'src/');
    const sent = new Map(before.map((s) => [s.name, s.text]));
    const after = planSections(stateOf([openedRun(), acceptedTask('t1')]), 'src/');
    assert.deepEqual(
      changedSections(after, sent).map((s) => s.name),
      ['Tasks not over yet', 'Budget'],
    );
  });
  it('stays bounded: of a thousand tasks the last two hundred are listed', () => {
    const many = Array.from({ length: 1_000 }, (_, i) => acceptedTask(`t${i + 1}`));
    const section = planSections(stateOf([openedRun(), ...many]), '').find(
      (s) => s.name === 'Tasks not over yet',
    )!;
    assert.equal(section.text.split('\n').length, 201);
    assert.match(section.text, /^\(800 earlier lines left out\)/);
  });
  it('says once that a section is gone: a failure that is cured is not true for ever', () => {
    const sent = new Map([['Failures on the target', 'node:test adds']]);
    const after = planSections(stateOf([openedRun()]), 'src/');
    const told = changedSections(after, sent).find((s) => s.name === 'Failures on the target');
    assert.equal(told?.text, '(nothing any more)');
    const again = changedSections(after, new Map(after.map((s) => [s.name, s.text])));
    assert.deepEqual(again, []);
  });
});
