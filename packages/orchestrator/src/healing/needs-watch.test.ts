import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '@swarm/core/events';
import { fold } from '@swarm/core/fold';
import { acceptedTask, entry, failedTask, openedRun, stateOf } from '@swarm/core/testing';
import { NeedsWatch } from './needs-watch.ts';

const blocked = (id: string): Event => failedTask(id, 'blocked');
const retried = (id: string): Event => ({ type: 'task.retried', task: id, by: 'operator' }) as Event;

test('what comes up is said once, what is decided too; what was there before is not said again', () => {
  const state = stateOf([openedRun(), acceptedTask('t1'), acceptedTask('t2'), blocked('t1')]);
  const said: string[] = [];
  const watch = new NeedsWatch(state, {
    write: (name, { task, msg }) => void said.push(`${name} ${task ?? msg}`),
  });
  const happen = (...events: readonly Event[]): void => {
    const one = entry(state.seq + 1, events);
    fold(state, one);
    watch.look(one);
  };
  happen(acceptedTask('t3'));
  happen(blocked('t2'), blocked('t3'));
  happen(acceptedTask('t4'));
  happen(retried('t1'));
  happen({ type: 'run.paused', reason: 'operator', detail: '' });
  happen({ type: 'run.paused', reason: 'disk-full', detail: 'no space' });
  assert.deepEqual(said.slice(0, 3), ['need.opened t2', 'need.opened t3', 'need.met t1']);
  // Whoever paused it knows.
  assert.equal(said.length, 4);
  assert.match(said[3]!, /need\.opened needs you: the disk is full: no space; swarm status/);
});
