/** What a kill leaves in the middle of a change of the gate is the operator's own; anything else is not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunId } from '@swarm/core/model/ids';
import { openedRun, RUN, stateOf } from '@swarm/core/testing';
import type { RunFile } from '../running/run-file.ts';
import { openingProblem, ownFolderProblems, runProblem } from './trust.ts';

const run = 'r-20261121-k3f9' as RunId;
const repository = { path: '/shop', folder: '1:2' };
const record = { v: 1, run, repository: '/shop', folder: '1:2', pinned: 'old' } as const;
const facts = { run, folder: '/shop/.git/swarm/runs/r', repository };

test('a run.json that is about to be another counts as it was and as it will be, and as nothing else', () => {
  const changing = { ...record, next: 'new' };
  assert.equal(runProblem({ ...facts, record: changing, pinned: 'old' }), undefined);
  assert.equal(runProblem({ ...facts, record: changing, pinned: 'new' }), undefined);
  assert.equal(runProblem({ ...facts, record: changing, pinned: 'theirs' })?.code, 'SW0315');
  assert.equal(runProblem({ ...facts, record, pinned: 'new' })?.code, 'SW0315');
});

test('a run in the git directory is of whichever work tree it was begun in, and of no other repository', () => {
  const linked = { ...record, repository: '/linked', folder: '1:3', gitDir: '/shop/.git', gitFolder: '1:4' };
  const problem = (gitDir?: { path: string; folder: string }) =>
    runProblem({ ...facts, ...(gitDir && { gitDir }), record: linked, pinned: 'old' })?.code;
  assert.equal(problem({ path: '/shop/.git', folder: '1:9' }), undefined);
  assert.equal(problem({ path: '/moved/.git', folder: '1:4' }), undefined);
  assert.equal(problem({ path: '/theirs/.git', folder: '1:9' }), 'SW0315');
  assert.equal(problem(), 'SW0315');
});

test('a folder of another user where runs are kept is refused as a link there is, with what to type', () => {
  const foreign = [{ path: '/shop/.git/swarm', owner: 1001 }];
  const [problem, ...more] = ownFolderProblems({ repository: '/shop', links: [], foreign, tracked: [] });
  assert.deepEqual(more, []);
  assert.equal(problem?.code, 'SW0307');
  assert.equal(problem?.what, '/shop/.git/swarm belongs to user 1001');
  assert.match(problem?.fix ?? '', /^ls -ld \S+; then mv /);
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
