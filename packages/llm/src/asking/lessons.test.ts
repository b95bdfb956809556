import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { modelOver, type question, startServer, tool } from '../../test/support/asking.ts';
import * as fault from '../../test/support/fault-server.ts';

const says400 = (message: string, more: object = {}) => fault.status(400, { error: { message, ...more } });

/** Refuses by `refusal` whatever `isRefused` finds wrong, and answers the rest. */
const strict =
  (isRefused: (body: fault.Seen['body']) => boolean, refusal: fault.Plan): fault.Plan =>
  (response, seen) =>
    (isRefused(seen.body) ? refusal : fault.says('fine'))(response, seen);

/** Two calls, one after the other. */
async function askTwice(plan: fault.Plan, request: Partial<typeof question> = {}) {
  const server = await startServer(plan);
  const over = modelOver([server]);
  const ends = [(await over.ask(request)).end.kind, (await over.ask(request)).end.kind];
  return { ends, seen: server.seen, bodies: server.seen.map((s) => s.body), learnt: over.learnt };
}

describe('a refusal that names a field', () => {
  it('is met without the field, at once, and remembered', async () => {
    const plan = strict((b) => 'stream_options' in b, says400('Unknown parameter: stream_options'));
    const { ends, bodies, learnt } = await askTwice(plan);
    assert.deepEqual(ends, ['stopped', 'stopped']);
    assert.deepEqual(
      bodies.map((b) => 'stream_options' in b),
      [true, false, false],
    );
    assert.deepEqual(learnt, [{ endpoint: 'e1', model: 'small', told: 'stream_options is not sent' }]);
  });

  it('may say so in the words of a validator', async () => {
    const detail = {
      detail: [
        { type: 'extra_forbidden', loc: ['body', 'stream_options'], msg: 'Extra inputs are not permitted' },
      ],
    };
    const plan = strict((b) => 'stream_options' in b, fault.status(422, detail));
    assert.deepEqual((await askTwice(plan)).ends, ['stopped', 'stopped']);
  });

  it('may say so beside its words', async () => {
    const plan = strict(
      (b) => 'stream_options' in b,
      says400('Unsupported parameter.', { param: 'stream_options' }),
    );
    assert.deepEqual((await askTwice(plan)).ends, ['stopped', 'stopped']);
  });

  it('is met by the other name of the bound on the answer', async () => {
    const refusal = says400(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    );
    const { ends, bodies } = await askTwice(
      strict((b) => 'max_tokens' in b, refusal),
      { maxOutputTokens: 900 },
    );
    assert.deepEqual(ends, ['stopped', 'stopped']);
    assert.deepEqual(
      bodies.map((b) => [b.max_tokens, b.max_completion_tokens]),
      [
        [900, undefined],
        [undefined, 900],
        [undefined, 900],
      ],
    );
  });

  it('ends the call where both names are refused, since an answer without a bound is not asked for', async () => {
    const plan = strict(
      (b) => 'max_tokens' in b || 'max_completion_tokens' in b,
      (response, seen) =>
        says400(`Unknown parameter: ${'max_tokens' in seen.body ? 'max_tokens' : 'max_completion_tokens'}`)(
          response,
          seen,
        ),
    );
    const { ends, learnt } = await askTwice(plan, { maxOutputTokens: 900 });
    assert.deepEqual([ends, learnt], [['bad-request', 'bad-request'], []]);
  });

  for (const [message, most] of [
    [
      'max_tokens is too large: 9000. This model supports at most 4096 completion tokens, whereas you provided 9000.',
      4096,
    ],
    ['max_tokens: 9000 > 8192, which is the maximum allowed number of output tokens', 8192],
    ['maxOutputTokens value of 9000 but the supported range is from 1 (inclusive) to 8193 (exclusive)', 8192],
  ] as const)
    it(`is met with a smaller bound: ${message.slice(0, 40)}`, async () => {
      const plan = strict((b) => b.max_tokens > most, says400(message));
      const { ends, bodies } = await askTwice(plan, { maxOutputTokens: 9_000 });
      assert.deepEqual(ends, ['stopped', 'stopped']);
      assert.deepEqual(
        bodies.map((b) => b.max_tokens),
        [9_000, most, most],
      );
    });

  it('is met with what the window leaves, of this request alone', async () => {
    const message =
      "This model's maximum context length is 8192 tokens. However, you requested 12000 tokens (3000 in the messages, 9000 in the completion).";
    const { ends, bodies } = await askTwice(
      strict((b) => b.max_tokens > 5192, says400(message)),
      { maxOutputTokens: 9_000 },
    );
    assert.deepEqual(ends, ['stopped', 'stopped']);
    assert.deepEqual(
      bodies.map((b) => b.max_tokens),
      [9_000, 5_192, 9_000, 5_192],
    );
  });

  it('is met by tools that are described without the word, but for an argument of that name', async () => {
    const parameters = {
      type: 'object',
      properties: { path: { type: 'string', format: 'uri' }, format: { type: 'integer' } },
    };
    const refusal = says400('Unknown name "format" at tools[0].function_declarations[0].parameters');
    const plan = strict((b) => b.tools[0].function.parameters.properties.path.format !== undefined, refusal);
    const { ends, bodies } = await askTwice(plan, { tools: [tool('write', parameters)] });
    assert.deepEqual(ends, ['stopped', 'stopped']);
    assert.deepEqual(bodies.at(-1).tools[0].function.parameters.properties, {
      path: { type: 'string' },
      format: { type: 'integer' },
    });
  });

  it('of a bound in a schema never comes: bounds stay with the tool', async () => {
    const properties = {
      path: { type: 'string', maxLength: 2_097_152 },
      maxLength: { type: 'integer', minimum: 1 },
    };
    const { bodies } = await askTwice(fault.says('fine'), {
      tools: [tool('write', { type: 'object', properties, additionalProperties: false })],
    });
    assert.deepEqual(bodies[0].tools[0].function.parameters, {
      type: 'object',
      properties: { path: { type: 'string' }, maxLength: { type: 'integer' } },
      additionalProperties: false,
    });
  });

  it('is met one by one where several things are refused', async () => {
    const schema = { type: 'object', properties: { p: { type: 'string', default: 'a', format: 'uri' } } };
    const plan: fault.Plan = (response, seen) => {
      const text = JSON.stringify(seen.body);
      const name = ['stream_options', 'default', 'format'].find((n) => text.includes(`"${n}"`));
      return (name ? says400(`"${name}" is not supported`) : fault.says('fine'))(response, seen);
    };
    const { ends, seen, learnt } = await askTwice(plan, { tools: [tool('write', schema)] });
    assert.deepEqual([ends, seen.length, learnt.length], [['stopped', 'stopped'], 5, 3]);
  });

  it('is not taken for one when a field is missed, or the value is what is wrong', async () => {
    for (const message of ['Missing required parameter: stream_options', 'messages is too long']) {
      const { ends, seen, learnt } = await askTwice(says400(message));
      assert.deepEqual([ends, seen.length, learnt], [['bad-request', 'bad-request'], 2, []]);
    }
  });

  it('is forgotten where leaving the field out did not help', async () => {
    const { ends, bodies, learnt } = await askTwice(says400('stream_options, or something else, is wrong'));
    assert.deepEqual([ends, learnt], [['bad-request', 'bad-request'], []]);
    assert.deepEqual(
      bodies.map((b) => 'stream_options' in b),
      [true, false, true, false],
    );
  });

  it('is remembered of one endpoint and not of another', async () => {
    const [picky, easy] = [
      await startServer(strict((b) => 'stream_options' in b, says400('Unknown parameter: stream_options'))),
      await startServer(fault.says('fine')),
    ];
    let n = 0;
    const { ask } = modelOver([picky, easy], { rng: () => (n++ % 2 === 0 ? 0 : 0.99) });
    for (let i = 0; i < 4; i++) await ask();
    assert.equal('stream_options' in picky.seen.at(-1)!.body, false);
    assert.equal('stream_options' in easy.seen.at(-1)!.body, true);
  });
});

