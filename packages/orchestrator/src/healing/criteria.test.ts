import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '@swarm/core/events';
import type { CannotRun } from '@swarm/core/ports/bench';
import type { SandboxResult } from '@swarm/core/ports/running';
import { acceptedTask, landedTask, openedRun } from '@swarm/core/testing';
import { givenWorld, going } from '../testing.ts';
import { givenHost, ran } from '../working/testing-bench.ts';
import { Criteria } from './criteria.ts';

const command = (name: string) =>
  ({ text: `${name} holds`, check: { kind: 'command', command: name } }) as const;
const GIVEN: readonly Event[] = [
  openedRun({
    acceptance: { criteria: [command('one'), command('two'), { text: 'words', check: { kind: 'text' } }] },
  }),
  acceptedTask('t1', { acceptance: '- `make t` passes\n- `one x` passes' }),
  ...landedTask('t1', 'l1'),
];

/** How each command ends, by the bench it runs in. */
type Ends = (command: string, bench: string) => number | Partial<SandboxResult>;

function given(ends: Ends, opens: (name: string) => CannotRun | undefined = () => undefined) {
  const deeds: string[] = [];
  let bench = '';
  const host = givenHost(deeds, {
    opens: (ask) => {
      bench = ask.name;
      return opens(ask.name);
    },
    shell: (text) => {
      if (text.startsWith('git ')) return ran();
      const end = ends(text, bench);
      return ran(typeof end === 'number' ? { exitCode: end } : end);
    },
  });
  const world = givenWorld(GIVEN, { host });
  const work = (isAtItsEnd = true, signal = going()) => new Criteria(world.context).work(isAtItsEnd, signal);
  const verdicts = () =>
    [...world.state.acceptance.values()].map((one) => `${one.criterion}: ${one.verdict}`);
  return { world, deeds, work, verdicts };
}

test('at first only the run’s own are tried, together, on the base', async () => {
  const { world, deeds, work } = given(() => 1);
  await work(false);
  assert.deepEqual(world.decided, ['criteria.tried']);
  assert.deepEqual(
    deeds.filter((deed) => !deed.startsWith('git ')),
    ['open criteria-base', 'one', 'two', 'close criteria-base'],
  );
});

test('at the end each is tried on the base and looked at on the head, and each is put on record as it comes', async () => {
  const ends: Ends = (text, bench) => (bench === 'criteria-head' || text === 'two' ? 0 : 1);
  const { world, work, verdicts } = given(ends);
  await work();
  assert.deepEqual(world.decided, [
    'criteria.tried',
    'acceptance.judged',
    'acceptance.judged',
    'acceptance.judged t1',
    'acceptance.judged t1',
  ]);
  assert.deepEqual(verdicts(), [
    'one holds: verified',
    'two holds: tells-nothing',
    '`make t` passes: verified',
    '`one x` passes: verified',
  ]);
  assert.deepEqual(world.refused, []);
  await work();
  assert.equal(world.decided.length, 5, 'nothing is looked at twice on one head');
});

test('a failure on the head counts when it fails alone too', async () => {
  let tries = 0;
  const { deeds, work, verdicts } = given((text, bench) => {
    if (bench === 'criteria-base') return 1;
    if (text === 'one') return tries++ === 0 ? 1 : 0;
    return text === 'two' ? 1 : 0;
  });
  await work();
  assert.deepEqual(verdicts().slice(0, 2), ['one holds: verified', 'two holds: failed']);
  assert.equal(deeds.filter((deed) => deed === 'open criteria-head').length, 3);
});

for (const [why, end] of [
  ['its program is not there', { exitCode: 127, output: 'sh: 1: one: not found\n' }],
  ['it was killed', { end: 'killed', exitCode: undefined }],
] as const)
  test(`what cannot be looked at is not failed and not verified: ${why}`, async () => {
    const { work, verdicts, world } = given((text) => (text === 'one' ? end : 1));
    await work();
    assert.equal(verdicts()[0], 'one holds: unverified');
    assert.match([...world.state.acceptance.values()][0]!.evidence!.detail, /it ended with (127|killed)/);
  });

test('a setup that fails on the head leaves everything unverified, and the run comes to its end', async () => {
  const failed: CannotRun = { kind: 'cannot-run', reason: 'setup-failed', detail: 'no network' };
  const { work, verdicts } = given(
    () => 1,
    (name) => (name === 'criteria-head' ? failed : undefined),
  );
  await work();
  assert.deepEqual(new Set(verdicts().map((one) => one.split(': ')[1])), new Set(['unverified']));
});

test('a look that is stopped says nothing of what it was looking at', async () => {
  const { work, world, verdicts } = given((text, bench) =>
    bench === 'criteria-head' && text === 'two'
      ? { end: 'aborted', exitCode: undefined }
      : bench === 'criteria-head'
        ? 0
        : 1,
  );
  await work();
  assert.deepEqual(verdicts(), ['one holds: verified']);
  assert.ok(world.decided.includes('criteria.tried'));
});
