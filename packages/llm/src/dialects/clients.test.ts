/** Providers' own clients at the gateway: what they send is taken, what they are sent they understand. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { ApiError as GoogleError, GoogleGenAI } from '@google/genai';
import type { DialectName } from '@swarm/core/model/dialect';
import { tokensOf } from '@swarm/core/model/usage';
import OpenAI from 'openai';
import { openBridge } from '../../test/support/bridge.ts';
import { answering, type Counted, SPOKEN } from '../../test/support/dialects.ts';
import * as fault from '../../test/support/fault-server.ts';
import { a1, KEY, openGateway, startServer } from '../../test/support/gateways.ts';
import type { AttemptLimits } from '../gateway/tokens.ts';

const cleanups: (() => void)[] = [];
after(() => {
  for (const close of cleanups) close();
});

const PRICE = { input: 10, output: 100, cachedInput: 1 };
const prices = { asOf: '2026-01-01', currency: 'USD' as const, perMillion: { 'work-model': PRICE } };
const SECRET = 'x'.repeat(40);

/** One endpoint of a dialect behind a gateway, and the address of the gateway. */
async function open(name: DialectName, plan: fault.Plan, limits: AttemptLimits = { tokens: 1_000_000 }) {
  const server = await startServer(plan);
  const endpoints = [{ name: 'e1', baseUrl: server.baseUrl, apiKey: KEY, dialect: name }];
  const { gateway } = openGateway([server], { endpoints, prices });
  const issued = await gateway.issue(a1, limits);
  const bridge = await openBridge(issued.socketPath);
  cleanups.push(bridge.close);
  return { ...issued, url: bridge.url, server };
}

interface Asked {
  readonly url: string;
  readonly token: string;
  readonly isStream: boolean;
  readonly bound?: number;
}

/** How each provider's client asks one question; the text it understood. */
const CLIENTS: Readonly<Record<DialectName, (ask: Asked) => Promise<string>>> = {
  async chat({ url, token, isStream, bound = 100 }) {
    const client = new OpenAI({ apiKey: token, baseURL: `${url}/v1`, maxRetries: 0 });
    const body = {
      model: 'gpt-x',
      max_tokens: bound,
      messages: [{ role: 'user' as const, content: 'Greet.' }],
    };
    if (!isStream) return (await client.chat.completions.create(body)).choices[0]!.message.content ?? '';
    let text = '';
    for await (const piece of await client.chat.completions.create({ ...body, stream: true }))
      text += piece.choices[0]?.delta.content ?? '';
    return text;
  },
  async responses({ url, token, isStream, bound = 100 }) {
    const client = new OpenAI({ apiKey: token, baseURL: `${url}/v1`, maxRetries: 0 });
    const body = { model: 'gpt-x', max_output_tokens: bound, input: 'Greet.' };
    if (!isStream) return (await client.responses.create(body)).output_text;
    let text = '';
    for await (const event of await client.responses.create({ ...body, stream: true }))
      if (event.type === 'response.output_text.delta') text += event.delta;
    return text;
  },
  async messages({ url, token, isStream, bound = 100 }) {
    const client = new Anthropic({ apiKey: token, baseURL: url, maxRetries: 0 });
    const body = {
      model: 'claude-x',
      max_tokens: bound,
      messages: [{ role: 'user' as const, content: 'Greet.' }],
    };
    const answer = isStream
      ? await client.messages.stream(body).finalMessage()
      : await client.messages.create(body);
    return answer.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
  },
  async gemini({ url, token, isStream, bound = 100 }) {
    const { models } = new GoogleGenAI({ apiKey: token, httpOptions: { baseUrl: url } });
    const body = { model: 'gemini-x', contents: 'Greet.', config: { maxOutputTokens: bound } };
    if (!isStream) return (await models.generateContent(body)).text ?? '';
    let text = '';
    for await (const piece of await models.generateContentStream(body)) text += piece.text ?? '';
    return text;
  },
};

const NAMES = Object.keys(CLIENTS) as DialectName[];

type Refusals = 'APIError' | 'AuthenticationError' | 'BadRequestError' | 'NotFoundError';

/** Google's client has one kind of error for all. */
const REFUSALS: Readonly<Record<DialectName, Readonly<Record<Refusals, new (...args: never[]) => Error>>>> = {
  chat: OpenAI,
  responses: OpenAI,
  messages: Anthropic,
  gemini: {
    APIError: GoogleError,
    AuthenticationError: GoogleError,
    BadRequestError: GoogleError,
    NotFoundError: GoogleError,
  },
};

/** All of them raise what a server refuses as an error of their own, with its status. */
async function errorOf(
  name: DialectName,
  ask: Asked,
): Promise<{ error: unknown; status: number | undefined }> {
  const error = await CLIENTS[name](ask).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof REFUSALS[name].APIError, `${name}: ${String(error)}`);
  return { error, status: (error as { status?: number }).status };
}

