import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Event, EventOf } from '../events.ts';
import type { PauseReason } from '../model/request.ts';
import type { State } from '../state.ts';
import { emptyState } from '../state.ts';
import { acceptedTask, endedAttempt, failedTask, openedRun, running, stateOf } from '../testing.ts';
import { needs, needsText } from './needs.ts';

const paused = (reason: PauseReason, detail = 'why'): Event => ({ type: 'run.paused', reason, detail });
const stopped = (reason: EventOf<'run.stopped'>['reason']): Event => ({
  type: 'run.stopped',
  reason,
  detail: 'why',
});
const resumed: Event = { type: 'run.resumed', version: '1', host: 'h', pid: 1 };
const failed = (id: string, reason: 'agent-blocked' | 'secret-found' | 'no-change'): readonly Event[] => [
  ...running(`${id}.1`),
  { ...(endedAttempt(`${id}.1`, reason) as EventOf<'attempt.ended'>), detail: `of ${id}\u001b[2J.` },
  failedTask(id, reason === 'agent-blocked' ? 'blocked' : 'attempts'),
];
const open = [openedRun(), acceptedTask('t1'), acceptedTask('t2'), acceptedTask('t3')];
const told = (state: State, isLive = true) =>
  needs(state, isLive).listed.map(({ kind, text, choices }) => [kind, text, choices[0]?.command]);

describe('what a person must decide', () => {
  it('is nothing where nothing is open, and nothing that the run tries again by itself', () => {
    assert.deepEqual(needs(emptyState(), true), { listed: [], count: 0 });
    assert.deepEqual(told(stateOf(open)), []);
    assert.deepEqual(told(stateOf([...open, paused('endpoints-down')])), []);
    assert.deepEqual(told(stateOf([...open, stopped('signal')])), []);
    assert.deepEqual(told(stateOf([...open, ...failed('t1', 'no-change')])), []);
    assert.equal(needsText({ listed: [], count: 0 }), undefined);
  });

  it('is a task that is blocked or held, oldest first, with what its agent said and no control characters', () => {
    const state = stateOf([...open, ...failed('t2', 'secret-found'), ...failed('t1', 'agent-blocked')]);
    assert.deepEqual(told(state), [
      ['secret', 't2 “Do t2” is held, for a secret stood in its work: of t2', 'swarm explain t2'],
      ['blocked', 't1 “Do t1” is blocked: of t1', 'swarm explain t1'],
    ]);
    assert.equal(needsText(needs(state, true)), '2 things need you');
    const retry = (isLive: boolean) => needs(state, isLive).listed[1]!.choices.at(-1)!.command;
    assert.equal(retry(true), 'swarm retry t1 --with "…"');
    assert.equal(retry(false), 'swarm resume --retry t1 --with "…"');
  });

  it('is over for a task once it is tried again, and for the run once it is cancelled', () => {
    const blocked = [...open, ...failed('t1', 'agent-blocked')];
    assert.deepEqual(
      told(stateOf([...blocked, { type: 'task.retried', task: 't1', by: 'operator' } as Event])),
      [],
    );
    assert.deepEqual(told(stateOf([...blocked, { type: 'run.cancelled', reason: 'no' }])), []);
  });

  it('is a change that too few voted on, and one that only the operator may make', () => {
    for (const [reason, kind] of [
      ['no-quorum', 'votes'],
      ['protected', 'held'],
      ['tests-weakened', 'held'],
    ] as const) {
      const state = stateOf(open);
      const task = state.tasks.get('t1' as never)!;
      const setback = { attempt: 't1.1' as never, reason, detail: 'so' };
      state.tasks.set(task.id, {
        ...task,
        state: 'failed',
        failure: 'attempts',
        detail: '',
        endedAt: 1,
        setback,
      });
      state.byState.failed.add(task.id);
      assert.deepEqual(
        needs(state, true).listed.map((need) => [need.kind, need.choices[0]!.command]),
        [[kind, 'swarm checkout t1']],
      );
    }
  });

  it('is a pause that does not end by itself, a used-up quota, a red base; what stops the run stands first', () => {
    const blocked = failed('t1', 'agent-blocked');
    assert.deepEqual(
      told(stateOf([...open, ...blocked, paused('disk-full')])).map(([kind]) => kind),
      ['paused', 'blocked'],
    );
    assert.deepEqual(told(stateOf([...open, paused('operator')])), [
      ['paused', 'you paused the run', 'swarm continue'],
    ]);
    assert.deepEqual(told(stateOf([...open, paused('quota', 'no credit')])), [
      ['quota', 'the models’ quota is used up: no credit', 'swarm resume'],
    ]);
    assert.deepEqual(told(stateOf([...open, stopped('base-red')])), [
      ['red', 'the gate fails on the base: why', 'swarm resume --gate "…"'],
    ]);
    assert.deepEqual(told(stateOf([...open, stopped('auth'), resumed])), []);
  });

  it('is a failure of the target once its fix tasks are over and none has helped', () => {
    const finding = { signature: 'test a', detail: '', head: openedRun().request.base };
    const fix = acceptedTask('t1', {}, { by: 'reconciler', signatures: ['test a'] });
    const red = [openedRun({ checks: 'true' }), { type: 'finding.opened', finding } as Event, fix];
    assert.deepEqual(told(stateOf(red)), []);
    const state = stateOf([...red, failedTask('t1', 'attempts')]);
    assert.deepEqual(told(state), [
      ['red', 'the target fails, and no fix for it has helped: test a', 'swarm submit "…"'],
    ]);
  });
});
