import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Event } from '@swarm/core/events';
import type { CommitId, TaskId } from '@swarm/core/model/ids';
import type { ChecksResult } from '@swarm/core/model/request';
import { acceptedTask, commit, landedTask, openedRun } from '@swarm/core/testing';
import { givenWorld, going } from '../testing.ts';
import type { Checks } from './checks.ts';
import { Culprits } from './culprit.ts';
import type { Rechecks } from './rechecks.ts';

const BASE = commit('base');
const headOf = (n: number): CommitId => (n === 0 ? BASE : commit(`landed t${n}.1`));

/** `count` tasks landed one upon the other; the checks show `red` on the last, first seen there. */
function landed(count: number, lastWithout?: number): readonly Event[] {
  const numbers = Array.from({ length: count }, (_, i) => i + 1);
  const checked = (n: number, signatures: readonly string[]): Event => ({
    type: 'checks.ended',
    result: {
      head: headOf(n),
      outcome: signatures.length > 0 ? 'failed' : 'passed',
      signatures,
      durationMs: 1,
    },
  });
  const rows = numbers.flatMap((n): Event[] => [
    ...[acceptedTask(`t${n}`), ...landedTask(`t${n}`, `l${n}`, headOf(n - 1))],
    ...(n === lastWithout ? [checked(n, [])] : []),
  ]);
  const finding = { signature: 'red', detail: 'not ok', head: headOf(count) };
  return [
    openedRun({ checks: 'check' }),
    ...rows,
    checked(count, ['red']),
    { type: 'finding.opened', finding },
  ];
}

/** Checks that fail with `red` from the landing of that number on. */
function looking(
  events: readonly Event[],
  since: number,
  ends?: Partial<Record<number, ChecksResult['outcome']>>,
) {
  const world = givenWorld(events);
  const numbers = new Map(Array.from({ length: 20 }, (_, n) => [headOf(n), n]));
  const checks: Pick<Checks, 'runOn'> = {
    runOn: async (head) => {
      const n = numbers.get(head)!;
      world.deeds.push(`look at ${n}`);
      const signatures = n >= since ? ['red'] : [];
      const outcome = ends?.[n] ?? (signatures.length > 0 ? 'failed' : 'passed');
      const seen = outcome === 'failed' ? signatures : [];
      return { result: { head, outcome, signatures: seen, durationMs: 1 }, findings: [] };
    },
  };
  const rechecks: Pick<Rechecks, 'passesOn'> = {
    passesOn: async (head) => {
      const n = numbers.get(head)!;
      world.deeds.push(`try at ${n}`);
      return n < since;
    },
  };
  return { world, culprits: new Culprits(world.context, checks as Checks, rechecks as Rechecks) };
}
const named = (world: { state: { health: { culprits: Map<string, unknown> } } }) =>
  world.state.health.culprits.get('red');

describe('where a failure comes from', () => {
  for (const since of [1, 2, 5, 8]) {
    test(`is found among eight landings by bisection: it is the ${since}th`, async () => {
      const { world, culprits } = looking(landed(8), since);
      await culprits.find(going());
      assert.deepEqual(named(world), { kind: 'landing', commit: headOf(since), task: `t${since}` });
      assert.ok(world.deeds.length <= 4, world.deeds.join(', '));
    });
  }

  test('is nobody’s landing when the base shows it too', async () => {
    const { world, culprits } = looking(landed(3), 0);
    await culprits.find(going());
    assert.deepEqual(named(world), { kind: 'base', commit: BASE });
    assert.deepEqual(world.deeds, ['look at 0']);
  });

  test('is said without a look when one landing alone came between', async () => {
    const { world, culprits } = looking(landed(3, 2), 3);
    await culprits.nameKnown();
    assert.deepEqual(named(world), { kind: 'landing', commit: headOf(3), task: 't3' });
    assert.deepEqual(world.deeds, []);
  });

  test('of a landed task’s own check is looked for with that check alone, among what came after it held', async () => {
    const task = 't2' as TaskId;
    const results = [{ task, isPassed: false, detail: '' }];
    const finding = { signature: 'red', detail: 'not ok', head: headOf(8), task };
    const events = landed(8).filter((e) => e.type !== 'finding.opened' && e.type !== 'checks.ended');
    const { world, culprits } = looking(
      [
        ...events,
        { type: 'rechecks.ended', head: headOf(8), results, durationMs: 1 },
        { type: 'finding.opened', finding },
      ],
      6,
    );
    await culprits.find(going());
    assert.deepEqual(named(world), { kind: 'landing', commit: headOf(6), task: 't6' });
    assert.ok(
      world.deeds.length <= 4 && world.deeds.every((deed) => deed.startsWith('try at ')),
      world.deeds.join(),
    );
  });

  test('is not guessed where the checks do not come to an end', async () => {
    const { world, culprits } = looking(landed(8), 5, { 4: 'timeout' });
    await culprits.find(going());
    assert.equal((named(world) as { kind: string }).kind, 'missed');
  });

  test('is not looked for while something waits to land, and nothing is put on record', async () => {
    const { world, culprits } = looking(landed(4), 2);
    world.state.queue.add('t9.1' as never);
    await culprits.find(going());
    assert.deepEqual([world.deeds, named(world)], [[], undefined]);
  });

  test('is not put on record when the look is stopped', async () => {
    const { world, culprits } = looking(landed(4), 2);
    await culprits.find(AbortSignal.abort());
    assert.deepEqual([world.deeds, named(world)], [[], undefined]);
  });
});
