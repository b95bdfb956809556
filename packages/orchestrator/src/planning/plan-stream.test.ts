import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Command } from '@swarm/core/commands';
import type { Label, TaskId } from '@swarm/core/model/ids';
import { emptyState } from '@swarm/core/state';
import { PlanStream } from './plan-stream.ts';
import { RUN_SEAT } from './seat.ts';

const task = (id: string, dependsOn: readonly string[] = []): object => ({
  id,
  title: `Do ${id}`,
  dependsOn,
});
const answer = (tasks: readonly object[], rest: object = {}): string => JSON.stringify({ tasks, ...rest });

/** What the commands say, in short. */
function told(commands: readonly Command[]): string[] {
  return commands.map((c) => {
    if (c.type === 'acceptTasks') return `accept ${c.drafts.map((d) => d.label).join(' ')}`;
    if (c.type === 'refuseTask') return `refuse ${c.label}`;
    if (c.type === 'cancelLabel') return `cancel ${c.label}`;
    return c.type;
  });
}

describe('a plan that streams in', () => {
  it('gives each task the moment its object closes', () => {
    const stream = new PlanStream(RUN_SEAT, 1, emptyState());
    const text = answer([task('a'), task('b')]);
    const afterFirst = text.indexOf('},') + 1;
    assert.deepEqual(told(stream.push(text.slice(0, afterFirst))), ['accept a']);
    assert.deepEqual(told(stream.push(text.slice(afterFirst))), ['accept b']);
    assert.equal(stream.end().outcome, 'whole');
  });
  it('may list a task before the one it depends on', () => {
    const stream = new PlanStream(RUN_SEAT, 1, emptyState());
    assert.deepEqual(told(stream.push(answer([task('b', ['a']), task('c', ['b']), task('a')]))), [
      'accept a',
      'accept b',
      'accept c',
    ]);
  });
  it('may depend on a task of an earlier answer', () => {
    const state = emptyState();
    state.labels.set('old' as Label, 't1' as TaskId);
    assert.deepEqual(told(new PlanStream(RUN_SEAT, 2, state).push(answer([task('b', ['old'])]))), [
      'accept b',
    ]);
  });
  it('leaves it to the core to refuse what depends on a task that never came', () => {
    const stream = new PlanStream(RUN_SEAT, 1, emptyState());
    assert.deepEqual(told(stream.push(answer([task('b', ['nobody'])]))), []);
    assert.deepEqual(told(stream.end().commands), ['accept b']);
  });
  it('refuses a bad task by name, and its siblings go ahead', () => {
    const stream = new PlanStream(RUN_SEAT, 1, emptyState());
    const bad = { id: 'x', title: 'Leave', scope: ['../outside'] };
    assert.deepEqual(told(stream.push(answer([bad, task('a')]))), ['refuse x', 'accept a']);
  });
  it('keeps what a cut stream gave', () => {
    const stream = new PlanStream(RUN_SEAT, 1, emptyState());
    const text = answer([task('a'), task('b')]);
    assert.deepEqual(told(stream.push(text.slice(0, -8))), ['accept a']);
    assert.equal(stream.end().outcome, 'cut');
  });
  it('passes on what is cancelled, noted and done', () => {
    const stream = new PlanStream(RUN_SEAT, 1, emptyState());
    const commands = stream.push(answer([], { cancel: ['old'], scratchpad: 'notes', done: true }));
    assert.deepEqual(told(commands), ['cancel old', 'writeScratchpad']);
    assert.equal(stream.end().isDone, true);
  });
  it('is unreadable when there is no plan in it: never “no more tasks”', () => {
    const stream = new PlanStream(RUN_SEAT, 1, emptyState());
    stream.push('I am sorry, I cannot do that.');
    assert.deepEqual(
      { ...stream.end(), commands: [] },
      { outcome: 'unreadable', isDone: false, commands: [] },
    );
  });
});
