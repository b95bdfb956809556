/** What a kill leaves in the middle of a change of the gate is the operator's own; anything else is not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunId } from '@swarm/core/model/ids';
import { openedRun, RUN, stateOf } from '@swarm/core/testing';
import type { RunFile } from '../running/run-file.ts';
import { openingProblem, runProblem } from './trust.ts';

const run = 'r-20261121-k3f9' as RunId;
const repository = { path: '/shop', folder: '1:2' };
const record = { v: 1, run, repository: '/shop', folder: '1:2', pinned: 'old' } as const;
const facts = { run, folder: '/shop/.swarm/runs/r', repository };

test('a run.json that is about to be another counts as it was and as it will be, and as nothing else', () => {
  const changing = { ...record, next: 'new' };
  assert.equal(runProblem({ ...facts, record: changing, pinned: 'old' }), undefined);
  assert.equal(runProblem({ ...facts, record: changing, pinned: 'new' }), undefined);
  assert.equal(runProblem({ ...facts, record: changing, pinned: 'theirs' })?.code, 'SW0315');
  assert.equal(runProblem({ ...facts, record, pinned: 'new' })?.code, 'SW0315');
});

const file = (gate: string, gateBefore?: string): RunFile =>
  ({
    run: RUN,
    mode: 'plan',
    target: 'main',
    landOn: 'refs/heads/swarm/test',
    deliver: 'branch',
    gate,
    ...(gateBefore !== undefined && { gateBefore }),
    setup: null,
    config: { checks: {} },
  }) as RunFile;

test('a journal that has not heard of the new gate yet belongs to the run, and one that names a third does not', () => {
  const told = stateOf([openedRun()]);
  const changed = stateOf([openedRun(), { type: 'gate.changed', gate: 'make check', gateHash: 'gate-2' }]);
  assert.equal(openingProblem(file('true'), '/f', told), undefined);
  assert.equal(openingProblem(file('make check', 'true'), '/f', told), undefined);
  assert.equal(openingProblem(file('make check', 'true'), '/f', changed), undefined);
  assert.equal(openingProblem(file('true'), '/f', changed)?.code, 'SW0315');
  assert.equal(openingProblem(file('make check', 'make'), '/f', told)?.code, 'SW0315');
});
