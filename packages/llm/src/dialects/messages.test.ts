/** Our own roles at endpoints in messages: what is asked, how answers are read, what goes back. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ChatMessage, ModelRequest } from '@swarm/core/ports/models';
import { callsOf } from '../../test/support/asking.ts';
import { answering } from '../../test/support/dialects.ts';
import * as fault from '../../test/support/fault-server.ts';
import { events, KEY, next, speaking, USED } from '../../test/support/own.ts';
import type { ModelOptions } from '../chat.ts';

const THOUGHT = { type: 'thinking', thinking: 'Let me “look” first…', signature: 'EqQBCgIYAhIM+/==' };
const HIDDEN = { type: 'redacted_thinking', data: 'EmwKAhgBEgy3va3pzix/LafPsn4=' };
const start = {
  type: 'message_start',
  message: {
    id: 'm1',
    type: 'message',
    role: 'assistant',
    model: 'claude-x',
    content: [],
    usage: { input_tokens: 30, cache_read_input_tokens: 20, output_tokens: 1 },
  },
};
const opens = (index: number, content_block: object) => ({
  type: 'content_block_start',
  index,
  content_block,
});
const grows = (index: number, delta: object) => ({ type: 'content_block_delta', index, delta });
const closes = (index: number) => ({ type: 'content_block_stop', index });
const ends = (stop_reason: string) => [
  { type: 'message_delta', delta: { stop_reason }, usage: { output_tokens: 9 } },
  { type: 'message_stop' },
];

/** It thinks, says a word, thinks what nobody may read, and calls two tools. */
const thinksAndCalls = events(
  start,
  opens(0, { type: 'thinking', thinking: '', signature: '' }),
  grows(0, { type: 'thinking_delta', thinking: 'Let me “look” ' }),
  grows(0, { type: 'thinking_delta', thinking: 'first…' }),
  grows(0, { type: 'signature_delta', signature: THOUGHT.signature }),
  closes(0),
  opens(1, { type: 'text', text: '' }),
  grows(1, { type: 'text_delta', text: 'I look.' }),
  closes(1),
  opens(2, HIDDEN),
  closes(2),
  opens(3, { type: 'tool_use', id: 'toolu_1', name: 'read', input: {} }),
  grows(3, { type: 'input_json_delta', partial_json: '{"path": ' }),
  grows(3, { type: 'input_json_delta', partial_json: '"a.ts"}' }),
  closes(3),
  opens(4, { type: 'tool_use', id: 'toolu_2', name: 'write', input: {} }),
  closes(4),
  ...ends('tool_use'),
);

describe('an answer in messages', () => {
  it('is read with its calls, and counted with what came from the cache', async () => {
    const { ask } = await speaking('messages', [thinksAndCalls]);
    const result = await ask();
    assert.deepEqual(callsOf(result), ['read{"path": "a.ts"}', 'write{}']);
    assert.equal(result.text, 'I look.');
    assert.deepEqual([result.usage.inputTokens, result.usage.outputTokens], [50, 9]);
    assert.equal(result.model, 'claude-x');
  });

  it('gives its thoughts back byte for byte, in their order, and with them what its tools said', async () => {
    const { ask, server } = await speaking('messages', [
      thinksAndCalls,
      answering('messages', 'Done.', USED),
    ]);
    const messages = next(await ask());
    await ask({ messages });
    const [user, assistant, results] = server.seen[1]!.body.messages;
    assert.equal(user.role, 'user');
    assert.deepEqual(assistant, {
      role: 'assistant',
      content: [
        THOUGHT,
        { type: 'text', text: 'I look.' },
        HIDDEN,
        { type: 'tool_use', id: 'toolu_1', name: 'read', input: { path: 'a.ts' } },
        { type: 'tool_use', id: 'toolu_2', name: 'write', input: {} },
      ],
    });
    const mark = { cache_control: { type: 'ephemeral' } };
    assert.deepEqual(results, {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'toolu_1', content: 'of read' },
        { type: 'tool_result', tool_use_id: 'toolu_2', content: 'of write', ...mark },
      ],
    });
  });

  it('keeps its thoughts from another model', async () => {
    const { ask, server } = await speaking('messages', [
      thinksAndCalls,
      answering('messages', 'Done.', USED),
    ]);
    const messages = next(await ask());
    await ask({ messages, role: 'planner' });
    const { content } = server.seen[1]!.body.messages[1];
    assert.deepEqual(
      content.map((block: { type: string }) => block.type),
      ['text', 'tool_use', 'tool_use'],
    );
  });

  for (const [reason, kind] of [
    ['end_turn', 'stopped'],
    ['stop_sequence', 'stopped'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['refusal', 'refused'],
  ])
    it(`that ends with ${reason} is ${kind}`, async () => {
      const plan = events(
        start,
        opens(0, { type: 'text', text: '' }),
        grows(0, { type: 'text_delta', text: 'A' }),
        ...ends(reason!),
      );
      const { ask } = await speaking('messages', [plan]);
      assert.equal((await ask()).end.kind, kind);
    });

  it('whose end tells no count is estimated: what its beginning tells is none', async () => {
    const text = grows(0, { type: 'text_delta', text: 'A'.repeat(400) });
    const end = { type: 'message_delta', delta: { stop_reason: 'end_turn' } };
    const { ask } = await speaking('messages', [
      events(start, opens(0, { type: 'text', text: '' }), text, end),
    ]);
    const { end: how, usage } = await ask();
    assert.deepEqual([how.kind, usage.outputTokens], ['stopped', 100]);
  });

  it('that breaks off is none, and one that says it is overloaded is asked for again', async () => {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
    const { ask, server } = await speaking(
      'messages',
      [events(start, error), answering('messages', 'Hi', USED)],
      { maxTries: 3 },
    );
    assert.equal((await ask()).text, 'Hi');
    assert.equal(server.seen.length, 2);
    const cut = await speaking('messages', [events(start, opens(0, { type: 'text', text: 'half' }))]);
    assert.equal((await cut.ask()).end.kind, 'cut');
  });
});

