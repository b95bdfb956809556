import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Event } from '@swarm/core/events';
import {
  acceptedTask,
  commit,
  gated,
  handedIn,
  openedRun,
  running,
  startedAttempt,
  startedLanding,
} from '@swarm/core/testing';
import { Crew } from './crew.ts';
import { Effects } from './effects.ts';
import { AskedUndos } from './landing/asked-undos.ts';
import { AskedProposals } from './planning/asked-proposals.ts';
import { givenWorld, type SomePorts } from './testing.ts';

/** Nothing it starts comes to an end: what was started is all that is looked at. */
const never = <T>(): Promise<T> => new Promise<T>(() => {});
const ENDLESS: SomePorts = {
  host: { open: () => never() },
  hub: { targetHead: () => never() },
  reader: { list: () => never() },
  prompts: { render: () => ({ system: '', text: '', hash: 'h' }), hash: () => 'h' },
};

function crewOf(events: readonly Event[], ports: SomePorts = {}) {
  const world = givenWorld(events, { ...ENDLESS, ...ports });
  const faults: unknown[] = [];
  const effects = new Effects({ onEnd: () => {}, onFault: (error) => void faults.push(error) });
  const stopped: string[] = [];
  const stop = effects.stop.bind(effects);
  effects.stop = (name, cause) => {
    if (effects.has(name)) stopped.push(`${name}: ${cause}`);
    stop(name, cause);
  };
  const asked = { asked: new AskedUndos(), proposals: new AskedProposals() };
  const crew = new Crew({ context: world.context, effects, ...asked, wake: () => {} });
  return { world, crew, effects, stopped, faults, at: () => [...effects.names].sort() };
}

const checked: Event = {
  type: 'base.checked',
  base: commit('base'),
  gate: {
    outcome: 'passed',
    gate: 'gate-1',
    durationMs: 1,
    signatures: [],
    output: '',
    flaky: false,
    remembered: false,
  },
};
const OPEN: readonly Event[] = [openedRun(), checked];

describe('whoever is wanted is at work', () => {
  test('each live attempt once, however often it is looked', () => {
    const { crew, at } = crewOf([...OPEN, acceptedTask('t1'), startedAttempt('t1.1')]);
    crew.agree(false);
    crew.agree(false);
    assert.deepEqual(at(), ['t1.1']);
  });

  test('a candidate without a verdict is tested, one with a verdict is not', () => {
    const tested = [...OPEN, acceptedTask('t1'), ...handedIn('t1.1'), startedLanding('l1', ['t1.1'])];
    const one = crewOf(tested);
    one.crew.agree(false);
    assert.deepEqual(one.at(), ['gate-l1']);
    const two = crewOf([...tested, gated('l1', 'passed')]);
    two.crew.agree(false);
    assert.deepEqual(two.at(), ['landing']);
  });

  test('a handoff that waits is landed', () => {
    const { crew, at } = crewOf([...OPEN, acceptedTask('t1'), ...handedIn('t1.1')]);
    crew.agree(false);
    assert.deepEqual(at(), ['landing']);
  });

  test('checks run on a head nobody checked, when nothing else goes on', () => {
    const moved: Event = { type: 'target.moved', from: commit('base'), to: commit('other'), lost: [] };
    const { crew, at } = crewOf([openedRun({ checks: 'check' }), checked, moved]);
    crew.agree(false);
    assert.ok(at().includes('checks'));
  });
});

