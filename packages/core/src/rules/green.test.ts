import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Event } from '../events.ts';
import type { ChecksResult } from '../model/request.ts';
import { opened } from '../state.ts';
import {
  acceptedTask,
  aGateResult,
  commit,
  landedTask,
  openedRun,
  stateOf as stateWith,
} from '../testing.ts';
import { isGreen } from './green.ts';

const stateOf = (events: readonly Event[]) => opened(stateWith(events));
const base = (outcome: 'passed' | 'none'): Event => ({
  type: 'base.checked',
  base: commit('base'),
  gate: aGateResult(outcome),
});
const checked = (head: ChecksResult['head'], outcome: ChecksResult['outcome']): Event => ({
  type: 'checks.ended',
  result: { head, outcome, signatures: [], durationMs: 1 },
});
const landed = [openedRun(), acceptedTask('t1'), ...landedTask('t1', 'l1')];

describe('the final head is green', () => {
  it('when the checks passed on exactly it, and red when they failed', () => {
    assert.equal(isGreen(stateOf([...landed, checked(stateOf(landed).head, 'passed')])), true);
    assert.equal(isGreen(stateOf([...landed, checked(stateOf(landed).head, 'failed')])), false);
  });
  it('by the gate on the base when nothing has landed', () => {
    assert.equal(isGreen(stateOf([openedRun(), base('passed')])), true);
    assert.equal(isGreen(stateOf([openedRun(), base('none')])), 'unknown');
  });
  it('only as far as is known: checks of an earlier head say nothing', () => {
    const request = openedRun({ checks: 'make check' });
    const state = stateOf([
      request,
      acceptedTask('t1'),
      ...landedTask('t1', 'l1'),
      checked(commit('base'), 'passed'),
    ]);
    assert.equal(isGreen(state), 'unknown');
  });
});

describe('without checks', () => {
  it('the gate of the landing that made the head is the verdict', () => {
    const { checks: _, ...plain } = openedRun().request;
    const state = stateOf([
      { ...openedRun(), request: plain },
      acceptedTask('t1'),
      ...landedTask('t1', 'l1'),
    ]);
    assert.equal(isGreen(state), true);
  });
});
