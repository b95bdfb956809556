import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { outsideScope } from './change-rules.ts';
import {
  emptyFootprint,
  FOOTPRINT_WINDOW,
  type Footprint,
  HABIT_MIN,
  noteConflict,
  noteHandoff,
  predictedFiles,
} from './footprint.ts';

const hand = (f: Footprint, scope: string[], files: string[], times = 1): void => {
  for (let i = 0; i < times; i++) noteHandoff(f, scope, files, outsideScope(scope, files));
};

describe('what is learned from handoffs', () => {
  it('a lockfile that many touch keeps nobody out, declared or not', () => {
    const f = emptyFootprint();
    hand(f, ['src/a.ts'], ['src/a.ts', 'pnpm-lock.yaml']);
    hand(f, ['pnpm-lock.yaml', 'src/b.ts'], ['src/b.ts', 'pnpm-lock.yaml']);
    assert.deepEqual([...f.rideAlongs], []);
    hand(f, ['src/c.ts'], ['src/c.ts', 'pnpm-lock.yaml']);
    assert.deepEqual([...f.rideAlongs], ['pnpm-lock.yaml']);
  });
  it('until a conflict in it had to be given back', () => {
    const f = emptyFootprint();
    hand(f, ['src/a.ts'], ['pnpm-lock.yaml'], HABIT_MIN);
    noteConflict(f, ['pnpm-lock.yaml']);
    assert.deepEqual([...f.rideAlongs], []);
    assert.deepEqual([...f.contended], ['pnpm-lock.yaml']);
  });
  it('an undeclared file that was in no conflict serialises nobody', () => {
    const f = emptyFootprint();
    hand(f, ['src/web/a.ts'], ['src/web/a.ts', 'src/routes.ts'], 10);
    assert.deepEqual(predictedFiles(f, ['src/web/b.ts']), []);
  });
  it('one that was is expected of tasks in the folders it is mostly touched from, and of no others', () => {
    const f = emptyFootprint();
    hand(f, ['src/web/a.ts'], ['src/web/a.ts', 'src/routes.ts'], HABIT_MIN);
    hand(f, ['src/db/a.ts'], ['src/db/a.ts'], 9);
    hand(f, ['src/db/b.ts'], ['src/db/b.ts', 'src/routes.ts'], 1);
    noteConflict(f, ['src/routes.ts']);
    assert.deepEqual(predictedFiles(f, ['src/web/b.ts']), ['src/routes.ts']);
    assert.deepEqual(predictedFiles(f, ['src/db/c.ts']), []);
    assert.deepEqual(predictedFiles(f, []), [], 'an unknown scope stays unknown');
  });
  it('habits are forgotten with the window, and so is everything kept of them', () => {
    const f = emptyFootprint();
    hand(f, ['src/web/a.ts'], ['src/routes.ts'], HABIT_MIN);
    for (let i = 0; i < FOOTPRINT_WINDOW; i++) noteConflict(f, ['src/routes.ts']);
    hand(f, ['x.ts'], ['x.ts'], FOOTPRINT_WINDOW);
    for (let i = 0; i < FOOTPRINT_WINDOW; i++) noteConflict(f, []);
    assert.deepEqual([f.touched.size, f.fromFolder.size, f.conflicted.size, f.contended.size], [0, 0, 0, 0]);
    assert.equal(f.handoffs.length, FOOTPRINT_WINDOW);
    assert.equal(f.conflicts.length, FOOTPRINT_WINDOW);
  });
});
