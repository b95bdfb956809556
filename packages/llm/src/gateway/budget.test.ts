import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tokensOf } from '@swarm/core/model/usage';
import { ask } from '../../test/support/agent.ts';
import { systemClock } from '../../test/support/clocks.ts';
import * as fault from '../../test/support/fault-server.ts';
import { a1, codeOf, openGateway, question, startServer, until } from '../../test/support/gateways.ts';

/** Uses all that it is asked for, and forty thousand tokens where nobody bounds it. */
const greedy: fault.Plan = (response, seen) => {
  const { max_tokens, max_completion_tokens, n = 1 } = seen.body;
  const output =
    n * Math.max(...[max_tokens, max_completion_tokens].filter(Boolean).map(Number), 0) || 40_000;
  return fault.raw(
    fault.textEvent('x'),
    fault.endEvent('length'),
    fault.usageEvent(20, output),
    fault.DONE,
  )(response, seen);
};

const spentBy = (seen: readonly fault.Seen[]): number =>
  seen.reduce((sum, s) => sum + 20 + (s.body.n ?? 1) * (s.body.max_tokens ?? 40_000), 0);

describe('sixty calls at the same time', () => {
  for (const [name, more] of [
    ['without a bound', {}],
    ['with a bound each', { max_tokens: 30_000 }],
    ['with a bound under its newer name', { max_completion_tokens: 30_000 }],
    ['for several answers each', { n: 4 }],
  ] as const)
    it(`never use more than the attempt may, ${name}`, async () => {
      const server = await startServer(greedy);
      const { gateway } = openGateway([server]);
      const { socketPath, token, usage } = await gateway.issue(a1, { tokens: 200_000 });
      const replies = await Promise.all(
        Array.from({ length: 60 }, () => ask(socketPath, token, { ...question, ...more })),
      );
      const statuses = new Set(replies.map((r) => r.status));
      assert.deepEqual(statuses, new Set([200, 402]));
      assert.equal(spentBy(server.seen), tokensOf(usage()));
      assert.ok(tokensOf(usage()) <= 200_000, `${tokensOf(usage())} tokens were used`);
      assert.ok(tokensOf(usage()) > 100_000);
    });

  it('would use 2.4 million where nothing bounded them: the server is as greedy as it is said to be', async () => {
    const server = await startServer(greedy);
    const { max_tokens: _, ...unbounded } = { ...question, max_tokens: 0 };
    const post = () =>
      fetch(`${server.baseUrl}/chat/completions`, { method: 'POST', body: JSON.stringify(unbounded) });
    const texts = await Promise.all(Array.from({ length: 60 }, async () => (await post()).text()));
    assert.equal(texts.filter((t) => t.includes('"completion_tokens":40000')).length * 40_000, 2_400_000);
  });
});

describe('what is set aside for a call', () => {
  it('is all that is left, where the agent gives no bound and little is left', async () => {
    const server = await startServer(greedy);
    const { gateway } = openGateway([server]);
    const { socketPath, token, usage } = await gateway.issue(a1, { tokens: 5_000 });
    assert.equal((await ask(socketPath, token, question)).status, 200);
    assert.ok(tokensOf(usage()) > 4_000 && tokensOf(usage()) <= 5_000);
    assert.equal((await ask(socketPath, token, question)).status, 402);
  });

  it('fits into the money too', async () => {
    const server = await startServer(greedy);
    const { gateway } = openGateway([server]);
    const { socketPath, token, usage } = await gateway.issue(a1, { tokens: 1e9, usd: 0.5 });
    assert.equal((await ask(socketPath, token, question)).status, 200);
    assert.ok(server.seen[0]!.body.max_tokens < 5_000);
    assert.ok(usage().costUsd > 0.4 && usage().costUsd <= 0.5);
  });

  it('counts a prompt as the most tokens it can be', async () => {
    const server = await startServer(fault.hang);
    const { gateway } = openGateway([server]);
    for (const [content, most] of [
      ['a'.repeat(9_000), 6_000],
      ['1'.repeat(9_000), 9_000],
      ['木'.repeat(3_000), 9_000],
    ] as const) {
      const { socketPath, token } = await gateway.issue(a1, { tokens: most });
      const body = { ...question, max_tokens: 1, messages: [{ role: 'user', content }] };
      assert.equal((await ask(socketPath, token, body)).status, 402, content.slice(0, 1));
    }
    assert.equal(server.seen.length, 0);
  });
});

