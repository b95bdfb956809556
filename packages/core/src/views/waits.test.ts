import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AttemptId, attemptId, landingId, taskId } from '../model/ids.ts';
import { emptyState, type State } from '../state.ts';
import {
  base,
  candidate,
  commit,
  HOSTILE,
  handoff,
  minute,
  openState,
  passed,
  put,
  spec,
  T0,
} from './example.ts';
import { type Signs, waits } from './waits.ts';

const live = (state: State, n: number, isRunning = true): AttemptId => {
  const id = attemptId(taskId(n), 1);
  put(state, { ...base(n, spec(`Task ${n}`, { scope: [`src/${n}/`] }), 1), state: 'running', attempt: id });
  const common = { id, task: taskId(n), base: commit('0'), worker: `w${n}`, startedAt: minute(3) };
  const reserved = { tokens: 1, usd: 0 };
  state.attempts.set(id, { ...common, reserved, state: isRunning ? 'running' : 'started' });
  state.liveAttempts.add(id);
  return id;
};
const texts = (state: State, now = minute(10), signs?: Signs): string[] =>
  waits(state, now, signs).map((wait) => wait.text);

/** A state past its first look at the base. */
function started(): State {
  const state = openState();
  state.baseGate = passed;
  return state;
}

describe('what waits, and for what', () => {
  it('nothing in a run that was never opened or is over', () => {
    assert.deepEqual(texts(emptyState()), []);
    const over = started();
    over.closed = { reason: 'done', head: commit('0'), green: true, at: T0 };
    put(over, { ...base(1, spec('Left')), state: 'pending' });
    assert.deepEqual(texts(over), []);
  });

  it('the base, before the first attempt', () => {
    assert.deepEqual(texts(openState()), ['setup and gate are tried on the bare base, for 10m 0s']);
  });

  it('the base, and no turn, for a task that could start', () => {
    const state = openState();
    put(state, { ...base(1, spec('First')), state: 'pending' });
    put(state, { ...base(2, spec('After', { dependsOn: [taskId(1)] })), state: 'pending' });
    const [tried, after, ...more] = texts(state);
    assert.match(tried!, /^setup and gate are tried on the bare base/);
    assert.match(after!, /^t2 waits for t1 \(pending\) to be done first/);
    assert.deepEqual(more, []);
  });

  it('a dependency, a scope, a free worker: each by name, with how many wait', () => {
    const state = started();
    live(state, 1);
    live(state, 2);
    put(state, { ...base(3, spec('After', { dependsOn: [taskId(1)] })), state: 'pending' });
    put(state, { ...base(4, spec('Same', { scope: ['src/2/a.ts'] })), state: 'pending' });
    for (let n = 5; n < 15; n++) put(state, { ...base(n, spec(`Free ${n}`)), state: 'pending' });
    assert.deepEqual(texts(state), [
      't3 waits for t1 (running) to be done first, for 10m 0s',
      't4 waits for t2 (running), which holds part of the scope, for 10m 0s',
      't5, t6, t7, t8, t9 and 5 other tasks wait for a free worker (2 of 2 at work), for 10m 0s',
    ]);
    const slot = waits(state, minute(10)).find((wait) => wait.reason === 'slot')!;
    assert.deepEqual([slot.count, slot.tasks.length, slot.since], [10, 5, T0]);
  });

  it('a gate that runs, and what is done and stands behind it', () => {
    const state = started();
    const [first, second] = [attemptId(taskId(1), 1), attemptId(taskId(2), 1)];
    for (const [n, attempt] of [
      [1, first],
      [2, second],
    ] as const) {
      const claim = handoff(attempt, 'Did it');
      put(state, {
        ...base(n, spec(`Task ${n}`), 1),
        state: 'complete',
        attempt,
        handoff: claim,
        completedAt: minute(6),
      });
      state.queue.add(attempt);
    }
    const members = [{ task: taskId(1), attempt: first, commit: commit('d') }];
    const landing = { id: landingId(1), members, candidate: candidate('d'), startedAt: minute(6) };
    state.landings.set(landing.id, { ...landing, state: 'testing' });
    state.openLandings.add(landing.id);
    assert.deepEqual(texts(state), [
      'l1 (t1) has its gate running, for 4m 0s',
      't2 is done and waits to land, for 4m 0s',
    ]);
  });

  it('a pause, with who ends it; what could start is not told a second time', () => {
    const state = started();
    put(state, { ...base(1, spec('Free')), state: 'pending' });
    state.paused = { reason: 'operator', detail: 'asked', at: minute(8) };
    assert.deepEqual(texts(state), ['paused by you (swarm continue), for 2m 0s']);
    state.paused = { reason: 'endpoints-down', detail: 'resting until 10:12', at: minute(8) };
    assert.deepEqual(texts(state), [
      'resting until 10:12: no model endpoint answers; it goes on by itself; for 2m 0s',
    ]);
  });

  it('a limit that is reached', () => {
    const state = started();
    live(state, 1);
    state.spending.reached = 'tokens';
    put(state, { ...base(2, spec('Free')), state: 'pending' });
    state.at = minute(9);
    assert.deepEqual(texts(state), [
      'the limit of tokens is reached and nothing new starts; nothing was decided for 1m 0s',
    ]);
  });

  it('an attempt that is still being prepared, and an agent that shows no sign of life; one that does is no wait for long', () => {
    const state = started();
    live(state, 1, false);
    const quiet = live(state, 2);
    const lively = live(state, 3);
    const signs = new Map([
      [quiet, minute(5)],
      [lively, minute(10) - 2_000],
    ]);
    assert.deepEqual(texts(state, minute(10), signs), [
      't1.1 has its workspace prepared, for 7m 0s',
      't2.1’s agent has shown no sign of life, for 5m 0s',
      't3.1’s agent has shown no sign of life, for 2s',
    ]);
  });

  it('never nothing while a run is open and nobody works', () => {
    const state = started();
    state.at = minute(7);
    assert.deepEqual(texts(state), [
      'the result is looked at for the last time; nothing was decided for 3m 0s',
    ]);
  });

  it('a task that is tried again, since its last attempt ended and not since it was accepted', () => {
    const state = started();
    const id = attemptId(taskId(1), 1);
    live(state, 2);
    live(state, 3);
    put(state, { ...base(1, spec('Again'), 1), state: 'pending' });
    const about = { id, task: taskId(1), base: commit('0'), worker: 'w', startedAt: T0 };
    const usage = { calls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0, priced: true };
    const reserved = { tokens: 1, usd: 0 };
    state.attempts.set(id, {
      ...about,
      reserved,
      state: 'ended',
      endedAt: minute(8),
      ending: 'timeout',
      detail: '',
      usage,
    });
    assert.deepEqual(texts(state), ['t1 waits for a free worker (2 of 2 at work), for 2m 0s']);
  });

  it('nothing of what others wrote but plain text', () => {
    const state = started();
    state.paused = { reason: 'target-refuses', detail: HOSTILE, at: T0 };
    assert.doesNotMatch(texts(state).join(''), /[\u0000-\u001f\u202e]/);
  });
});
