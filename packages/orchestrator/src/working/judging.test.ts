import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '@swarm/core/events';
import type { Attempt } from '@swarm/core/model/attempt';
import type { HandoffStatus } from '@swarm/core/model/handoff';
import type { AttemptId, CommitId, TaskId } from '@swarm/core/model/ids';
import { NO_USAGE } from '@swarm/core/model/usage';
import type { BenchAsk } from '@swarm/core/ports/bench';
import {
  acceptedTask,
  aGateResult,
  commit,
  handedIn,
  openedRun,
  rejected,
  startedAttempt,
} from '@swarm/core/testing';
import { Gate } from '../landing/gate.ts';
import type { Probes } from '../landing/probes.ts';
import { givenWorld, going, NO_FILES } from '../testing.ts';
import { givenHost, ran } from './testing-bench.ts';
import { Worker } from './worker.ts';

const T1 = 't1' as TaskId;
const BASE = commit('base');
const WORK = commit('work');
const EARLIER = commit('work t1.1');
const NO_PROBES = { probe: async () => undefined } as unknown as Probes;

interface Given {
  readonly status?: HandoffStatus;
  /** What its commit changes: nothing, or the file a.txt. */
  readonly changes?: boolean;
  readonly verify?: string;
  /** Exit code of every command, by the bench it is run on. */
  readonly exits?: (bench: string) => number;
  /** An earlier attempt handed in, and its handoff did not merge. */
  readonly isSecond?: boolean;
  readonly keepsEarlier?: boolean;
  readonly gate?: string;
}

/** One attempt at t1, worked on to its end by an agent that hands in so. */
async function attempted(given: Given) {
  const { status, changes = false, verify, exits = () => 0, isSecond = false, keepsEarlier } = given;
  const id = (isSecond ? 't1.2' : 't1.1') as AttemptId;
  const events: Event[] = [
    openedRun(given.gate === undefined ? { gate: 'make test' } : { gate: given.gate }),
    { type: 'base.checked', base: BASE, gate: aGateResult('passed') },
    acceptedTask('t1', verify === undefined ? {} : { verify }),
    ...(isSecond ? [...handedIn('t1.1'), rejected('t1.1', 'conflict')] : []),
    { ...startedAttempt(id), ...(isSecond && { from: EARLIER }) } as Event,
  ];
  const opened: BenchAsk[] = [];
  const host = givenHost([], {
    opens: (ask) => void opened.push(ask),
    agent: async () => ({
      end: 'finished',
      detail: '',
      usage: NO_USAGE,
      toolCalls: 1,
      ...(status && { claim: { status, summary: 'so I say', concerns: [], suggestions: [] } }),
    }),
    shell: () => ran({ exitCode: exits(opened.at(-1)!.name) }),
  });
  const world = givenWorld(events, {
    host,
    hub: {
      ingest: async () => (changes ? { kind: 'commit', commit: WORK } : { kind: 'nothing' }),
      isAncestor: async (one: CommitId) => one !== EARLIER || keepsEarlier === true,
      measure: async (of, base) => ({
        commit: of,
        base,
        filesChanged: ['a.txt'],
        linesAdded: 1,
        linesRemoved: 0,
      }),
    },
    prompts: { render: () => ({ system: '', text: 'do it', hash: 'h' }) },
    reader: NO_FILES,
    files: { writeHandoff: async () => undefined },
  });
  const attempt = world.state.attempts.get(id) as Attempt;
  await new Worker(world.context, new Gate(world.context), NO_PROBES).work(attempt, going());
  const ended = world.state.attempts.get(id)!;
  assert(ended.state === 'ended');
  return { ended, task: world.state.tasks.get(T1)!, opened };
}

test('a task’s verification runs in a clean checkout of the very commit that was saved', async () => {
  const { ended, opened } = await attempted({ status: 'complete', changes: true, verify: 'make check' });
  assert.equal(ended.ending, 'handed-in');
  assert.deepEqual(
    opened.map(({ name, base, attempt }) => [name, base, attempt]),
    [
      ['t1.1', BASE, 't1.1'],
      ['before-t1-1', BASE, undefined],
      ['verify-t1-1', WORK, undefined],
    ],
  );
});

test('what passes where the agent worked and fails on what was committed has failed its verification', async () => {
  const exits = (bench: string) => (bench === 'verify-t1-1' ? 1 : 0);
  const { ended, task } = await attempted({ status: 'complete', changes: true, verify: 'make check', exits });
  assert.equal(ended.ending, 'verify-failed');
  assert.match(ended.detail, /`make check` ended with 1 in a clean checkout of what was committed/);
  assert.equal(task.workCommit, WORK);
});

test('“already done” is shown on the base itself', async () => {
  const { ended, opened, task } = await attempted({ status: 'already_done', verify: 'make check' });
  assert.equal(ended.ending, 'unneeded');
  assert.equal(task.state, 'unneeded');
  assert.deepEqual(opened.map(({ name, base }) => [name, base]).at(-1), ['verify-t1-1', BASE]);
});

test('“already done” with a check that fails on the base is no change, and says so', async () => {
  const { ended, task } = await attempted({
    status: 'already_done',
    verify: 'make check',
    exits: () => 1,
  });
  assert.equal(ended.ending, 'no-change');
  assert.match(ended.detail, /its check fails on the base[\s\S]*`make check` ended with 1 on the base/);
  assert.equal(task.state, 'pending');
});

test('without a verification of its own the gate on the base upholds “already done”, and is not run again', async () => {
  const { ended, opened } = await attempted({ status: 'already_done' });
  assert.equal(ended.ending, 'unneeded');
  assert.equal(opened.length, 1);
});

for (const status of ['complete', 'partial', undefined] as const) {
  test(`an attempt that changed nothing and says ${status ?? 'nothing'} has not done its task, though its check passes on the base`, async () => {
    const { ended, task } = await attempted({ ...(status && { status }), verify: 'true' });
    assert.equal(ended.ending, 'no-change');
    assert.equal(task.state, 'pending');
  });
}

test('an attempt that comes back without the earlier work and without a change has dropped it: it is tried again from that work', async () => {
  for (const status of ['complete', 'already_done', 'partial'] as const) {
    const { ended, task } = await attempted({ status, isSecond: true, keepsEarlier: false, verify: 'true' });
    assert.equal(ended.ending, 'work-dropped');
    assert.match(ended.detail, new RegExp(`your earlier commit ${EARLIER} is gone`));
    assert.deepEqual(
      [task.state, task.workCommit, task.setback?.reason],
      ['pending', EARLIER, 'work-dropped'],
    );
  }
});

test('earlier work that is in the clone, and that the target has already, is upheld by the check on the base', async () => {
  const { ended } = await attempted({
    status: 'already_done',
    isSecond: true,
    keepsEarlier: true,
    verify: 'true',
  });
  assert.equal(ended.ending, 'unneeded');
});