for (const name of NAMES)
  describe(`the provider’s client in dialect ${name}`, () => {
    for (const isStream of [true, false])
      it(`understands an answer ${isStream ? 'in pieces' : 'in one'}, and what is booked is the server’s count`, async () => {
        const used: Counted = { input: 1_200, cached: 700, written: 0, output: 31 };
        const { url, token, usage, server } = await open(name, answering(name, 'Grüße', used));
        assert.equal(await CLIENTS[name]({ url, token, isStream }), 'Grüße');
        assert.deepEqual([usage().calls, usage().inputTokens, usage().outputTokens], [1, 1_200, 31]);
        assert.equal(usage().costUsd, (500 * 10 + 700 * 1 + 31 * 100) / 1_000_000);
        const [seen] = server.seen;
        assert.ok(seen!.path.startsWith(SPOKEN[name].upstream), seen!.path);
        // Gemini's model is in the path alone.
        assert.equal(seen!.body.model, name === 'gemini' ? undefined : 'work-model');
        assert.match(String(seen!.headers[SPOKEN[name].key]), new RegExp(`^(Bearer )?${KEY}$`));
        assert.ok(!JSON.stringify(seen).includes(token));
      });

    it('reads each refusal as the error it is', async () => {
      const refusing = fault.status(400, {
        error: { message: `no ${SECRET}`, type: 'invalid_request_error' },
      });
      const { url, token } = await open(name, refusing, { tokens: 5_000 });
      const of = (more: Partial<Asked>) => errorOf(name, { url, token, isStream: false, ...more });
      const kinds = REFUSALS[name];
      const stranger = await of({ token: 'not-a-token' });
      assert.ok(stranger.error instanceof kinds.AuthenticationError);
      assert.equal(stranger.status, 401);
      const refused = await of({});
      assert.ok(refused.error instanceof kinds.BadRequestError);
      assert.equal(refused.status, 400);
      assert.match(String(refused.error), new RegExp(SECRET));
      const poor = await of({ bound: 50_000, isStream: true });
      assert.equal(poor.status, 402);
      assert.match(String(poor.error), /may use 5000 tokens/);
      const other = NAMES.find((one) => one !== name)!;
      const elsewhere = await errorOf(other, { url, token, isStream: true });
      assert.ok(elsewhere.error instanceof REFUSALS[other].NotFoundError);
      assert.equal(elsewhere.status, 404);
      assert.match(
        String(elsewhere.error),
        new RegExp(`dialect = .?"${other}.?" to one of \\[\\[endpoints\\]\\]`),
      );
    });

    it('and thirty like it at the same time never use more than the attempt may', async () => {
      const greedy: fault.Plan = (res, seen) => {
        const output = SPOKEN[name].boundIn(seen.body) ?? 40_000;
        return answering(name, 'x', { input: 20, cached: 0, written: 0, output })(res, seen);
      };
      const { url, token, usage, server } = await open(name, greedy, { tokens: 20_000 });
      const asks = Array.from({ length: 30 }, (_, i) =>
        CLIENTS[name]({ url, token, isStream: i % 2 === 0, bound: 3_000 }).then(
          () => 200,
          (error: { status?: number }) => error.status,
        ),
      );
      assert.deepEqual(new Set(await Promise.all(asks)), new Set([200, 402]));
      const spent = server.seen.reduce((sum, { body }) => sum + 20 + SPOKEN[name].boundIn(body)!, 0);
      assert.equal(tokensOf(usage()), spent);
      assert.ok(spent <= 20_000 && spent > 15_000, `${spent} tokens were used`);
    });
  });

describe('Anthropic’s client', () => {
  it('is told how many tokens a prompt has, and nothing is booked for it', async () => {
    const { url, token, usage, server } = await open('messages', fault.json({ input_tokens: 77 }));
    const client = new Anthropic({ apiKey: token, baseURL: url, maxRetries: 0 });
    const ask = { model: 'claude-x', messages: [{ role: 'user' as const, content: 'Greet.' }] };
    assert.equal((await client.messages.countTokens(ask)).input_tokens, 77);
    assert.equal(server.seen[0]!.path, '/v1/messages/count_tokens');
    assert.deepEqual(server.seen[0]!.body, { model: 'work-model', messages: ask.messages });
    assert.equal(usage().calls, 0);
  });

  it('pays for what is written to the cache what its provider asks', async () => {
    const used: Counted = { input: 1_000, cached: 300, written: 400, output: 10 };
    const { url, token, usage } = await open('messages', answering('messages', 'Hi', used));
    await CLIENTS.messages({ url, token, isStream: true });
    assert.equal(usage().inputTokens, 1_000);
    assert.equal(usage().costUsd, (300 * 10 + 400 * 12.5 + 300 * 1 + 10 * 100) / 1_000_000);
  });

  it('is shown the one model there is', async () => {
    const { url, token } = await open('messages', fault.hang);
    const client = new Anthropic({ apiKey: token, baseURL: url, maxRetries: 0 });
    const list = await client.models.list();
    assert.deepEqual(
      list.data.map((model) => model.id),
      ['work-model'],
    );
    const wrong = new Anthropic({ apiKey: 'other', baseURL: url, maxRetries: 0 });
    await assert.rejects(wrong.models.list(), Anthropic.AuthenticationError);
  });
});