describe('a request in messages', () => {
  const told: readonly ChatMessage[] = [
    { role: 'system', content: 'Rules.' },
    { role: 'user', content: 'Do.' },
    { role: 'user', content: 'Now.' },
  ];
  const asked = async (request: Partial<ModelRequest>, more: Partial<ModelOptions> = {}) => {
    const { ask, server } = await speaking('messages', [answering('messages', 'Hi', USED)], more);
    await ask(request);
    return server.seen[0]!;
  };

  it('says the rules apart, bounds the answer, and marks what may be kept', async () => {
    const { body, headers, path } = await asked({ messages: told, toolChoice: 'none' });
    const mark = { cache_control: { type: 'ephemeral' } };
    assert.deepEqual(body.system, [{ type: 'text', text: 'Rules.', ...mark }]);
    assert.deepEqual(body.messages, [
      { role: 'user', content: [{ type: 'text', text: 'Do.\n\nNow.', ...mark }] },
    ]);
    assert.deepEqual([body.stream, body.max_tokens, body.model], [true, 16_384, 'small']);
    assert.deepEqual(body.tool_choice, { type: 'none' });
    assert.deepEqual(body.tools[0], {
      name: 'write',
      description: 'write',
      input_schema: { type: 'object' },
    });
    assert.deepEqual(
      [headers['x-api-key'], headers['anthropic-version'], path],
      [KEY, '2023-06-01', '/v1/messages'],
    );
    assert.equal(headers.authorization, undefined);
  });

  it('follows the model’s profile', async () => {
    const profile = {
      maxOutput: 900,
      reasoningEffort: 'high',
      temperature: 0.2,
      parallelTools: false,
      cache: 'none' as const,
      extraBody: { top_k: 4 },
    };
    const { body } = await asked({ messages: told }, { profiles: [{ 'sm*': profile }] });
    assert.deepEqual([body.max_tokens, body.temperature, body.top_k], [900, 0.2, 4]);
    assert.deepEqual(body.output_config, { effort: 'high' });
    assert.deepEqual(body.tool_choice, { type: 'auto', disable_parallel_tool_use: true });
    assert.ok(!JSON.stringify(body).includes('cache_control'));
  });

  it('does without a field its server refuses by name, and asks for less where that is too much', async () => {
    const refuses = (message: string) =>
      fault.status(400, { type: 'error', error: { type: 'invalid_request_error', message } });
    const { ask, server, learnt } = await speaking(
      'messages',
      [
        refuses('temperature is not supported with this model'),
        refuses('max_tokens: 16384 > 8192, which is the maximum allowed'),
        answering('messages', 'Hi', USED),
      ],
      { profiles: [{ small: { temperature: 1 } }] },
    );
    assert.equal((await ask()).text, 'Hi');
    assert.deepEqual([server.seen[2]!.body.temperature, server.seen[2]!.body.max_tokens], [undefined, 8_192]);
    assert.equal(learnt.length, 2);
  });
});

describe('a refusal in messages', () => {
  const refuses = (message: string) =>
    fault.status(400, { type: 'error', error: { type: 'invalid_request_error', message } });
  const extraBody = { thinking: { type: 'enabled', budget_tokens: 9_000 } };

  it('of marks in the prompt is met without them, from then on', async () => {
    const { ask, server, learnt } = await speaking('messages', [
      refuses('messages.0.content.0.text.cache_control: Extra inputs are not permitted'),
      answering('messages', 'Hi', USED),
    ]);
    assert.equal((await ask()).text, 'Hi');
    assert.equal((await ask()).text, 'Hi');
    const marks = server.seen.map(({ body }) => JSON.stringify(body).includes('cache_control'));
    assert.deepEqual(marks, [true, false, false]);
    assert.equal(learnt.length, 1);
  });

  it('of thinking is met without it once, because it may be about this conversation', async () => {
    const { ask, server } = await speaking(
      'messages',
      [
        refuses('a final assistant message must start with a block when `thinking` is on'),
        answering('messages', 'Hi', USED),
      ],
      { profiles: [{ '*': { extraBody } }] },
    );
    await ask();
    await ask();
    const thinks = server.seen.map(({ body }) => body.thinking !== undefined);
    assert.deepEqual(thinks, [true, false, true]);
  });

  it('of a budget of thoughts above the bound is the request’s fault', async () => {
    const plan = refuses('`max_tokens` must be greater than `thinking.budget_tokens`');
    const { ask, server } = await speaking('messages', [plan], { profiles: [{ '*': { extraBody } }] });
    assert.equal((await ask()).end.kind, 'bad-request');
    assert.equal(server.seen.length, 1);
  });
});
