import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NO_USAGE } from '@swarm/core/model/usage';
import type { Model, ModelRequest } from '@swarm/core/ports/models';
import { ticketed } from './ticket.ts';

const PRICES = {
  asOf: '2026-01-01',
  currency: 'USD',
  perMillion: { dear: { input: 10, output: 10 } },
} as const;
const { signal } = new AbortController();
const request = { messages: [{ role: 'user', content: 'x'.repeat(400) }], tools: [] } as const;

/** A model that uses so many tokens a call, and finishes it when the test says so. */
function modelUsing(tokens: number, name = 'free', answered: Promise<void> = Promise.resolve()) {
  const asked: ModelRequest[] = [];
  const bare: Model = {
    nameFor: () => name,
    whenUp: async () => undefined,
    stream: async (ask) => {
      asked.push(ask);
      await answered;
      const usage = { ...NO_USAGE, calls: 1, inputTokens: tokens, costUsd: tokens / 100_000 };
      return { end: { kind: 'stopped' }, text: 'yes', usage, model: name };
    },
  };
  return { asked, model: ticketed(bare, PRICES) };
}

describe('a ticket', () => {
  it('asks under its role, and books what each call used', async () => {
    const { asked, model } = modelUsing(300);
    const ticket = model.as('reconciler', { tokens: 1_000 });
    assert.equal((await ticket.stream(request, { signal })).text, 'yes');
    assert.deepEqual([asked[0]!.role, ticket.left()], ['reconciler', { tokens: 700 }]);
  });
  it('makes no call that what is left does not cover, and says so', async () => {
    const { asked, model } = modelUsing(950);
    const ticket = model.as('planner', { tokens: 1_000 });
    await ticket.stream(request, { signal });
    const { end, usage } = await ticket.stream(request, { signal });
    assert.equal(end.kind, 'over-budget');
    assert.deepEqual([asked.length, usage.calls], [1, 0]);
  });
  it('never has less than nothing left, whatever the last call used', async () => {
    const { model } = modelUsing(5_000);
    const ticket = model.as('planner', { tokens: 1_000 });
    await ticket.stream(request, { signal });
    assert.deepEqual(ticket.left(), { tokens: 0 });
  });
  it('goes on with a further reservation', async () => {
    const { asked, model } = modelUsing(1_000);
    const ticket = model.as('planner', { tokens: 1_000 });
    await ticket.stream(request, { signal });
    ticket.extend({ tokens: 2_000 });
    assert.equal((await ticket.stream(request, { signal })).end.kind, 'stopped');
    assert.deepEqual([asked.length, ticket.left()], [2, { tokens: 1_000 }]);
  });
  it('sets a call aside while it is under way, so that calls side by side cannot share what is left', async () => {
    const held = Promise.withResolvers<void>();
    const { asked, model } = modelUsing(100, 'free', held.promise);
    const ticket = model.as('reviewer', { tokens: 1_000 });
    const first = ticket.stream({ ...request, maxOutputTokens: 850 }, { signal });
    const second = await ticket.stream(request, { signal });
    assert.deepEqual([second.end.kind, asked.length], ['over-budget', 1]);
    held.resolve();
    await first;
    assert.deepEqual(ticket.left(), { tokens: 900 });
  });
  it('bounds money too, and refuses a model without a price where money is bounded', async () => {
    const dear = modelUsing(50_000, 'dear');
    const ticket = dear.model.as('planner', { usd: 0.5 });
    await ticket.stream(request, { signal });
    assert.equal((await ticket.stream(request, { signal })).end.kind, 'over-budget');
    const free = modelUsing(1);
    assert.equal(
      (await free.model.as('planner', { usd: 1 }).stream(request, { signal })).end.kind,
      'over-budget',
    );
    assert.deepEqual([dear.asked.length, free.asked.length], [1, 0]);
  });
  it('without a bound covers every call', async () => {
    const { model } = modelUsing(1_000_000);
    const ticket = model.as('planner', {});
    for (let n = 0; n < 3; n++) assert.equal((await ticket.stream(request, { signal })).end.kind, 'stopped');
    assert.deepEqual(ticket.left(), {});
  });
});
