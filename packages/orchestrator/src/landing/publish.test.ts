import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Event } from '@swarm/core/events';
import type { TaskId } from '@swarm/core/model/ids';
import type { GateOutcome } from '@swarm/core/model/landing';
import type { PublishOutcome } from '@swarm/core/ports/git';
import { acceptedTask, commit, gated, handedIn, openedRun, startedLanding } from '@swarm/core/testing';
import { type EffectWorld, givenWorld } from '../testing.ts';
import { Publisher } from './publish.ts';

/** These attempts are one landing under test, and the gate has said this. */
const tested = (attempts: readonly string[], outcome: GateOutcome): readonly Event[] => [
  openedRun(),
  ...attempts.map((id) => acceptedTask(id.split('.')[0]!)),
  ...attempts.flatMap((id) => handedIn(id)),
  startedLanding('l1', attempts),
  gated('l1', outcome),
];

function settling(
  given: readonly Event[],
  answer: PublishOutcome = { kind: 'published' },
  meanwhile: (world: EffectWorld) => void = () => {},
) {
  const world = givenWorld(given, {
    hub: {
      publish: async (candidate) => {
        world.deeds.push(`publish ${candidate.commit === commit('landed t1.1') ? 't1.1' : candidate.commit}`);
        meanwhile(world);
        return answer;
      },
    },
  });
  const look = async () => {
    world.deeds.push('look at the target');
    return true;
  };
  const settle = () => new Publisher(world.context, look).settle(world.state.landings.get('l1' as never)!);
  return { world, settle };
}

const cancel = (world: EffectWorld, task: string) =>
  world.decide({ type: 'cancelTask', task: task as TaskId, reason: 'not wanted', by: 'operator' });

describe('a candidate that passed', () => {
  test('is published, and then recorded as landed', async () => {
    const { world, settle } = settling(tested(['t1.1'], 'passed'));
    await settle();
    assert.deepEqual([world.deeds, world.decided], [['publish t1.1'], ['landing.landed l1']]);
  });

  test('is not published when the target moved since it was built', async () => {
    const moved: Event = { type: 'target.moved', from: commit('base'), to: commit('other'), lost: [] };
    const { world, settle } = settling([...tested(['t1.1'], 'passed'), moved]);
    await settle();
    assert.deepEqual([world.deeds, world.decided], [[], ['landing.dropped l1 target-moved']]);
  });

  test('is not published when its task was cancelled', async () => {
    const { world, settle } = settling(tested(['t1.1'], 'passed'));
    cancel(world, 't1');
    await settle();
    assert.deepEqual(world.deeds, []);
    assert.deepEqual(world.decided.slice(1), ['landing.dropped l1 cancelled']);
  });

  test('is looked for on the target when its task was cancelled while it was published', async () => {
    const { world, settle } = settling(tested(['t1.1'], 'passed'), { kind: 'published' }, (w) =>
      cancel(w, 't1'),
    );
    await settle();
    assert.deepEqual(world.deeds, ['publish t1.1', 'look at the target']);
    assert.deepEqual(world.refused, ['land: late']);
  });

  test('keeps its place when somebody else was faster', async () => {
    const answer: PublishOutcome = { kind: 'moved', head: commit('other') };
    const { world, settle } = settling(tested(['t1.1'], 'passed'), answer);
    await settle();
    assert.deepEqual(world.decided, ['landing.dropped l1 target-moved']);
    assert.ok(world.state.queue.has('t1.1' as never));
  });

  test('of which the target said nothing is looked for, and not called landed', async () => {
    const { world, settle } = settling(tested(['t1.1'], 'passed'), { kind: 'unknown', why: 'cut' });
    await settle();
    assert.deepEqual(world.decided, ['landing.dropped l1 publish-unknown']);
    assert.deepEqual(world.deeds, ['publish t1.1', 'look at the target']);
  });

  test('waits in a paused run when the target refuses it', async () => {
    const { world, settle } = settling(tested(['t1.1'], 'passed'), { kind: 'refused', why: 'a hook' });
    await settle();
    assert.equal(world.state.paused?.reason, 'target-refuses');
    assert.ok(world.state.queue.has('t1.1' as never));
  });

  test('waits in a paused run when the target is gone', async () => {
    const { world, settle } = settling(tested(['t1.1'], 'passed'), { kind: 'gone' });
    await settle();
    assert.equal(world.state.paused?.reason, 'target-gone');
  });
});

describe('a candidate that failed', () => {
  test('is divided where it has several members, and none of them is refused', async () => {
    for (const outcome of ['failed', 'timeout', 'killed', 'weakened'] as const) {
      const { world, settle } = settling(tested(['t1.1', 't2.1', 't3.1'], outcome));
      await settle();
      assert.deepEqual([world.deeds, world.decided], [[], ['landing.dropped l1 bisect']], outcome);
      assert.equal(world.state.queue.size, 3, outcome);
      assert.deepEqual(world.state.rejections, {}, outcome);
    }
  });

  test('is refused where it has one, for what the gate said', async () => {
    const reasons = {
      failed: 'gate-failed',
      timeout: 'gate-timeout',
      killed: 'gate-killed',
      weakened: 'tests-weakened',
    } as const;
    for (const [outcome, reason] of Object.entries(reasons)) {
      const { world, settle } = settling(tested(['t1.1'], outcome as GateOutcome));
      await settle();
      assert.deepEqual(world.decided[0], `landing.rejected t1.1 ${reason}`);
    }
  });

  test('by a gate that could not be run stops the run and blames nobody', async () => {
    const { world, settle } = settling(tested(['t1.1'], 'broken'));
    await settle();
    assert.deepEqual(world.decided, ['landing.dropped l1 gate-broken']);
    assert.deepEqual(
      world.halts.map((halt) => halt.why),
      ['gate-broken'],
    );
  });
});

describe('a line of landings that nothing tests', () => {
  const line = (): readonly Event[] => [
    openedRun({ gate: undefined as never }),
    ...['t1', 't2', 't3'].flatMap((id) => [acceptedTask(id), ...handedIn(`${id}.1`)]),
    startedLanding('l1', ['t1.1']),
    startedLanding('l2', ['t2.1'], commit('landed t1.1')),
    startedLanding('l3', ['t3.1'], commit('landed t2.1')),
    ...['l1', 'l2', 'l3'].map((id) => gated(id, 'none')),
  ];
  const settleAll = (world: EffectWorld) =>
    new Publisher(world.context, async () => true).settleLine([...world.state.landings.values()]);

  test('is published with one move, and each is recorded in its order', async () => {
    const { world } = settling(line());
    await settleAll(world);
    assert.deepEqual(world.deeds, [`publish ${commit('landed t3.1')}`]);
    assert.deepEqual(world.decided, ['landing.landed l1', 'landing.landed l2', 'landing.landed l3']);
  });

  test('ends before the one that was cancelled, and what stood upon that is built anew', async () => {
    const { world } = settling(line());
    await cancel(world, 't2');
    world.decided.length = 0;
    await settleAll(world);
    assert.deepEqual(world.deeds, ['publish t1.1']);
    assert.deepEqual(world.decided, [
      'landing.dropped l2 cancelled',
      'landing.dropped l3 line-broken',
      'landing.landed l1',
    ]);
  });
});