describe('roles that a template refuses', () => {
  const roles = (seen: fault.Seen): string =>
    seen.body.messages.map((m: { role: string }) => m.role[0]).join('');
  const user = (content: string) => ({ role: 'user' as const, content });

  it('never come twice in a row: messages of one role are sent as one', async () => {
    const server = await startServer(fault.says('fine'));
    const assistant = (content: string) => ({ role: 'assistant' as const, content, toolCalls: [] });
    const system = { role: 'system' as const, content: 'Rules.' };
    await modelOver([server]).ask({
      messages: [system, system, user('a'), user('b'), assistant('x'), assistant('y'), user('c')],
    });
    assert.equal(roles(server.seen[0]!), 'suau');
    assert.equal(server.seen[0]!.body.messages[1].content, 'a\n\nb');
    assert.equal(server.seen[0]!.body.messages[2].content, 'x\n\ny');
  });

  const afterTool = [
    user('Do.'),
    { role: 'assistant' as const, content: '', toolCalls: [{ id: 'c', name: 'read', argumentsJson: '{}' }] },
    { role: 'tool' as const, callId: 'c', content: 'result' },
    user('Room runs out.'),
  ];

  for (const [status, message] of [
    [400, "Unexpected role 'user' after role 'tool'"],
    [
      500,
      'Jinja Exception: After the optional system message, conversation roles must alternate user/assistant/user/assistant/...',
    ],
  ] as const)
    it(`are met with what is said after a tool as part of its result, where HTTP ${status} refuses it`, async () => {
      const server = await startServer(
        strict(
          (b) => b.messages.at(-1).role === 'user' && b.messages.length > 1,
          fault.status(status, { error: { message } }),
        ),
      );
      const { ask } = modelOver([server]);
      for (let i = 0; i < 2; i++) assert.equal((await ask({ messages: afterTool })).text, 'fine');
      assert.deepEqual(server.seen.map(roles), ['uatu', 'uat', 'uat']);
      assert.equal(server.seen[1]!.body.messages[2].content, 'result\n\nRoom runs out.');
    });

  it('are met with the system’s words as the user’s', async () => {
    const server = await startServer(
      strict(
        (b) => b.messages[0].role === 'system',
        fault.status(500, { error: { message: 'Jinja Exception: System role not supported' } }),
      ),
    );
    assert.equal(
      (await modelOver([server]).ask({ messages: [{ role: 'system', content: 'Rules.' }, user('Do.')] }))
        .text,
      'fine',
    );
    assert.deepEqual(server.seen[1]!.body.messages, [user('Rules.\n\nDo.')]);
  });

  it('goes out without half letters', async () => {
    const server = await startServer(fault.says('fine'));
    await modelOver([server]).ask({ messages: [user('a\ud83d')] });
    assert.equal(server.seen[0]!.body.messages[0].content, 'a\ufffd');
  });
});
