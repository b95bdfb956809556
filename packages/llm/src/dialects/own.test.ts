/** Our own roles at endpoints of every dialect they speak: what is asked, how answers are read, what goes back. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DialectName } from '@swarm/core/model/dialect';
import type { ChatMessage, ModelRequest, ModelResult } from '@swarm/core/ports/models';
import { callsOf, modelOver, question, startServer } from '../../test/support/asking.ts';
import { systemClock } from '../../test/support/clocks.ts';
import { answering, SPOKEN } from '../../test/support/dialects.ts';
import * as fault from '../../test/support/fault-server.ts';
import { lookByCall } from '../call-look.ts';
import type { ModelOptions } from '../chat.ts';
import { probeEndpoint } from '../probe.ts';

const KEY = 'sk-of-the-operator';
const USED = { input: 50, cached: 20, written: 0, output: 9 };

/** A model over one endpoint of the dialect. */
async function speaking(dialect: DialectName, plans: fault.Plan[], more: Partial<ModelOptions> = {}) {
  const server = await startServer(...plans);
  const endpoints = [{ name: 'e1', baseUrl: server.baseUrl, apiKey: KEY, dialect }];
  const { ask, model, learnt } = modelOver([server], { endpoints, maxTries: 1, ...more });
  return { ask, model, learnt, server };
}

const events = (...all: { type: string }[]): fault.Plan =>
  fault.raw(...all.map((event) => `event: ${event.type}\n${fault.event(event)}`));

// ───────────── messages ─────────────

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

/** The next request: what the model said, and what its tools said. */
function next(result: ModelResult): readonly ChatMessage[] {
  assert.ok(result.end.kind === 'tools');
  const { calls } = result.end;
  return [
    ...question.messages,
    { role: 'assistant', content: result.text, toolCalls: calls, ...(result.bag && { bag: result.bag }) },
    ...calls.map((call): ChatMessage => ({ role: 'tool', callId: call.id, content: `of ${call.name}` })),
  ];
}

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

// ───────────── responses ─────────────

const REASONING = {
  id: 'rs_1',
  type: 'reasoning',
  summary: [{ type: 'summary_text', text: 'Looking…' }],
  encrypted_content: 'gAAAAABo+/=="',
};
const CALL = {
  id: 'fc_1',
  type: 'function_call',
  call_id: 'call_1',
  name: 'read',
  arguments: '{"path":"a.ts"}',
};
const SAID = {
  id: 'ms_1',
  type: 'message',
  role: 'assistant',
  content: [{ type: 'output_text', text: 'I look.' }],
};
const completed = (output: object[], more: object = {}) => ({
  type: 'response.completed',
  response: {
    object: 'response',
    status: 'completed',
    model: 'gpt-x',
    output,
    usage: {
      input_tokens: 50,
      input_tokens_details: { cached_tokens: 20 },
      output_tokens: 9,
      total_tokens: 59,
    },
    ...more,
  },
});
const item = (type: string, output_index: number, one: object) => ({
  type: `response.output_item.${type}`,
  output_index,
  item: one,
});

const reasonsAndCalls = events(
  { type: 'response.created' },
  item('added', 0, { ...REASONING, summary: [] }),
  item('done', 0, REASONING),
  item('added', 1, { ...SAID, content: [] }),
  { type: 'response.output_text.delta', output_index: 1, delta: 'I ' } as { type: string },
  { type: 'response.output_text.delta', output_index: 1, delta: 'look.' } as { type: string },
  item('done', 1, SAID),
  item('added', 2, { ...CALL, arguments: '' }),
  { type: 'response.function_call_arguments.delta', output_index: 2, delta: '{"path":' } as { type: string },
  { type: 'response.function_call_arguments.delta', output_index: 2, delta: '"a.ts"}' } as { type: string },
  item('done', 2, CALL),
  completed([REASONING, SAID, CALL]),
);

