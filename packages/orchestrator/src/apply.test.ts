import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Command } from '@swarm/core/commands';
import type { Entry } from '@swarm/core/events';
import type { OpenedJournal } from '@swarm/core/ports/journal';
import { aRequest, openedRun, RUN } from '@swarm/core/testing';
import { Applier } from './apply.ts';
import type { Context, OnDisk } from './context.ts';

const clock = { now: () => 1_000, monotonic: () => 0, after: () => () => undefined };
const OPEN: Command = { type: 'openRun', run: RUN, request: aRequest(), version: '1', configHash: 'c' };
const PAUSE: Command = { type: 'pause', reason: 'operator', detail: 'lunch' };

/** A journal whose disk takes as long as the test wants. */
function heldJournal(entries: readonly Entry[] = []) {
  const waiting: PromiseWithResolvers<void>[] = [];
  const append = (): Promise<void> => {
    const held = Promise.withResolvers<void>();
    waiting.push(held);
    return held.promise;
  };
  const journal: OpenedJournal = { journal: { append, close: async () => undefined }, entries, cutBytes: 0 };
  return { journal, waiting };
}

const OPENED: Entry = { seq: 1, at: 1, cause: 'openRun', events: [openedRun()] };

describe('a decision', () => {
  it('is in the state effects see once the disk has it, and not before', async () => {
    const { journal, waiting } = heldJournal([OPENED]);
    const told: string[] = [];
    const tell = (entry: Entry, state: OnDisk<Context['state']> | object) =>
      void told.push(`${entry.seq} ${(state as Context['state']).paused?.reason}`);
    const applier = new Applier({ journal, clock, tell });
    applier.decide(PAUSE);
    const written = applier.flush();
    await Promise.resolve();
    assert.deepEqual(
      [applier.deciding.paused?.reason, applier.state.paused, told],
      ['operator', undefined, []],
    );
    waiting.shift()!.resolve();
    await written;
    assert.deepEqual([applier.state.paused?.reason, told], ['operator', ['2 operator']]);
  });
  it('that comes while another is written waits for its own write', async () => {
    const { journal, waiting } = heldJournal([OPENED]);
    const applier = new Applier({ journal, clock, tell: () => undefined });
    applier.decide(PAUSE);
    const first = applier.flush();
    await Promise.resolve();
    applier.decide({ type: 'continue', by: 'operator' });
    const second = applier.flush();
    waiting.shift()!.resolve();
    await first;
    await Promise.resolve();
    assert.deepEqual([applier.state.seq, applier.deciding.seq, waiting.length], [2, 3, 1]);
    waiting.shift()!.resolve();
    await second;
    assert.equal(applier.state.seq, 3);
  });
  it('that the disk does not take is never seen, and nothing is written after it', async () => {
    const { journal, waiting } = heldJournal([OPENED]);
    const applier = new Applier({ journal, clock, tell: () => assert.fail('told of what is not there') });
    applier.decide(PAUSE);
    const first = applier.flush();
    await Promise.resolve();
    waiting.shift()!.reject(new Error('EIO'));
    await assert.rejects(first, /EIO/);
    applier.decide({ type: 'continue', by: 'operator' });
    await assert.rejects(applier.flush(), /EIO/);
    assert.deepEqual([applier.state.seq, waiting.length], [1, 0]);
  });
});

describe('the state of a run', () => {
  it('is open for effects once its opening is on disk', async () => {
    const { journal, waiting } = heldJournal();
    const applier = new Applier({ journal, clock, tell: () => undefined });
    applier.open([OPEN]);
    const written = applier.flush();
    assert.throws(() => applier.opened, /before a run was opened/);
    await Promise.resolve();
    waiting.shift()!.resolve();
    await written;
    assert.equal(applier.opened.run.id, RUN);
  });
  it('that is ahead of the disk cannot be given to an effect', () => {
    const { journal } = heldJournal([OPENED]);
    const applier = new Applier({ journal, clock, tell: () => undefined });
    // @ts-expect-error the deciding state has another type: without that, an effect could act on what a crash takes.
    const given: Context['state'] = applier.deciding;
    assert.notEqual(given, applier.state);
  });
});
