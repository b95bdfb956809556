import assert from 'node:assert/strict';
import test from 'node:test';
import type { TaskId } from '@swarm/core/model/ids';
import { acceptedTask, commit, handedIn, openedRun, running, startedAttempt } from '@swarm/core/testing';
import { givenWorld } from '../testing.ts';
import { Reconciler } from './reconciler.ts';

const PUSHED = commit('pushed');

/** A run in which t1.1 ran, t2.1 had not begun, and t3.1 waits to land, when its process died. */
function afterACrash(left: readonly string[] = []) {
  const events = [
    openedRun(),
    ...['t1', 't2', 't3'].map((id) => acceptedTask(id)),
    ...running('t1.1'),
    startedAttempt('t2.1'),
    ...handedIn('t3.1'),
  ];
  const world = givenWorld(events, {
    host: {
      reap: async () => {
        world.deeds.push('reap');
        return 2;
      },
      clear: async () => left,
    },
    hub: {
      ingest: async (attempt) => {
        world.deeds.push(`ingest ${attempt}`);
        return attempt === 't1.1' ? { kind: 'commit', commit: PUSHED } : { kind: 'nothing' };
      },
      tidy: async (keep) => void world.deeds.push(`keep ${[...keep].join(' ')}`),
    },
  });
  return world;
}

/** A start asks none of its parts. */
const NO_PART = undefined as never;
const startUp = (world: ReturnType<typeof afterACrash>): Promise<void> =>
  new Reconciler(world.context, NO_PART, NO_PART, NO_PART).startUp();

test('what ran when the process died ends as lost, and the next attempt goes on from what it had pushed', async () => {
  const world = afterACrash();
  await startUp(world);
  const task = (id: string) => world.state.tasks.get(id as TaskId)!;
  assert.deepEqual([task('t1').state, task('t1').workCommit], ['pending', PUSHED]);
  assert.deepEqual([task('t2').state, task('t2').workCommit], ['pending', undefined]);
  assert.deepEqual([task('t1').counted, task('t2').counted], [0, 0], 'it is nobody’s fault');
});

test('its processes are killed before anything is taken in, and the work of whoever may go on is kept', async () => {
  const world = afterACrash();
  await startUp(world);
  assert.deepEqual(world.deeds, ['reap', 'ingest t1.1', 'ingest t2.1', 'keep t3.1 t1.1 t2.1']);
  assert.equal(world.told.filter(({ name }) => name === 'stray.killed').length, 1);
});

test('each workspace that was left over is named', async () => {
  const world = afterACrash(['t1.1', 'gate-l3']);
  await startUp(world);
  const named = world.told.filter(({ name }) => name === 'stray.removed');
  assert.deepEqual(
    named.map(({ fields }) => fields.data?.name),
    ['t1.1', 'gate-l3'],
  );
});