describe('an answer in responses', () => {
  it('is read with its calls, once each, and counted', async () => {
    const { ask } = await speaking('responses', [reasonsAndCalls]);
    const result = await ask();
    assert.deepEqual(callsOf(result), ['read{"path":"a.ts"}']);
    assert.equal(result.text, 'I look.');
    assert.deepEqual([result.usage.inputTokens, result.usage.outputTokens], [50, 9]);
  });

  it('gives its reasoning back byte for byte, in its order', async () => {
    const { ask, server } = await speaking('responses', [
      reasonsAndCalls,
      answering('responses', 'Done.', USED),
    ]);
    await ask({ messages: next(await ask()) });
    assert.deepEqual(server.seen[1]!.body.input, [
      { role: 'user', content: 'Do.' },
      REASONING,
      { role: 'assistant', content: 'I look.' },
      { type: 'function_call', call_id: 'call_1', name: 'read', arguments: '{"path":"a.ts"}' },
      { type: 'function_call_output', call_id: 'call_1', output: 'of read' },
    ]);
  });

  it('is read from the last event alone, where a server says everything there', async () => {
    const { ask } = await speaking('responses', [events(completed([REASONING, SAID, CALL]))]);
    const result = await ask();
    assert.deepEqual(callsOf(result), ['read{"path":"a.ts"}']);
    assert.equal(result.text, 'I look.');
  });

  it('that was cut says by what, and one that failed is asked for again', async () => {
    const cut = (reason: string) =>
      events({
        ...completed([SAID], { status: 'incomplete', incomplete_details: { reason } }),
        type: 'response.incomplete',
      });
    assert.equal((await (await speaking('responses', [cut('max_output_tokens')])).ask()).end.kind, 'length');
    assert.equal((await (await speaking('responses', [cut('content_filter')])).ask()).end.kind, 'refused');
    const failed = {
      type: 'response.failed',
      response: { object: 'response', status: 'failed', error: { code: 'server_error', message: 'oh' } },
    };
    const { ask } = await speaking('responses', [events(failed), answering('responses', 'Hi', USED)], {
      maxTries: 3,
    });
    assert.equal((await ask()).text, 'Hi');
  });
});

describe('a request in responses', () => {
  it('keeps nothing at the provider, and follows the model’s profile', async () => {
    const profile = { reasoningEffort: 'low', cache: 'key' as const, parallelTools: false, maxOutput: 900 };
    const { ask, server } = await speaking('responses', [answering('responses', 'Hi', USED)], {
      profiles: [{ '*': profile }],
    });
    await ask({
      messages: [{ role: 'system', content: 'Rules.' }, ...question.messages],
      maxOutputTokens: 4_000,
    });
    const { body, headers } = server.seen[0]!;
    assert.deepEqual([body.store, body.include], [false, ['reasoning.encrypted_content']]);
    assert.deepEqual([body.instructions, body.input], ['Rules.', [{ role: 'user', content: 'Do.' }]]);
    assert.deepEqual([body.reasoning, body.prompt_cache_key], [{ effort: 'low' }, 'swarm-worker']);
    assert.deepEqual([body.max_output_tokens, body.parallel_tool_calls], [900, false]);
    assert.deepEqual(body.tools[0], {
      type: 'function',
      name: 'write',
      description: 'write',
      parameters: { type: 'object' },
      strict: false,
    });
    assert.equal(headers.authorization, `Bearer ${KEY}`);
  });
});

// ───────────── several dialects ─────────────

