import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { UndoAsk } from '@swarm/core/decisions/undo';
import type { Event } from '@swarm/core/events';
import type { CommitId, TaskId } from '@swarm/core/model/ids';
import type { GateOutcome } from '@swarm/core/model/landing';
import type { PublishOutcome, RevertOutcome } from '@swarm/core/ports/git';
import { acceptedTask, after, aGateResult, commit, landedTask, openedRun, tree } from '@swarm/core/testing';
import { type EffectWorld, givenWorld, going } from '../testing.ts';
import type { Gate } from './gate.ts';
import { Undo } from './undo.ts';

/** t1 landed; t2, which depends on it, landed on top. */
const TWO: readonly Event[] = [
  ...[openedRun(), acceptedTask('t1'), ...landedTask('t1', 'l1')],
  ...[acceptedTask('t2', after('t1')), ...landedTask('t2', 'l2', commit('landed t1.1'))],
];
const HEAD = commit('landed t2.1');
const REVERT: RevertOutcome = {
  kind: 'clean',
  commit: commit('without'),
  tree: tree('without'),
  paths: ['a.txt'],
};
const of = (what: string, withDependents = false): UndoAsk => ({
  what: what as TaskId | 'run',
  withDependents,
  by: 'operator',
});

interface Given {
  readonly built?: RevertOutcome;
  readonly gate?: GateOutcome;
  readonly published?: readonly PublishOutcome[];
  /** Where the target is, as git says. */
  readonly head?: CommitId | undefined;
  /** What a look at the target finds. */
  readonly look?: (world: EffectWorld) => void;
}

function undoing(given: Given = {}, events: readonly Event[] = TWO) {
  const { built = REVERT, gate = 'passed', published = [{ kind: 'published' }], look } = given;
  const answers = [...published];
  const world = givenWorld(events, {
    hub: {
      targetHead: async () => ('head' in given ? given.head : HEAD),
      buildRevert: async ({ commits }) => {
        world.deeds.push(`revert ${commits.map((c) => NAMES.get(c)).join(' ')}`);
        return built;
      },
      publish: async () => {
        world.deeds.push('publish');
        return answers.length > 1 ? answers.shift()! : answers[0]!;
      },
    },
  });
  const asGate: Pick<Gate, 'known' | 'run'> = {
    known: () => undefined,
    run: async () => {
      world.deeds.push('gate');
      return { kind: 'verdict', result: aGateResult(gate) };
    },
  };
  const undo = new Undo(world.context, asGate as Gate, async () => look?.(world));
  return { world, undo: (ask: UndoAsk) => undo.undo(ask, going()) };
}
const NAMES = new Map([
  [commit('landed t1.1'), 't1'],
  [HEAD, 't2'],
]);

describe('an undo', () => {
  test('is reverted newest first, gated, passed on record, published and recorded, in this order', async () => {
    const { world, undo } = undoing();
    const outcome = await undo(of('run'));
    assert.deepEqual(outcome, {
      kind: 'undone',
      tasks: ['t2', 't1'],
      commit: commit('without'),
      wasFound: false,
    });
    assert.deepEqual(world.deeds, ['revert t2 t1', 'gate', 'publish']);
    assert.deepEqual(world.decided, ['undo.passed', 'landing.undone t2', 'landing.undone t1']);
  });

  test('leaves nothing standing on what it takes away: with landed dependents it is refused, by name', async () => {
    const { world, undo } = undoing();
    const outcome = await undo(of('t1'));
    assert.deepEqual(outcome.kind === 'refused' && [outcome.reason, outcome.dependents], [
      'dependents',
      ['t2'],
    ]);
    assert.deepEqual(world.deeds, []);
  });

  test('takes the dependents along when told to', async () => {
    const { undo } = undoing();
    const outcome = await undo(of('t1', true));
    assert.deepEqual(outcome.kind === 'undone' && outcome.tasks, ['t2', 't1']);
  });

  for (const [outcome, reason] of [
    ['failed', 'gate-failed'],
    ['timeout', 'gate-timeout'],
    ['killed', 'gate-killed'],
    ['broken', 'gate-broken'],
  ] as const) {
    test(`is not published where the gate ${outcome}`, async () => {
      const { world, undo } = undoing({ gate: outcome });
      const answer = await undo(of('t2'));
      assert.equal(answer.kind === 'refused' && answer.reason, reason);
      assert.deepEqual(world.deeds, ['revert t2', 'gate']);
      assert.equal(world.decided[0], `undo.refused ${reason}`);
    });
  }

  test('that meets later changes is refused with the files', async () => {
    const { undo } = undoing({
      built: { kind: 'conflict', of: HEAD, files: ['a.txt'], detail: 'changed later' },
    });
    const answer = await undo(of('t2'));
    assert.deepEqual(answer.kind === 'refused' && [answer.reason, answer.files], ['conflict', ['a.txt']]);
  });

  test('is built on the target the journal knows, and refused while git says another', async () => {
    const { world, undo } = undoing({ head: commit('somebody’s') });
    const answer = await undo(of('t2'));
    assert.equal(answer.kind === 'refused' && answer.reason, 'target-lost');
    assert.deepEqual(world.deeds, []);
  });

  test('that loses its race is built again, and given up after a while', async () => {
    const moved: PublishOutcome = { kind: 'moved', head: commit('other') };
    const once = undoing({ published: [moved, { kind: 'published' }] });
    assert.equal((await once.undo(of('t2'))).kind, 'undone');
    assert.deepEqual(once.world.deeds, ['revert t2', 'gate', 'publish', 'revert t2', 'gate', 'publish']);
    const always = undoing({ published: [moved] });
    const answer = await always.undo(of('t2'));
    assert.equal(answer.kind === 'refused' && answer.reason, 'target-moves');
    assert.ok(always.world.state.tasks.get('t2' as TaskId)!.state === 'landed');
  });

  test('of which nobody heard is looked for, and found: it is not made again', async () => {
    let looks = 0;
    const { world, undo } = undoing({
      published: [{ kind: 'unknown', why: 'cut' }],
      look: (w) => {
        looks += 1;
        if (looks === 2)
          w.decide({
            type: 'undoLanding',
            tasks: ['t2' as TaskId],
            commit: commit('without'),
            by: 'operator',
          });
      },
    });
    const outcome = await undo(of('t2'));
    assert.deepEqual(outcome.kind === 'undone' && [outcome.tasks, outcome.wasFound], [['t2'], true]);
    assert.deepEqual(world.deeds, ['revert t2', 'gate', 'publish']);
  });

  test('of what the reconciler tries is on record even when it cannot be tried: it is tried once', async () => {
    const { world, undo } = undoing();
    await undo({ ...of('t1'), by: 'reconciler' });
    assert.deepEqual(world.decided, ['undo.refused dependents']);
    assert.ok(world.state.health.revertsRefused.has('t1' as TaskId));
  });
});
