import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tokensOf } from '@swarm/core/model/usage';
import { ask } from '../../test/support/agent.ts';
import * as fault from '../../test/support/fault-server.ts';
import { a1, codeOf, KEY, openGateway, startServer, until } from '../../test/support/gateways.ts';
import { COUNTS_AT_ONCE, COUNTS_MAX } from './count.ts';
import type { AttemptLimits } from './tokens.ts';

const prompt = { model: 'x', messages: [{ role: 'user', content: 'Do.' }] };

async function open(plan: fault.Plan, limits: AttemptLimits = { tokens: 1_000 }) {
  const server = await startServer(plan);
  const endpoints = [{ name: 'e1', baseUrl: server.baseUrl, apiKey: KEY, dialect: 'messages' as const }];
  const { gateway, told } = openGateway([server], { endpoints });
  const issued = await gateway.issue(a1, limits);
  const count = (signal?: AbortSignal) =>
    ask(issued.socketPath, issued.token, prompt, {
      path: '/v1/messages/count_tokens',
      ...(signal && { signal }),
    });
  return { ...issued, gateway, server, told, count };
}

describe('the question how long a prompt is', () => {
  it('is answered so many times in an attempt, and then no more', async () => {
    const { count, server } = await open(fault.json({ input_tokens: 7 }));
    const statuses: number[] = [];
    while (statuses.length < COUNTS_MAX) {
      const some = await Promise.all(Array.from({ length: COUNTS_AT_ONCE }, () => count()));
      statuses.push(...some.map((reply) => reply.status));
    }
    assert.deepEqual(new Set(statuses), new Set([200]));
    const over = await count();
    assert.deepEqual([over.status, codeOf(over.text)], [402, 'swarm_budget']);
    assert.equal(server.seen.length, COUNTS_MAX);
  });

  it('is asked so often at the same time; one more is told to come again, and is let in when one ends', async () => {
    const { count, server } = await open(fault.hang);
    const controller = new AbortController();
    const held = Array.from({ length: COUNTS_AT_ONCE }, () => count(controller.signal).catch(() => 'gone'));
    await until(() => server.seen.length === COUNTS_AT_ONCE);
    const over = await count();
    assert.deepEqual([over.status, codeOf(over.text), over.headers['retry-after']], [429, 'swarm_busy', '1']);
    controller.abort();
    await Promise.all(held);
    await until(() => server.hangups() === COUNTS_AT_ONCE);
    count().catch(() => undefined);
    await until(() => server.seen.length === COUNTS_AT_ONCE + 1);
  });

  it('takes room for its body like any other', async () => {
    const { count, server, socketPath, token } = await open(fault.hang);
    const long = { ...prompt, x: 'x'.repeat(6 * 1024 * 1024) };
    const path = '/v1/messages/count_tokens';
    const gone = new AbortController();
    const held = [1, 2].map(() =>
      ask(socketPath, token, long, { path, signal: gone.signal }).catch(() => 'gone'),
    );
    await until(() => server.seen.length === 2);
    assert.equal((await ask(socketPath, token, long, { path })).status, 429);
    count(gone.signal).catch(() => undefined);
    await until(() => server.seen.length === 3);
    gone.abort();
    await Promise.all(held);
  });

  for (const [words, usage, tokens, costUsd] of [
    ['nothing', undefined, 0, 0],
    ['its prompt', { input_tokens: 300 }, 300, 0.003],
    ['an answer', { input_tokens: 200, output_tokens: 20 }, 220, 0.004],
    ['in the words of a chat completion', { prompt_tokens: 200, completion_tokens: 20 }, 220, 0.004],
    ['what is no number', { input_tokens: 'many' }, 0, 0],
  ] as const)
    it(`is booked as the server says that it was: ${words}`, async () => {
      const { count, usage: booked, told } = await open(fault.json({ input_tokens: 7, usage }));
      const reply = await count();
      assert.deepEqual([reply.status, reply.text], [200, '{"input_tokens":7}']);
      assert.deepEqual([tokensOf(booked()), booked().costUsd], [tokens, costUsd]);
      assert.deepEqual(
        told.map(({ detail }) => [detail.endpoint, detail.isEstimated]),
        tokens === 0 ? [] : [['e1', false]],
      );
    });

  it('that costs something ends with the budget', async () => {
    const { count, server } = await open(fault.json({ input_tokens: 7, usage: { input_tokens: 600 } }));
    assert.deepEqual([(await count()).status, (await count()).status], [200, 200]);
    const over = await count();
    assert.deepEqual([over.status, codeOf(over.text)], [402, 'swarm_budget']);
    assert.equal(server.seen.length, 2);
  });

  it('is booked though its answer holds no count', async () => {
    const { count, usage } = await open(fault.json({ usage: { input_tokens: 30 } }));
    assert.equal((await count()).status, 502);
    assert.equal(tokensOf(usage()), 30);
  });

  it('that nobody answers any more leaves nothing open when the attempt is over', async () => {
    const { count, server, gateway } = await open(fault.hang);
    const asked = count().catch(() => undefined);
    await until(() => server.seen.length === 1);
    assert.equal(tokensOf(await gateway.revoke(a1)), 0);
    await asked;
  });
});
