import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Event } from '@swarm/core/events';
import type { AttemptId, CommitId, TreeId } from '@swarm/core/model/ids';
import type { CandidateOutcome } from '@swarm/core/ports/git';
import { acceptedTask, commit, handedIn, openedRun, tree } from '@swarm/core/testing';
import { givenWorld } from '../testing.ts';
import { Composer } from './compose.ts';

/** It changed these files, by what was measured. */
function changing(id: string, files: readonly string[]): readonly Event[] {
  return handedIn(id).map((e) =>
    e.type === 'attempt.ended' && e.handoff
      ? { ...e, handoff: { ...e.handoff, change: { ...e.handoff.change!, filesChanged: files } } }
      : e,
  );
}

const BASE = commit('base');
const ids = (...names: string[]) => names as AttemptId[];

/** Attempts wait to land; `merges` says what becomes of one on another commit, where it is not clean. */
function waiting(
  attempts: readonly string[],
  merges: (attempt: string, onto: string) => Partial<CandidateOutcome> | undefined = () => undefined,
  events: readonly Event[] = [],
  opened: readonly Event[] = [
    openedRun({ limits: { workers: 9, attempts: 3, tasks: 50, attemptTokens: 1 } }),
    ...attempts.map((id) => acceptedTask(id.split('.')[0]!)),
  ],
) {
  const names = new Map<CommitId, string>([[BASE, 'base']]);
  const workOf = new Map(attempts.map((id) => [commit(`work ${id}`), id]));
  const world = givenWorld(
    [...opened, ...attempts.flatMap((id) => changing(id, ['a.txt', 'swarm.toml'])), ...events],
    {
      reader: { read: async () => undefined },
      hub: {
        buildCandidate: async ({ onto, work, message }): Promise<CandidateOutcome> => {
          const [attempt, under] = [workOf.get(work)!, names.get(onto)!];
          const other = merges(attempt, under);
          if (other?.kind && other.kind !== 'clean') return other as CandidateOutcome;
          const isGated = message('tree' as TreeId).includes('Swarm-Gate');
          const name = `${under} < ${attempt}${isGated ? '*' : ''}`;
          names.set(commit(name), name);
          const paths = other && 'paths' in other ? other.paths! : ['a.txt'];
          return { kind: 'clean', commit: commit(name), tree: tree(name), paths };
        },
        sealBatch: async ({ onto, tip }) => {
          const name = `merge of ${names.get(tip)} on ${names.get(onto)}`;
          names.set(commit(name), name);
          return { commit: commit(name), tree: tree(name) };
        },
      },
    },
  );
  const compose = async (carried: readonly AttemptId[], probe: readonly AttemptId[]) => {
    const signal = new AbortController().signal;
    const [made, more] = await new Composer(world.context).compose({ carried, probe }, signal);
    assert.equal(more, undefined);
    return made && { members: made.members.map((m) => m.attempt), is: names.get(made.candidate.commit) };
  };
  return { world, compose };
}

const CONFLICT = { kind: 'conflict', files: ['a.txt'], detail: 'both changed it' } as const;

describe('what is put under test', () => {
  test('is one commit on the head that speaks of the gate, for one handoff', async () => {
    const { compose } = waiting(['t1.1']);
    assert.deepEqual(await compose([], ids('t1.1')), { members: ['t1.1'], is: 'base < t1.1*' });
  });

  test('is a merge of one upon the other for several, those that passed before in front', async () => {
    const { compose } = waiting(['t1.1', 't2.1', 't3.1']);
    assert.deepEqual(await compose(ids('t3.1'), ids('t1.1', 't2.1')), {
      members: ['t3.1', 't1.1', 't2.1'],
      is: 'merge of base < t3.1 < t1.1 < t2.1 on base',
    });
  });

  test('speaks of the gate itself where only one of several is left', async () => {
    const { compose } = waiting(['t1.1', 't2.1'], (id) => (id === 't2.1' ? CONFLICT : undefined));
    assert.deepEqual(await compose([], ids('t1.1', 't2.1')), { members: ['t1.1'], is: 'base < t1.1*' });
  });

  test('leaves out what was cancelled, and is nothing when nothing is left', async () => {
    const cancelled: Event = { type: 'task.cancelled', task: 't1' as never, reason: '', by: 'operator' };
    const { compose } = waiting(['t1.1'], undefined, [cancelled]);
    assert.equal(await compose([], ids('t1.1')), undefined);
  });
});

describe('a handoff that cannot be put on what is before it', () => {
  test('is rejected when it conflicts with the target itself', async () => {
    const { world, compose } = waiting(['t1.1', 't2.1'], (id) => (id === 't2.1' ? CONFLICT : undefined));
    await compose([], ids('t1.1', 't2.1'));
    assert.deepEqual(world.decided, ['landing.rejected t2.1 conflict']);
  });

  test('keeps its place when it conflicts only with those in front of it', async () => {
    const { world, compose } = waiting(['t1.1', 't2.1', 't3.1'], (id, onto) =>
      id === 't2.1' && onto !== 'base' ? CONFLICT : undefined,
    );
    const made = await compose([], ids('t1.1', 't2.1', 't3.1'));
    assert.deepEqual(made!.members, ['t1.1', 't3.1']);
    assert.deepEqual(world.decided, []);
    assert.ok(world.state.queue.has('t2.1' as AttemptId));
  });

  test('keeps what is built on it behind it', async () => {
    const built = (id: string, upon: readonly string[]) => {
      const source = { by: 'land', branch: id, commit: commit(id), upon: upon.map(commit) } as const;
      const accepted = acceptedTask(id);
      return accepted.type === 'task.accepted' ? { ...accepted, source } : accepted;
    };
    const { compose } = waiting(
      ['t1.1', 't2.1', 't3.1'],
      (id, onto) => (id === 't2.1' && onto !== 'base' ? CONFLICT : undefined),
      [],
      [openedRun({ mode: 'land' }), built('t1', []), built('t2', []), built('t3', ['t2'])],
    );
    assert.deepEqual((await compose([], ids('t1.1', 't2.1', 't3.1')))!.members, ['t1.1']);
  });

  const REASONS: readonly [string, Partial<CandidateOutcome>, string][] = [
    ['changes nothing the target has not', { kind: 'empty' }, 'empty'],
    ['is not in the hub any more', { kind: 'missing' }, 'work-lost'],
    [
      'would change what its branch did not, by the hub’s word',
      { kind: 'collateral', paths: ['b.txt'] },
      'collateral',
    ],
    ['would change what it did not when it was measured', { paths: ['a.txt', 'b.txt'] }, 'collateral'],
    ['changes what only the operator may', { paths: ['swarm.toml'] }, 'protected'],
  ];
  for (const [what, outcome, reason] of REASONS) {
    test(`is rejected when it ${what}`, async () => {
      const { world, compose } = waiting(['t1.1'], () => outcome);
      assert.equal(await compose([], ids('t1.1')), undefined);
      assert.equal(world.decided[0], `landing.rejected t1.1 ${reason}`);
    });
  }
});
