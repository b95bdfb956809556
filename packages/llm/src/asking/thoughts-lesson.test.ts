/** A conversation that turns from one account to another, by the providers' own clients at the gateway. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import type { DialectName } from '@swarm/core/model/dialect';
import type { ChatMessage } from '@swarm/core/ports/models';
import OpenAI from 'openai';
import { modelOver } from '../../test/support/asking.ts';
import { openBridge } from '../../test/support/bridge.ts';
import { SPOKEN } from '../../test/support/dialects.ts';
import * as fault from '../../test/support/fault-server.ts';
import { a1, openGateway, startServer } from '../../test/support/gateways.ts';
import type { EndpointConfig } from '../endpoints.ts';
import { thoughtsLesson } from './thoughts-lesson.ts';

const cleanups: (() => void)[] = [];
after(() => {
  for (const close of cleanups) close();
});

const USED = { input: 10, cached: 0, written: 0, output: 5 };
type Item = Readonly<Record<string, unknown>>;

/** Two accounts at one server, of which the first has something left for `calls` calls. */
function server(
  key: string,
  sealedIn: (body: Item) => readonly string[],
  answer: (seal: string) => object,
  refusal: fault.Plan,
) {
  let left = 2;
  let thoughts = 0;
  const seen: { account: string; sealed: readonly string[] }[] = [];
  const plan: fault.Plan = (res, request) => {
    const account = String(request.headers[key]).replace('Bearer ', '');
    const sealed = sealedIn(request.body);
    if (account === 'one' && left === 0) return fault.status(429, USED_UP)(res, request);
    if (account === 'one') left -= 1;
    seen.push({ account, sealed });
    if (sealed.some((seal) => !seal.startsWith(account))) return refusal(res, request);
    thoughts += 1;
    return fault.json(answer(`${account}-thought-${thoughts}`))(res, request);
  };
  return { plan, seen };
}

const USED_UP = {
  error: {
    type: 'usage_limit_reached',
    message: 'The usage limit has been reached',
    resets_in_seconds: 3_600,
  },
};

async function open(plan: fault.Plan, dialect: DialectName, more: Partial<EndpointConfig> = {}) {
  const upstream = await startServer(plan);
  const account = (apiKey: string): EndpointConfig => ({
    name: `a/${apiKey}`,
    baseUrl: upstream.baseUrl,
    dialect,
    apiKey,
    accountOf: 'a',
    ...more,
  });
  const told: string[] = [];
  const { gateway } = openGateway([upstream], {
    endpoints: [account('one'), account('two')],
    onLearnt: ({ endpoint, told: what }) => told.push(`${endpoint}: ${what}`),
  });
  const issued = await gateway.issue(a1, { tokens: 1_000_000 });
  const bridge = await openBridge(issued.socketPath);
  cleanups.push(bridge.close);
  return { url: bridge.url, token: issued.token, told };
}

const TOLD = ['a/two: what was thought at another account is not sent to this one'];