describe('a call that is given up', () => {
  it('before the first byte is booked at what was set aside, so that hanging up is not free', async () => {
    const server = await startServer(fault.hang);
    const { gateway, told } = openGateway([server]);
    const { socketPath, token, usage } = await gateway.issue(a1, { tokens: 10_000 });
    for (let i = 1; i <= 3; i++) {
      const controller = new AbortController();
      const asked = ask(
        socketPath,
        token,
        { ...question, max_tokens: 3_000 },
        { signal: controller.signal },
      ).catch(() => 0);
      await until(() => server.seen.length === i);
      controller.abort();
      await asked;
      await until(() => told.length === i);
      assert.ok(usage().outputTokens === 3_000 * i);
    }
    assert.equal((await ask(socketPath, token, { ...question, max_tokens: 3_000 })).status, 402);
  });

  it('because its attempt is called off is booked as far as its answer had come, and counted', async () => {
    const server = await startServer(fault.hang, fault.stall(fault.textEvent('x'.repeat(40))));
    const { gateway, told } = openGateway([server]);
    const before = await gateway.issue(a1, { tokens: 10_000 });
    const unanswered = ask(before.socketPath, before.token, { ...question, max_tokens: 3_000 }).catch(
      () => 0,
    );
    await until(() => server.seen.length === 1);
    before.callOff();
    await gateway.revoke(a1);
    await unanswered;
    assert.deepEqual([before.usage().outputTokens, before.cutOff()], [0, 1]);
    assert.ok(before.usage().inputTokens > 0);

    const within = await gateway.issue(a1, { tokens: 10_000 });
    const onPiece = () => {
      within.callOff();
      void gateway.revoke(a1);
    };
    await ask(within.socketPath, within.token, question, { onPiece }).catch(() => 0);
    await until(() => told.length === 2);
    assert.deepEqual(
      [within.usage().outputTokens, within.cutOff(), told[1]!.detail.isEstimated],
      [10, 1, true],
    );
  });

  it('by a deadline is booked, and made again only while it can be paid', async () => {
    const server = await startServer(fault.hang);
    const deadlines = { firstByteMs: 30, idleMs: 10_000, totalMs: 10_000 };
    const { gateway } = openGateway([server], { clock: systemClock, deadlines, rng: () => 0 });
    const { socketPath, token, usage } = await gateway.issue(a1, { tokens: 7_000 });
    const reply = await ask(socketPath, token, { ...question, max_tokens: 3_000 });
    assert.deepEqual([reply.status, codeOf(reply.text)], [402, 'swarm_budget']);
    assert.equal(usage().outputTokens, 6_000);
  });

  it('after the server said what it used is booked at that', async () => {
    const server = await startServer(fault.stall(fault.textEvent('x'), fault.usageEvent(100, 10)));
    const { gateway, told } = openGateway([server]);
    const { socketPath, token } = await gateway.issue(a1, { tokens: 1e6 });
    const controller = new AbortController();
    const onPiece = (text: string) => text.includes('usage') && controller.abort();
    await ask(socketPath, token, question, { signal: controller.signal, onPiece }).catch(() => 0);
    await until(() => told.length === 1);
    assert.deepEqual([told[0]!.used.outputTokens, told[0]!.detail.isEstimated], [10, false]);
  });

  it('after [DONE] is not given up', async () => {
    const server = await startServer(fault.stall(fault.textEvent('x'.repeat(40)), fault.DONE));
    const { gateway, told } = openGateway([server]);
    const { socketPath, token } = await gateway.issue(a1, { tokens: 1e6 });
    const controller = new AbortController();
    const onPiece = (text: string) => text.includes('[DONE]') && controller.abort();
    await ask(socketPath, token, question, { signal: controller.signal, onPiece }).catch(() => 0);
    await until(() => told.length === 1);
    assert.equal(told[0]!.used.outputTokens, 10);
  });
});

