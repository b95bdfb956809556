/** Our own roles at endpoints in responses: what is asked, how answers are read, what goes back. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callsOf, question } from '../../test/support/asking.ts';
import { answering } from '../../test/support/dialects.ts';
import { events, KEY, next, speaking, USED } from '../../test/support/own.ts';

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
