import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Event } from '@swarm/core/events';
import type { DeliverTo } from '@swarm/core/model/request';
import type { ApplyOutcome } from '@swarm/core/ports/git';
import { opened } from '@swarm/core/state';
import { acceptedTask, landedTask, openedRun } from '@swarm/core/testing';
import { deliver } from './finish.ts';
import { givenWorld, type SomePorts } from './testing.ts';

const LANDED: readonly Event[] = [acceptedTask('t1'), ...landedTask('t1', 'l1')];

function delivered(to: DeliverTo, events: readonly Event[], ports: SomePorts = {}, remote?: string) {
  const open = openedRun({
    deliver: to,
    target: 'main',
    landOn: 'refs/heads/swarm/r',
    ...(remote && { remote }),
  });
  const { state, context } = givenWorld([open, ...events], ports);
  return deliver(opened(state), { delivery: context.ports.delivery, clock: context.ports.clock });
}
const applying = (outcome: ApplyOutcome): SomePorts => ({ delivery: { apply: async () => outcome } });

describe('delivery', () => {
  it('leaves alone what each landing published: the branch, or the remote’s', async () => {
    const untouched = { delivery: {} };
    const branch = await delivered('branch', LANDED, untouched);
    assert.partialDeepStrictEqual(branch, { ref: 'refs/heads/swarm/r', outcome: 'done', detail: '' });
    const push = await delivered('push', LANDED, untouched, 'origin/main');
    assert.partialDeepStrictEqual(push, { ref: 'origin/main', outcome: 'done', detail: '' });
  });
  it('moves nothing where nothing landed', async () => {
    for (const to of ['branch', 'apply', 'push', 'pr'] as const) {
      const told = await delivered(to, [], { delivery: {} });
      assert.partialDeepStrictEqual(told, { to, outcome: 'done' });
      assert.match('detail' in told ? told.detail : '', /nothing landed/);
    }
  });
  it('moves the operator’s branch under apply', async () => {
    const done = applying({ kind: 'done', from: 'a' as never, to: 'b' as never });
    const told = await delivered('apply', LANDED, done);
    assert.partialDeepStrictEqual(told, { ref: 'refs/heads/main', outcome: 'done', detail: '' });
  });
  it('tells why the branch was not moved, and what to type', async () => {
    const told = await delivered(
      'apply',
      LANDED,
      applying({ kind: 'refused', why: 'it is dirty', fix: 'git stash' }),
    );
    assert.partialDeepStrictEqual(told, { outcome: 'refused', detail: 'it is dirty; git stash' });
  });
  it('moves nothing by itself when the run was cancelled', async () => {
    const closed: Event = { type: 'run.closed', reason: 'cancelled', head: 'c' as never, green: 'unknown' };
    const told = await delivered('apply', [...LANDED, closed], { delivery: {} });
    assert.partialDeepStrictEqual(told, { ref: 'refs/heads/swarm/r', outcome: 'refused' });
  });
});