describe('what an agent says in a request', () => {
  const sent = async (body: unknown) => {
    const server = await startServer(fault.says('ok'));
    const { gateway, told } = openGateway([server]);
    const { socketPath, token } = await gateway.issue(a1, { tokens: 1e6 });
    const reply = await ask(socketPath, token, body);
    return { reply, body: server.seen[0]?.body, leftOut: told[0]?.detail.leftOut };
  };

  for (const [name, value] of Object.entries({
    models: ['dear-model'],
    fallbacks: ['dear-model'],
    api_base: 'http://127.0.0.1:1/v1',
    base_url: 'http://127.0.0.1:1/v1',
    service_tier: 'priority',
    plugins: [{ id: 'web' }],
    route: 'fallback',
    provider: { order: ['dear'] },
    best_of: 20,
    logprobs: true,
    top_logprobs: 20,
    prediction: { type: 'content', content: 'x' },
    modalities: ['audio'],
    web_search_options: {},
    extra_body: { models: ['dear-model'] },
    mock_response: 'x',
    api_key: 'k',
    metadata: { a: 'b' },
    __proto: 1,
  }))
    it(`is not sent on: ${name}`, async () => {
      const { reply, body, leftOut } = await sent({ ...question, [name]: value });
      assert.equal(reply.status, 200);
      assert.equal(name in body, false);
      assert.deepEqual(leftOut, [name]);
    });

  for (const [name, value] of [
    ['max_tokens', '100000'],
    ['max_tokens', 0],
    ['max_tokens', 1e300],
    ['max_completion_tokens', [5]],
    ['n', '8'],
    ['n', 500],
    ['temperature', '1'],
    ['stream', 'true'],
    ['messages', 'Do.'],
    ['messages', []],
    ['tools', [{ type: 'web_search_preview' }]],
    ['tools', [{ type: 'openrouter:web_search' }]],
    ['tools', [{ type: 'code_interpreter', container: {} }]],
    ['tools', [{ type: 'mcp', server_url: 'http://127.0.0.1:1' }]],
  ] as const)
    it(`is refused by name: ${name} ${JSON.stringify(value)}`, async () => {
      const { reply, body } = await sent({ ...question, [name]: value });
      assert.deepEqual([reply.status, codeOf(reply.text), body], [400, 'swarm_bad_request', undefined]);
      assert.match(reply.text, new RegExp(`"${name} must be `));
    });

  it('is sent on where it is known: what shapes the answer, and whatever stands in the messages', async () => {
    const more = {
      temperature: 0.2,
      stop: ['END'],
      seed: 7,
      tools: [{ type: 'function', function: { name: 'read', parameters: {} } }],
      tool_choice: 'auto',
      parallel_tool_calls: false,
      response_format: { type: 'json_object' },
      reasoning_effort: 'high',
      messages: [
        { role: 'assistant', content: 'x', reasoning_content: 'y' },
        { role: 'user', content: [{ type: 'text', text: 'z', cache_control: { type: 'ephemeral' } }] },
      ],
    };
    const { body } = await sent({ ...question, ...more, top_p: null });
    const { model, stream, stream_options, max_tokens, ...rest } = body;
    assert.deepEqual(rest, more);
    assert.deepEqual(
      [model, stream, stream_options, max_tokens],
      ['work-model', true, { include_usage: true }, 16_384],
    );
  });

  it('goes out with one bound, the larger of two, under the name that servers refuse rather than ignore', async () => {
    const { body } = await sent({ ...question, max_tokens: 100, max_completion_tokens: 300 });
    assert.deepEqual([body.max_tokens, 'max_completion_tokens' in body], [300, false]);
  });
});
