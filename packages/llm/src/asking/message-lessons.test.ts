import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { modelOver, startServer } from '../../test/support/asking.ts';
import * as fault from '../../test/support/fault-server.ts';

const CONVERSATION = [
  { role: 'system', content: 'Rules.' },
  { role: 'user', content: 'Do.' },
  {
    role: 'assistant',
    content: '',
    toolCalls: [
      { id: 'chatcmpl-tool-1', name: 'read', argumentsJson: '{"path":"a"}' },
      { id: 'chatcmpl-tool-2', name: 'read', argumentsJson: '{"path":"b"}' },
    ],
  },
  { role: 'tool', callId: 'chatcmpl-tool-1', content: 'A' },
  { role: 'tool', callId: 'chatcmpl-tool-2', content: 'B' },
] as const;

type Wire = { role: string; content: unknown; tool_calls?: { id: string }[]; tool_call_id?: string };

/** The messages that are taken after one refusal, at the first call and at the next. */
async function taken(status: number, message: string, isRefused: (messages: Wire[]) => boolean) {
  const refusal = fault.status(status, { error: { message } });
  const server = await startServer((response, seen) =>
    (isRefused(seen.body.messages) ? refusal : fault.says('fine'))(response, seen),
  );
  const { ask, learnt } = modelOver([server]);
  for (const _ of [1, 2]) assert.equal((await ask({ messages: CONVERSATION })).end.kind, 'stopped');
  assert.equal(server.seen.length, 3);
  assert.equal(learnt.length, 1);
  return server.seen[2]!.body.messages as Wire[];
}

const ids = (messages: Wire[]): readonly (string | undefined)[] =>
  messages.flatMap((m) => [
    ...(m.tool_calls ?? []).map((call) => call.id),
    ...(m.tool_call_id ? [m.tool_call_id] : []),
  ]);

describe('a refusal about messages', () => {
  it('of a null content is met by an empty text', async () => {
    for (const words of [
      "Invalid 'content': 'content' field must be a string or an array of objects.",
      '{"detail":[{"type":"string_type","loc":["body","messages",2,"content"],"msg":"Input should be a valid string"}]}',
    ]) {
      const messages = await taken(400, words, (all) => all.some((m) => m.content === null));
      assert.equal(messages[2]!.content, '');
    }
  });

  it('of several calls in one answer is met by one call each, followed by its result, whatever the status', async () => {
    const messages = await taken(500, 'This model only supports single tool-calls at once!', (all) =>
      all.some((m) => (m.tool_calls?.length ?? 0) > 1),
    );
    assert.deepEqual(
      messages.map((m) => m.role),
      ['system', 'user', 'assistant', 'tool', 'assistant', 'tool'],
    );
    assert.deepEqual(ids(messages), [
      'chatcmpl-tool-1',
      'chatcmpl-tool-1',
      'chatcmpl-tool-2',
      'chatcmpl-tool-2',
    ]);
  });

  it('of ids that have not nine characters is met by nine, the same for call and result', async () => {
    const isNine = (id: string | undefined) => /^[a-zA-Z0-9]{9}$/.test(id ?? '');
    const words = 'Tool call id was chatcmpl-tool-1 but must be a-z, A-Z, 0-9, with a length of 9.';
    const messages = await taken(400, words, (all) => !ids(all).every(isNine));
    const [first, second, ...results] = ids(messages);
    assert.notEqual(first, second);
    assert.deepEqual(results, [first, second]);
  });

  it('of the system’s role is met by the user’s', async () => {
    const words = "Unsupported value: 'messages[0].role' does not support 'system' with this model.";
    const messages = await taken(400, words, (all) => all.some((m) => m.role === 'system'));
    assert.equal(messages[0]!.content, 'Rules.\n\nDo.');
  });

  it('that is too long costs no field and no word of a schema: nothing is left out, and nothing tried again', async () => {
    const words =
      "This model's maximum context length is 9000 tokens. However, your messages resulted in 9100 tokens. By default nothing is cut: please reduce the length of the messages.";
    const server = await startServer(fault.status(400, { error: { message: words, param: 'messages' } }));
    const { ask, learnt } = modelOver([server]);
    const tools = [
      { name: 'read', description: 'x', parameters: { type: 'object', title: 'maximum', default: {} } },
    ];
    assert.equal((await ask({ messages: CONVERSATION, tools })).end.kind, 'bad-request');
    assert.deepEqual([server.seen.length, learnt], [1, []]);
  });
});

describe('half a letter in the arguments of a call', () => {
  it('goes out as U+FFFD, be it a character or an escape, and whole letters and backslashes stay', async () => {
    const server = await startServer(fault.says('fine'));
    const { ask } = modelOver([server]);
    const argumentsJson = String.raw`{"a":"\ud83d","b":"\ud83d\ude00","c":"\\ud83d","d":"\ude00x"}`;
    const call = { id: 'c1', name: 'write', argumentsJson };
    await ask({
      messages: [
        { role: 'user', content: 'Do.' },
        { role: 'assistant', content: '', toolCalls: [call] },
        { role: 'tool', callId: 'c1', content: 'done' },
      ],
    });
    const sent = server.seen[0]!.body.messages[1].tool_calls[0].function.arguments as string;
    assert.deepEqual(JSON.parse(sent), { a: '\ufffd', b: '\u{1f600}', c: '\\ud83d', d: '\ufffdx' });
  });
});
