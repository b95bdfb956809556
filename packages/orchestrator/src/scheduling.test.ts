import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Event, EventOf } from '@swarm/core/events';
import { fold } from '@swarm/core/fold';
import type { AttemptId, TaskId } from '@swarm/core/model/ids';
import { opened } from '@swarm/core/state';
import {
  acceptedTask,
  aHandoff,
  commit,
  endedAttempt,
  openedRun,
  rejected,
  running,
  stateOf,
} from '@swarm/core/testing';
import { Scheduling } from './scheduling.ts';

const scope = (...entries: string[]) => ({ scope: entries });
const ended = (id: string, ...files: string[]): Event => {
  const handoff = aHandoff(id);
  const change = { ...handoff.change!, filesChanged: files };
  return { ...(endedAttempt(id, 'handed-in') as EventOf<'attempt.ended'>), handoff: { ...handoff, change } };
};

/** A run begun with these events, and scheduled since. */
function scheduled(...given: Event[]) {
  const state = opened(stateOf([openedRun(), ...given]));
  const scheduling = new Scheduling(state);
  const happen = (...events: readonly Event[]): void => {
    for (const event of events) {
      fold(state, { seq: state.seq + 1, at: state.at + 1, cause: 'test', events: [event] });
      scheduling.follow(event);
    }
  };
  return { state, scheduling, happen };
}

describe('what a task holds follows what is learned of it', () => {
  const tasks = [acceptedTask('t1', scope('a.ts')), acceptedTask('t2', scope('b.ts'))];
  it('a handoff holds what it changed until it has landed, declared or not', () => {
    const { scheduling, happen } = scheduled(tasks[0]!);
    assert.equal(scheduling.next(), 't1');
    happen(...running('t1.1'), ended('t1.1', 'a.ts', 'b.ts'), tasks[1]!);
    assert.equal(scheduling.next(), undefined);
    happen({ type: 'task.cancelled', task: 't1' as TaskId, reason: '', by: 'operator' });
    assert.equal(scheduling.next(), 't2');
  });
  it('a restart holds the same', () => {
    const { scheduling } = scheduled(...tasks, ...running('t1.1'), ended('t1.1', 'a.ts', 'b.ts'));
    assert.equal(scheduling.next(), undefined);
  });
  it('a task that conflicted does not start beside the one that holds the file, and goes behind fresh ones', () => {
    const unknown = [acceptedTask('t1'), acceptedTask('t2')];
    const both = [...running('t1.1'), ...running('t2.1'), ended('t1.1', 'x.ts'), ended('t2.1', 'x.ts')];
    const { scheduling, happen } = scheduled(...unknown, ...both);
    happen(rejected('t1.1', 'conflict'), acceptedTask('t3'));
    assert.equal(scheduling.next(), 't3');
    assert.equal(scheduling.next(), undefined);
    happen(rejected('t2.1', 'conflict'));
    assert.equal(scheduling.next(), 't1');
    assert.equal(scheduling.next(), undefined, 't2 waits for t1 now');
  });
  it('a file that rides along with every change keeps nobody out once that is known', () => {
    const lock = 'pnpm-lock.yaml';
    const names = [1, 2, 3, 4].map((n) => acceptedTask(`t${n}`, scope(`f${n}.ts`)));
    const want = acceptedTask('t5', scope(lock, 'f5.ts'));
    const holds = acceptedTask('t6', scope(lock, 'f6.ts'));
    const { scheduling, happen } = scheduled(...names, ...names.flatMap((_, i) => running(`t${i + 1}.1`)));
    happen(holds);
    assert.equal(scheduling.next(), 't6');
    happen(want);
    assert.equal(scheduling.next(), undefined);
    happen(...running('t6.1').slice(0, 1));
    happen(...[1, 2, 3].map((n) => ended(`t${n}.1`, `f${n}.ts`, lock)));
    assert.equal(scheduling.next(), 't5');
  });
});