describe('reviewers', () => {
  const review = { reviewers: 2, threshold: 0.6, quorum: 2 };
  const names = ['reviewer-1', 'reviewer-2'];
  const asked: Event = {
    type: 'review.asked',
    attempt: 't1.1' as never,
    commit: commit('w'),
    reviewers: names,
  };
  const under: readonly Event[] = [
    ...[openedRun({ review }), checked, acceptedTask('t1')],
    ...[...handedIn('t1.1'), asked],
  ];
  const reads: SomePorts = { changes: { diff: () => never() } };

  test('are at work once each, and stop when their task is cancelled', () => {
    const { world, crew, at, stopped } = crewOf(under, reads);
    crew.agree(false);
    crew.agree(false);
    assert.deepEqual(at(), ['review-t1.1-reviewer-1', 'review-t1.1-reviewer-2']);
    world.decide({ type: 'cancelTask', task: 't1' as never, reason: 'no', by: 'operator' });
    crew.agree(false);
    assert.deepEqual(stopped, ['review-t1.1-reviewer-1: cancelled', 'review-t1.1-reviewer-2: cancelled']);
  });

  test('begin nothing in a run that is paused or being left, and go on there', () => {
    const paused: Event = { type: 'run.paused', reason: 'operator', detail: '' };
    const one = crewOf([...under, paused], reads);
    one.crew.agree(false);
    assert.deepEqual(one.at(), []);
    const two = crewOf(under, reads);
    two.crew.agree(true);
    assert.deepEqual(two.at(), []);
    two.crew.agree(false);
    two.crew.agree(true);
    assert.deepEqual([two.at().length, two.stopped], [2, []]);
  });

  test('are left to whoever sees to the votes, where no change can be read here', () => {
    const { crew, at } = crewOf(under);
    crew.agree(false);
    assert.deepEqual(at(), []);
  });
});

describe('whoever is not wanted any more is stopped', () => {
  test('the attempt of a cancelled task, as cancelled', () => {
    const { world, crew, stopped } = crewOf([...OPEN, acceptedTask('t1'), ...running('t1.1')]);
    crew.agree(false);
    world.decide({ type: 'cancelTask', task: 't1' as never, reason: 'no', by: 'operator' });
    crew.agree(false);
    assert.deepEqual(stopped, ['t1.1: cancelled']);
  });

  test('the gate of a candidate one of whose members was taken away', () => {
    const { world, crew, stopped } = crewOf([
      ...[...OPEN, acceptedTask('t1'), acceptedTask('t2'), ...handedIn('t1.1'), ...handedIn('t2.1')],
      startedLanding('l1', ['t1.1', 't2.1']),
    ]);
    crew.agree(false);
    world.decide({ type: 'cancelTask', task: 't1' as never, reason: 'no', by: 'operator' });
    crew.agree(false);
    assert.deepEqual(stopped, ['gate-l1: cancelled']);
  });
});

describe('in a run that is being left', () => {
  test('nothing begins, and an attempt that runs goes on', () => {
    const { crew, at, world } = crewOf([...OPEN, acceptedTask('t1'), ...running('t1.1')]);
    crew.agree(false);
    world.decide({ type: 'acceptTasks', drafts: [], from: { by: 'operator' }, eachAlone: false });
    crew.agree(true);
    assert.deepEqual(at(), ['t1.1']);
    const fresh = crewOf([...OPEN, acceptedTask('t1'), startedAttempt('t1.1')]);
    fresh.crew.agree(true);
    assert.deepEqual(fresh.at(), []);
  });

  test('the attempt of a cancelled task is stopped all the same', () => {
    const { crew, stopped } = crewOf([...OPEN, acceptedTask('t1'), ...running('t1.1')]);
    crew.agree(false);
    assert.deepEqual(stopped, []);
    const other = crewOf([...OPEN, acceptedTask('t1'), ...running('t1.1')]);
    other.crew.agree(false);
    other.world.decide({ type: 'cancelTask', task: 't1' as never, reason: 'no', by: 'operator' });
    other.crew.agree(true);
    assert.deepEqual(other.stopped, ['t1.1: cancelled']);
  });
});

test('a paused run lands nothing and looks at nobody’s failures, until it goes on', () => {
  const paused: Event = { type: 'run.paused', reason: 'operator', detail: '' };
  const { world, crew, at } = crewOf([...OPEN, acceptedTask('t1'), ...handedIn('t1.1'), paused]);
  crew.agree(false);
  assert.deepEqual(at(), []);
  world.decide({ type: 'continue', by: 'operator' });
  crew.agree(false);
  assert.deepEqual(at(), ['landing']);
});

test('the target is looked at every sweep, though nothing is to land', () => {
  const { world, crew, at } = crewOf([...OPEN, acceptedTask('t1'), ...running('t1.1')]);
  crew.agree(false);
  assert.deepEqual(at(), ['t1.1']);
  world.clock.pass(60_000);
  crew.agree(false);
  assert.deepEqual(at(), ['landing', 't1.1']);
});