describe('endpoints of several dialects', () => {
  it('stand in for one another for our own roles, each asked in its own, and Gemini’s is left alone', async () => {
    const [broken, gemini, well] = [
      await startServer(fault.status(500)),
      await startServer(answering('gemini', 'Hi', USED)),
      await startServer(answering('messages', 'Hi', USED)),
    ];
    const endpoints = [
      { name: 'a', baseUrl: broken.baseUrl, dialect: 'responses' as const },
      { name: 'b', baseUrl: gemini.baseUrl, dialect: 'gemini' as const, weight: 1_000 },
      { name: 'c', baseUrl: well.baseUrl, dialect: 'messages' as const, weight: 0 },
    ];
    const { ask } = modelOver([], { endpoints });
    assert.equal((await ask()).text, 'Hi');
    assert.equal(broken.seen.filter(fault.isNoProbe)[0]!.path, '/v1/responses');
    assert.equal(well.seen[0]!.path, '/v1/messages');
    assert.equal(gemini.seen.length, 0);
  });

  it('end a call of ours where none speaks what we speak, naming the setting', async () => {
    const { ask, server } = await speaking('gemini', [answering('gemini', 'Hi', USED)]);
    const { end } = await ask();
    assert.deepEqual(end, {
      kind: 'bad-request',
      why: 'no endpoint of this run speaks chat or responses or messages: add dialect = "chat" to one of [[endpoints]]',
    });
    assert.equal(server.seen.length, 0);
  });

  it('are lost dialect by dialect: one that answers another dialect is no end of an outage', async () => {
    let isBack = false;
    const lost = await startServer((res, seen) =>
      isBack ? answering('chat', 'Hi', USED)(res, seen) : fault.status(500)(res, seen),
    );
    const other = await startServer(answering('gemini', 'Hi', USED));
    const endpoints = [
      { name: 'lost', baseUrl: lost.baseUrl, dialect: 'chat' as const },
      { name: 'other', baseUrl: other.baseUrl, dialect: 'gemini' as const },
    ];
    const changes: string[] = [];
    const { ask, model } = modelOver([], { endpoints, onHealth: ({ kind }) => changes.push(kind) });
    assert.equal((await ask()).end.kind, 'down');
    assert.deepEqual(changes, ['down']);
    const before = lost.seen.length;
    const up = model.whenUp(new AbortController().signal);
    while (lost.seen.length < before + 3) await new Promise(setImmediate);
    assert.deepEqual(changes, ['down']);
    isBack = true;
    await up;
    assert.deepEqual(changes, ['down', 'up']);
    assert.equal(other.seen.length, 0);
    assert.equal((await ask()).text, 'Hi');
  });
});

describe('what an endpoint lists', () => {
  for (const [dialect, list, asked] of [
    ['chat', { data: [{ id: 'm' }] }, '/v1/models'],
    ['messages', { data: [{ id: 'm' }], has_more: false }, '/v1/models?limit=1000'],
    ['gemini', { models: [{ name: 'models/m' }] }, '/v1/models?pageSize=1000'],
  ] as const)
    it(`is read in ${dialect}, and a part of a list is none`, async () => {
      const server = await startServer(
        fault.json(list),
        fault.json({ ...list, has_more: true, nextPageToken: 'x' }),
      );
      const endpoint = { name: 'e1', baseUrl: server.baseUrl, apiKey: KEY, dialect };
      const look = () => probeEndpoint(endpoint, { clock: systemClock });
      assert.deepEqual(await look(), { kind: 'up', models: ['m'] });
      assert.equal(server.seen[0]!.path, asked);
      assert.match(String(server.seen[0]!.headers[SPOKEN[dialect].key]), new RegExp(`${KEY}$`));
      assert.deepEqual(await look(), { kind: 'up', models: [] });
    });
});

describe('a refusal that a provider calls a fault of the request', () => {
  const anthropic = {
    type: 'error',
    error: { type: 'invalid_request_error', message: 'Your credit balance is too low to access the API.' },
  };
  const google = {
    error: {
      code: 400,
      message: 'API key not valid. Please pass a valid API key.',
      status: 'INVALID_ARGUMENT',
    },
  };
  it('is one of the account, or of the key', async () => {
    const { ask } = await speaking('messages', [fault.status(400, anthropic)]);
    assert.equal((await ask()).end.kind, 'quota');
    const server = await startServer(fault.status(400, google));
    const endpoint = { name: 'e1', baseUrl: server.baseUrl, dialect: 'gemini' as const };
    assert.equal((await lookByCall(endpoint, 'm', { clock: systemClock })).kind, 'auth');
  });
});

describe('a small call that looks for life', () => {
  for (const dialect of ['chat', 'responses', 'messages', 'gemini'] as const)
    it(`is made in ${dialect}, and says what it took`, async () => {
      const server = await startServer(answering(dialect, 'pong', USED));
      const endpoint = { name: 'e1', baseUrl: server.baseUrl, apiKey: KEY, dialect };
      const look = await lookByCall(endpoint, 'work-model', { clock: systemClock });
      assert.ok(look.kind === 'answers' && look.tokens === 59, JSON.stringify(look));
      assert.ok(server.seen[0]!.path.startsWith(SPOKEN[dialect].upstream));
      const refused = await startServer(fault.status(401, { error: { message: 'no' } }));
      const stranger = { ...endpoint, baseUrl: refused.baseUrl };
      assert.equal((await lookByCall(stranger, 'work-model', { clock: systemClock })).kind, 'auth');
    });
});