describe('tasks of a role that has no room', () => {
  const tester = { role: 'tester' };
  const tasks = [
    acceptedTask('t1', { ...tester, scope: ['a.ts'] }),
    acceptedTask('t2', { ...tester, scope: ['b.ts'] }),
    acceptedTask('t3', { ...tester, priority: 1, scope: ['a.ts'] }),
    acceptedTask('t4', { scope: ['c.ts'], priority: 9 }),
  ];
  const one: Event = { type: 'role.scaled', role: 'tester', workers: 1 };

  it('are passed over, and the most urgent of them goes once there is room', () => {
    const { scheduling, happen } = scheduled(...tasks, one);
    assert.equal(scheduling.next(), 't3');
    happen(...running('t3.1'));
    assert.equal(scheduling.next(), 't4');
    assert.equal(scheduling.next(), undefined);
    happen(endedAttempt('t3.1', 'cancelled'), {
      type: 'task.cancelled',
      task: 't3' as TaskId,
      reason: '',
      by: 'operator',
    });
    assert.equal(scheduling.next(), 't1');
  });

  it('do not hold one another up where the first of them waits for something else', () => {
    const { scheduling, happen } = scheduled(
      ...tasks,
      acceptedTask('t5', { scope: ['a.ts'] }),
      one,
      ...running('t5.1'),
    );
    // t3 and t1 wait for t5, which holds a.ts.
    assert.equal(scheduling.next(), 't2');
    happen(...running('t2.1'));
    assert.equal(scheduling.next(), 't4');
    assert.equal(scheduling.next(), undefined);
    happen({ type: 'role.scaled', role: 'tester', workers: 2 });
    assert.equal(scheduling.next(), undefined);
    happen({ type: 'task.cancelled', task: 't5' as TaskId, reason: '', by: 'operator' });
    assert.equal(scheduling.next(), 't3');
  });

  it('are gone when they are cancelled meanwhile, and go first when they are put first', () => {
    const { scheduling, happen } = scheduled(...tasks, one, ...running('t3.1'));
    assert.equal(scheduling.next(), 't4');
    happen({ type: 'task.cancelled', task: 't1' as TaskId, reason: '', by: 'operator' });
    happen(acceptedTask('t5', { ...tester, scope: ['d.ts'] }));
    assert.equal(scheduling.next(), undefined);
    happen({ type: 'task.prioritised', task: 't5' as TaskId, priority: 0 });
    happen({ type: 'role.scaled', role: 'tester', workers: 2 });
    assert.equal(scheduling.next(), 't5');
  });

  it('are not offered any more once the budget is near its end, room or none', () => {
    const { scheduling, happen } = scheduled(...tasks, one, ...running('t3.1'));
    assert.equal(scheduling.next(), 't4');
    assert.equal(scheduling.next(), undefined);
    happen({ type: 'budget.neared', which: 'time', limit: 1, soft: 0.5 });
    happen({ type: 'role.scaled', role: 'tester', workers: 2 });
    assert.equal(scheduling.next(), undefined);
  });
});

describe('several that try a task', () => {
  const tries = ['t3', 't4'].map((id, i) =>
    acceptedTask(
      id,
      { ...scope('a.ts'), parent: 't1' as TaskId },
      {
        by: 'candidates',
        parent: 't1' as TaskId,
        nth: i + 1,
      },
    ),
  );
  const open = [
    acceptedTask('t1', scope('a.ts')),
    acceptedTask('t2', scope('a.ts')),
    { type: 'task.expanded', task: 't1' as TaskId, by: 'candidates' },
    ...tries,
  ] as const satisfies readonly Event[];

  it('work side by side in its files, and nobody else does before it is over', () => {
    const { scheduling, happen } = scheduled(...open);
    assert.equal(scheduling.next(), 't3');
    assert.equal(scheduling.next(), 't4');
    assert.equal(scheduling.next(), undefined);
    happen(...running('t3.1'), ended('t3.1', 'a.ts'), ...running('t4.1'), ended('t4.1', 'a.ts'));
    happen({
      type: 'contest.decided',
      task: 't1' as TaskId,
      winner: 't3' as TaskId,
      why: '',
      lost: [{ task: 't4' as TaskId, why: '' }],
    });
    assert.equal(scheduling.next(), undefined);
    happen({
      type: 'landing.found',
      task: 't3' as TaskId,
      attempt: 't3.1' as AttemptId,
      commit: commit('x'),
    });
    happen({ type: 'task.gathered', task: 't1' as TaskId, handoff: aHandoff('t3.1') });
    assert.equal(scheduling.next(), 't2');
  });
});
