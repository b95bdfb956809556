import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ForgeIssue } from '../ports/forge.ts';
import { isWorkedOn, watchStep, workedOnText } from './watch.ts';

const issue = (number: number): ForgeIssue => ({
  number,
  url: '',
  title: '',
  body: '',
  author: 'owner',
  isOpen: true,
  labels: ['swarm'],
  assignees: [],
  at: number,
});
const step = (runs: readonly (readonly [number, boolean])[], settled: readonly number[] = []) => {
  const all = runs.map(([n, isOver], i) => ({ issue: n, run: `r-${i}`, isOver }));
  const next = watchStep({ issues: [issue(1), issue(2)], runs: all, settled: new Set(settled) });
  return next.kind === 'wait'
    ? 'wait'
    : `${next.kind} ${next.kind === 'begin' ? next.issue.number : next.issue}`;
};

describe('the next issue of a watch', () => {
  it('is the oldest that nobody has begun', () => assert.equal(step([]), 'begin 1'));
  it('is one that was begun and left, before any other', () => assert.equal(step([[2, false]]), 'resume 2'));
  it('is none that has a run which is over', () => assert.equal(step([[1, true]]), 'begin 2'));
  it('is judged by its newest run', () =>
    assert.equal(
      step([
        [1, true],
        [1, false],
      ]),
      'begin 2',
    ));
  it('is none that is settled elsewhere', () => assert.equal(step([], [1]), 'begin 2'));
  it('is waited for when all are done', () => assert.equal(step([[1, true]], [2]), 'wait'));
  it('is known as done by what was said under it', () => {
    assert.ok(isWorkedOn(workedOnText('r-1', 'landed @all', 'https://forge/1')));
    assert.doesNotMatch(workedOnText('r-1', 'landed @all', undefined), /@all/);
  });
});
