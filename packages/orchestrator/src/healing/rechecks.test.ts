import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '@swarm/core/events';
import type { CannotRun } from '@swarm/core/ports/bench';
import { acceptedTask, commit, landedTask, openedRun } from '@swarm/core/testing';
import { givenWorld, going } from '../testing.ts';
import { givenHost, NO_SPACE, ran } from '../working/testing-bench.ts';
import { LOOK } from './clean-room.ts';
import { Rechecks } from './rechecks.ts';

/** Three tasks landed one upon the other; the first two are verified by one command, the third by another. */
const LANDED: readonly Event[] = ['check a', 'check a', 'check b'].flatMap((verify, i) => [
  acceptedTask(`t${i + 1}`, { verify }),
  ...landedTask(`t${i + 1}`, `l${i + 1}`, i === 0 ? undefined : commit(`landed t${i}.1`)),
]);
/** Somebody else's commit is the head: nobody's check was tried on it. */
const MOVED: Event = { type: 'target.moved', from: commit('landed t3.1'), to: commit('others'), lost: [] };

function given(answers: Parameters<typeof givenHost>[1] = {}, over: Parameters<typeof openedRun>[0] = {}) {
  const deeds: string[] = [];
  const world = givenWorld([openedRun(over), ...LANDED, MOVED], { host: givenHost(deeds, answers) });
  return { world, deeds, work: (signal = going()) => new Rechecks(world.context).work(signal) };
}

const opens = (deeds: readonly string[]) => deeds.filter((deed) => deed.startsWith('open ')).length;

test('each command runs once for all tasks it verified, in one clean workspace', async () => {
  const { world, deeds, work } = given();
  await work();
  assert.deepEqual(
    deeds.filter((deed) => deed.startsWith('check ')),
    ['check a', 'check b'],
  );
  assert.equal(opens(deeds), 1);
  assert.deepEqual(world.decided, ['rechecks.ended']);
  assert.deepEqual([...world.state.health.rechecks.keys()], ['t1', 't2', 't3']);
});

test('as many commands run at a time as gates may, each in a workspace of its own', async () => {
  let both = (): void => {};
  const running = new Promise<void>((resolve) => {
    both = resolve;
  });
  const begun: string[] = [];
  const shell = async (command: string) => {
    if (command !== LOOK && begun.push(command) === 2) both();
    if (command !== LOOK) await running;
    return ran({});
  };
  const { world, deeds, work } = given({ shell }, { gateParallel: 2 });
  await work();
  assert.deepEqual(begun, ['check a', 'check b']);
  assert.equal(opens(deeds), 2);
  assert.deepEqual([...world.state.health.rechecks.keys()].sort(), ['t1', 't2', 't3']);
});

test('what one command leaves behind does not let another pass', async () => {
  let looks = 0;
  const { deeds, work } = given({
    shell: (command) => ran({ output: command === LOOK ? `${looks++}` : '' }),
  });
  await work();
  assert.equal(opens(deeds), 2);
});

test('a failure counts when it fails alone in a fresh workspace too, for every task it is about', async () => {
  const { world, deeds, work } = given({
    shell: (command) => ran({ exitCode: command === 'check a' ? 1 : 0 }),
  });
  await work();
  assert.deepEqual(world.decided, ['rechecks.ended', 'finding.opened', 'finding.opened']);
  assert.deepEqual(
    [...world.state.health.findings.keys()],
    ['verify of t1: check a', 'verify of t2: check a'],
  );
  assert.equal(deeds.filter((deed) => deed === 'check a').length, 2);
});

test('a failure that does not come again alone is none', async () => {
  let tries = 0;
  const { world, work } = given({
    shell: (command) => ran({ exitCode: command === 'check a' && tries++ === 0 ? 1 : 0 }),
  });
  await work();
  assert.equal(world.state.health.findings.size, 0);
});

for (const [why, answers] of [
  ['is stopped', { shell: () => ran({ end: 'aborted', exitCode: undefined }) }],
  [
    'meets a full disk',
    { isFull: true, shell: (c: string) => ran(c === LOOK ? {} : { exitCode: 1, output: NO_SPACE }) },
  ],
  ['cannot begin', { opens: (): CannotRun => ({ kind: 'cannot-run', reason: 'aborted', detail: '' }) }],
] as const) {
  test(`a look that ${why} says nothing, and nothing is put on record`, async () => {
    const { world, work } = given(answers);
    await work();
    assert.ok(!world.decided.includes('rechecks.ended'));
  });
}
