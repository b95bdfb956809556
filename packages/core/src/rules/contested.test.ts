import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '../events.ts';
import type { AttemptId, TaskId } from '../model/ids.ts';
import type { Task } from '../model/task.ts';
import { acceptedTask, apply, handedIn, landedTask, openedRun, openedStateOf } from '../testing.ts';
import { keptOutBy } from './contested.ts';

const SCOPES = { t1: ['a.txt'], t2: ['a.txt'], t3: ['b.txt'], t4: [] };
/** t1 and t2 changed a.txt side by side, and t2 landed first. */
function raced(overlap: 'off' | 'serialize' = 'off') {
  const events: Event[] = [
    openedRun({ overlap }),
    ...Object.entries(SCOPES).map(([id, scope]) => acceptedTask(id, { scope })),
    ...handedIn('t1.1'),
    ...landedTask('t2', 'l1'),
  ];
  const s = openedStateOf(events);
  const attempt = 't1.1' as AttemptId;
  apply(s, { type: 'rejectHandoff', attempt, reason: 'conflict', detail: '', files: ['a.txt'] });
  return s;
}

const out = (s: ReturnType<typeof raced>, id: string) => keptOutBy(s, id as TaskId);

test('a lost race uses up none of the task’s attempts, where scopes keep nobody out', () => {
  assert.equal(raced().tasks.get('t1' as TaskId)!.counted, 0);
  assert.equal(raced('serialize').tasks.get('t1' as TaskId)!.counted, 1);
});

test('what work conflicted in is held for it: nothing new starts there, and all else does', () => {
  const s = raced();
  s.tasks.set('t2' as TaskId, { ...s.tasks.get('t2' as TaskId)!, state: 'pending' } as never);
  assert.deepEqual(
    [out(s, 't1'), out(s, 't2'), out(s, 't3'), out(s, 't4')],
    [undefined, 't1', undefined, undefined],
  );
});

test('after a second race even work of unknown scope makes way', () => {
  const s = raced();
  const t1 = s.tasks.get('t1' as TaskId)!;
  s.tasks.set(t1.id, { ...t1, racesLost: 2 });
  assert.equal(out(s, 't4'), 't1');
});

test('of two that lost races in one file the first goes first', () => {
  const s = raced();
  const t3 = s.tasks.get('t3' as TaskId)!;
  s.tasks.set(t3.id, { ...t3, contested: ['a.txt'], racesLost: 1 });
  assert.deepEqual([out(s, 't1'), out(s, 't3')], [undefined, 't1']);
});

test('once it is over nothing is held any more', () => {
  const s = raced();
  apply(s, { type: 'cancelTask', task: 't1' as TaskId, reason: 'no', by: 'operator' });
  assert.equal(out(s, 't3'), undefined);
});

test('what waits for another task holds nothing: neither could ever start', () => {
  const s = raced();
  const [t1, t2] = ['t1', 't2'].map((id) => s.tasks.get(id as TaskId)!) as [Task, Task];
  s.tasks.set(t2.id, { ...t2, state: 'pending' } as never);
  s.tasks.set(t1.id, { ...t1, spec: { ...t1.spec, dependsOn: [t2.id] } });
  assert.equal(out(s, 't2'), undefined);
});
