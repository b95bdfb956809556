import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogFields } from '@swarm/core/log-events';
import type { AttemptId } from '@swarm/core/model/ids';
import { emptyState, type State } from '@swarm/core/state';
import { commit } from '@swarm/core/testing';
import { Monitor } from './monitor.ts';

/** A clock that stands still until it is moved, and one timer at a time. */
class HandClock {
  at = 0;
  #due: { at: number; run: () => void } | undefined;
  now = (): number => this.at;
  monotonic = (): number => this.at;
  after = (delayMs: number, run: () => void): (() => void) => {
    this.#due = { at: this.at + delayMs, run };
    return () => {
      this.#due = undefined;
    };
  };
  get isSet(): boolean {
    return this.#due !== undefined;
  }
  pass(minutes: number): void {
    const end = this.at + minutes * 60_000;
    while (this.#due && this.#due.at <= end) {
      const { at, run } = this.#due;
      this.at = at;
      run();
    }
    this.at = Math.max(this.at, end);
  }
}

function watched() {
  const clock = new HandClock();
  const lines: string[] = [];
  const log = { write: (name: string, fields: LogFields) => void lines.push(`${name} ${fields.msg}`) };
  const state: State = emptyState();
  state.run = { openedAt: 0, request: { overlap: 'off', limits: { tasks: 1 } } } as never;
  state.head = commit('base');
  const monitor = new Monitor(state, { clock, log });
  monitor.start();
  return { clock, lines, state, monitor };
}

const waitLines = (lines: readonly string[]): string[] =>
  lines.filter((line) => line.startsWith('wait.named'));

test('a wait is named after a minute and again whenever it has doubled: an hour of it is six lines', () => {
  const { clock, lines } = watched();
  clock.pass(60);
  assert.deepEqual(
    waitLines(lines).map((line) => line.replace(/.* for /, '')),
    ['1m 0s', '2m 0s', '4m 0s', '8m 0s', '16m 0s', '32m 0s'],
  );
});

test('a wait that ended and begins again is named anew', () => {
  const { clock, lines, state } = watched();
  state.baseGate = {} as never;
  const pause = (at: number) => {
    state.paused = { reason: 'operator', detail: '', at };
  };
  pause(0);
  clock.pass(1);
  state.paused = undefined;
  state.at = clock.at;
  clock.pass(0.5);
  pause(clock.at);
  clock.pass(4);
  const pauses = waitLines(lines).filter((line) => line.includes('paused'));
  assert.deepEqual(
    pauses.map((line) => line.replace(/.* for /, '')),
    ['1m 0s', '1m 30s', '3m 30s'],
  );
});

test('an agent that is heard is no wait; one that falls silent is named a minute later', () => {
  const { clock, lines, state, monitor } = watched();
  state.baseGate = {} as never;
  const id = 't1.1' as AttemptId;
  state.attempts.set(id, { id, task: 't1', state: 'running', startedAt: 0 } as never);
  state.liveAttempts.add(id);
  const heard = () => monitor.log.write('agent.activity', { msg: 'read', attempt: id });
  for (let minute = 0; minute < 5; minute++) {
    heard();
    clock.at += 30_000;
    heard();
    clock.at -= 30_000;
    clock.pass(1);
  }
  assert.deepEqual(waitLines(lines), []);
  clock.pass(2);
  assert.match(waitLines(lines).join('\n'), /t1\.1’s agent has shown no sign of life, for 1m/);
});

test('a monitor that is stopped looks no more', () => {
  const { clock, lines, monitor } = watched();
  monitor.stop();
  assert.equal(clock.isSet, false);
  clock.pass(60);
  assert.deepEqual(lines, []);
});
