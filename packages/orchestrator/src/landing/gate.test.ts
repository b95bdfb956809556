import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commit, openedRun } from '@swarm/core/testing';
import { givenWorld, going } from '../testing.ts';
import { type Answers, givenHost, NO_SPACE, ran } from '../working/testing-bench.ts';
import { Gate } from './gate.ts';

const HEAD = commit('head');

function given(answers: Answers) {
  const deeds: string[] = [];
  const world = givenWorld([openedRun({ gate: 'make test', setup: 'make ready' })], {
    host: givenHost(deeds, answers),
  });
  const run = (retries = 0, signal = going()) =>
    new Gate(world.context).run('gate-l1', HEAD, retries, signal);
  return { world, deeds, run };
}

test('a gate runs on a bench of its own at that commit, which is taken down again', async () => {
  const { deeds, run } = given({ opens: (ask) => void assert.equal(ask.base, HEAD) });
  const verdict = await run();
  assert.equal(verdict.kind === 'verdict' && verdict.result.outcome, 'passed');
  assert.deepEqual(deeds, ['open gate-l1', 'make test', 'close gate-l1']);
});

test('a failure is tried again as often as it may be, and one that passes then is flaky', async () => {
  let tries = 0;
  const { run } = given({ shell: () => ran({ exitCode: tries++ === 0 ? 1 : 0, output: 'not ok 1 - a\n' }) });
  const verdict = await run(1);
  assert.deepEqual(verdict.kind === 'verdict' && [verdict.result.outcome, verdict.result.flaky], [
    'passed',
    true,
  ]);
});

for (const [what, answers] of [
  ['before it', { opens: () => ({ kind: 'cannot-run', reason: 'disk-full', detail: NO_SPACE }) }],
  ['under it', { isFull: true, shell: () => ran({ exitCode: 1, output: NO_SPACE }) }],
] as const satisfies readonly (readonly [string, Answers])[]) {
  test(`a disk that is full ${what} is no verdict on the tree: the run pauses and is left`, async () => {
    const { world, run } = given(answers);
    assert.deepEqual(await run(1), { kind: 'aborted' });
    assert.equal(world.state.paused?.reason, 'disk-full');
    assert.deepEqual(
      world.halts,
      [{ why: 'paused', detail: NO_SPACE.trimEnd() }].map((h) => ({
        ...h,
        detail: what === 'before it' ? NO_SPACE : h.detail,
      })),
    );
  });
}

test('a setup that fails is told from a gate that fails', async () => {
  const { run } = given({ opens: () => ({ kind: 'cannot-run', reason: 'setup-failed', detail: 'no lock' }) });
  assert.deepEqual(await run(), { kind: 'setup-failed', detail: 'no lock' });
});
