import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Event, EventOf } from '../events.ts';
import { type TaskId, taskOf } from '../model/ids.ts';
import type { State } from '../state.ts';
import { acceptedTask, aHandoff, handedIn, openedRun, rejected, running, stateOf } from '../testing.ts';
import { blockedBy, holdOf } from './holding.ts';

const task = (s: State, id: string) => s.tasks.get(id as TaskId)!;
const scope = (...entries: string[]) => ({ scope: entries });

/** The attempt ran and handed in a change of these files. */
function changed(id: string, ...files: string[]): Event[] {
  const events = [...handedIn(id)];
  const ended = events.pop() as EventOf<'attempt.ended'>;
  const handoff = aHandoff(id);
  return [
    ...events,
    { ...ended, handoff: { ...handoff, change: { ...handoff.change!, filesChanged: files } } },
  ];
}
const conflict = (id: string, ...files: string[]): Event => ({
  ...(rejected(id, 'conflict') as EventOf<'landing.rejected'>),
  files,
});

describe('the scope a task holds', () => {
  it('is what it declares, until its first handoff', () => {
    const s = stateOf([openedRun(), acceptedTask('t1', scope('a.ts'))]);
    assert.deepEqual(holdOf(s, task(s, 't1')).paths, ['a.ts']);
  });
  it('then also what that changed: while it waits to land, and when it is tried again', () => {
    const given = [openedRun(), acceptedTask('t1', scope('a.ts')), ...changed('t1.1', 'a.ts', 'b.ts')];
    for (const more of [[], [conflict('t1.1', 'b.ts')], [conflict('t1.1', 'b.ts'), ...running('t1.2')]]) {
      const s = stateOf([...given, ...more]);
      assert.deepEqual(holdOf(s, task(s, 't1')).paths, ['a.ts', 'b.ts']);
    }
  });
  it('without the files a rule joins, which it never said it would touch', () => {
    const s = stateOf([openedRun(), acceptedTask('t1'), ...changed('t1.1', 'b.ts', 'pnpm-lock.yaml')]);
    assert.deepEqual(holdOf(s, task(s, 't1')).paths, ['b.ts']);
  });
  it('takes a changed file’s brackets for a name', () => {
    const s = stateOf([openedRun(), acceptedTask('t1'), ...changed('t1.1', 'app/[id].tsx')]);
    assert.deepEqual(holdOf(s, task(s, 't1')), { paths: ['app/[id].tsx'], globs: [] });
  });
});

describe('a task that conflicted', () => {
  const beside = [
    openedRun(),
    acceptedTask('t1'),
    acceptedTask('t2'),
    ...changed('t1.1', 'shared.ts'),
    ...changed('t2.1', 'shared.ts'),
    conflict('t2.1', 'shared.ts'),
  ];
  it('waits for whoever holds the files it conflicted in, though nobody declared them', () => {
    const s = stateOf(beside);
    assert.deepEqual(blockedBy(s, task(s, 't2')), [{ heldBy: 't1', entry: 'shared.ts' }]);
  });
  it('and no longer when those have landed or are to be tried again', () => {
    const s = stateOf([...beside, conflict('t1.1', 'shared.ts')]);
    assert.deepEqual(blockedBy(s, task(s, taskOf('t2.1' as never))), []);
  });
  it('waits for nobody where scopes keep nobody out', () => {
    const [, ...rest] = beside;
    const s = stateOf([openedRun({ overlap: 'warn' }), ...rest]);
    assert.deepEqual(blockedBy(s, task(s, 't2')), []);
  });
});
