import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskId } from '@swarm/core/model/ids';
import type { LandedMark } from '@swarm/core/ports/git';
import { acceptedTask, landedTask, openedRun } from '@swarm/core/testing';
import { givenWorld } from '../testing.ts';
import { Gate } from './gate.ts';
import { MergeQueue } from './merge-queue.ts';
import { Probes } from './probes.ts';

test('what a kill left unsaid is found by the first look of the next process, where the head is what it was', async () => {
  const world = givenWorld([openedRun(), acceptedTask('t1'), ...landedTask('t1', 'l1')], {
    hub: {
      targetHead: async () => world.state.head,
      landedSince: async (): Promise<LandedMark[]> => {
        world.deeds.push('whole look');
        return [];
      },
      undoneSince: async () => [],
    },
  });
  const queue = new MergeQueue(world.context, new Gate(world.context), new Probes(world.context));
  await queue.lookAtTarget();
  assert.deepEqual(world.decided, ['target.moved', 'run.paused history-rewritten']);
  assert.equal(world.state.tasks.get('t1' as TaskId)?.state, 'pending');
  await queue.lookAtTarget();
  assert.deepEqual(world.deeds, ['whole look']);
});