describe('thoughts that are sealed for one account', () => {
  it('are left out for another that refuses them, once; its own are sent back: OpenAI’s client', async () => {
    const whole = SPOKEN.responses.whole('Said.', USED) as { output: Item[] };
    const upstream = server(
      'authorization',
      ({ input }) =>
        (input as Item[]).flatMap((item) =>
          item.type === 'reasoning' ? [String(item.encrypted_content)] : [],
        ),
      (seal) => ({
        ...whole,
        output: [{ type: 'reasoning', id: seal, summary: [], encrypted_content: seal }, ...whole.output],
      }),
      fault.status(400, {
        error: {
          message:
            'The encrypted content gAAA could not be verified. Reason: Encrypted content organization_id did not match the target organization.',
          type: 'invalid_request_error',
          code: 'invalid_encrypted_content',
        },
      }),
    );
    const { url, token, told } = await open(upstream.plan, 'responses');
    const client = new OpenAI({ apiKey: token, baseURL: `${url}/v1`, maxRetries: 0 });
    const input: OpenAI.Responses.ResponseInput = [];
    for (let turn = 1; turn <= 5; turn += 1) {
      input.push({ role: 'user', content: `Turn ${turn}` });
      const answer = await client.responses.create({
        model: 'm',
        input,
        include: ['reasoning.encrypted_content'],
        store: false,
      });
      assert.equal(answer.output_text, 'Said.');
      input.push(...(answer.output as OpenAI.Responses.ResponseInputItem[]));
    }
    assert.deepEqual(
      upstream.seen.map(({ account, sealed }) => `${account}: ${sealed.join(' ')}`),
      [
        'one: ',
        'one: one-thought-1',
        'two: one-thought-1 one-thought-2',
        'two: ',
        'two: two-thought-3',
        'two: two-thought-3 two-thought-4',
      ],
    );
    assert.deepEqual(told, TOLD);
  });

  it('are left out of messages as well: Anthropic’s client, with a key shown as a bearer', async () => {
    const upstream = server(
      'authorization',
      ({ messages }) =>
        (messages as Item[]).flatMap(({ content }) =>
          Array.isArray(content)
            ? content.flatMap((b: Item) => (b.type === 'thinking' ? [String(b.signature)] : []))
            : [],
        ),
      (seal) => {
        const whole = SPOKEN.messages.whole('Said.', USED) as { content: Item[] };
        return {
          ...whole,
          content: [{ type: 'thinking', thinking: 'Hm.', signature: seal }, ...whole.content],
        };
      },
      fault.status(400, {
        type: 'error',
        error: {
          type: 'invalid_request_error',
          message: 'messages.1.content.0: Invalid `signature` in `thinking` block',
        },
      }),
    );
    const { url, token, told } = await open(upstream.plan, 'messages', { auth: 'bearer' });
    const client = new Anthropic({ apiKey: token, baseURL: url, maxRetries: 0 });
    const messages: Anthropic.MessageParam[] = [];
    for (let turn = 1; turn <= 4; turn += 1) {
      messages.push({ role: 'user', content: `Turn ${turn}` });
      const answer = await client.messages.create({ model: 'm', max_tokens: 100, messages });
      messages.push({ role: 'assistant', content: answer.content });
    }
    assert.deepEqual(
      upstream.seen.map(({ account, sealed }) => `${account}: ${sealed.join(' ')}`),
      ['one: ', 'one: one-thought-1', 'two: one-thought-1 one-thought-2', 'two: ', 'two: two-thought-3'],
    );
    assert.deepEqual(told, TOLD);
  });

  it('go back to the account that thought them, and to no other, where our own agent asks', async () => {
    const seen: string[] = [];
    const upstream: fault.Plan = (res, request) => {
      const account = String(request.headers.authorization).replace('Bearer ', '');
      const said = (request.body.messages as Item[]).map(({ reasoning_content: one }) => one ?? '-');
      seen.push(`${account}: ${said.slice(1).join(' ')}`);
      if (account === 'one' && seen.length === 3) return fault.status(429, USED_UP)(res, request);
      const thought = { choices: [{ index: 0, delta: { reasoning_content: `${account}-${seen.length}` } }] };
      return fault.raw(
        fault.event(thought),
        fault.textEvent('Said.'),
        fault.endEvent(),
        fault.DONE,
      )(res, request);
    };
    const { url, token } = await open(upstream, 'chat');
    const endpoints = [{ name: 'gateway', baseUrl: `${url}/v1`, apiKey: token, isGateway: true as const }];
    const { ask } = modelOver([], { endpoints });
    const messages: ChatMessage[] = [{ role: 'user', content: 'Go.' }];
    for (let turn = 1; turn <= 4; turn += 1) {
      const { text, bag } = await ask({ messages });
      messages.push({ role: 'assistant', content: text, toolCalls: [], ...(bag && { bag }) });
      messages.push({ role: 'user', content: 'On.' });
    }
    assert.deepEqual(seen, [
      'one: ',
      'one: one-1 -',
      'one: one-1 - one-2 -',
      'two: - - - -',
      'two: - - - - two-4 -',
    ]);
  });

  it('are no matter where the conversation has none', () => {
    const said = { code: 'invalid_encrypted_content', message: 'x' };
    assert.equal(thoughtsLesson(said, { input: [{ role: 'user', content: 'x' }] }), undefined);
    assert.equal(
      thoughtsLesson({ message: 'Invalid signature of the request' }, { messages: [] }),
      undefined,
    );
  });
});
