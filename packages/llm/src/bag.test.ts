import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ChatMessage, ModelResult } from '@swarm/core/ports/models';
import { answerOf, modelOver, question, startServer } from '../test/support/asking.ts';
import * as fault from '../test/support/fault-server.ts';

const delta = (fields: unknown): string => fault.event({ choices: [{ index: 0, delta: fields }] });
const call = (more: object = {}) =>
  delta({
    tool_calls: [
      { index: 0, id: 'c1', type: 'function', function: { name: 'read', arguments: '{}' }, ...more },
    ],
  });
const answers = (...events: string[]) => fault.raw(...events, fault.endEvent('tool_calls'), fault.DONE);

/** The conversation after this answer. */
const after = ({ end, text, bag }: ModelResult): ChatMessage[] => [
  ...question.messages,
  { role: 'assistant', content: text, toolCalls: end.kind === 'tools' ? end.calls : [], ...(bag && { bag }) },
  ...(end.kind === 'tools'
    ? end.calls.map((c) => ({ role: 'tool' as const, callId: c.id, content: 'r' }))
    : []),
];

/** The assistant message as the same endpoint gets it back. */
async function backOf(...events: string[]) {
  const server = await startServer(answers(...events));
  const { ask } = modelOver([server]);
  await ask({ messages: after(await ask()) });
  return server.seen[1]!.body.messages[1];
}

describe('what a provider sent along', () => {
  it('goes back with a call as it came: Gemini’s signature', async () => {
    const extra_content = { google: { thought_signature: 'SIG==' } };
    const { tool_calls } = await backOf(call({ extra_content }));
    assert.deepEqual(tool_calls[0].extra_content, extra_content);
  });

  it('goes back with the message, put together from its pieces: reasoning_content', async () => {
    const back = await backOf(
      delta({ reasoning_content: 'I ' }),
      delta({ reasoning_content: 'read.' }),
      call(),
    );
    assert.equal(back.reasoning_content, 'I read.');
  });

  it('goes back in the order it came: reasoning and its details', async () => {
    const detail = (index: number, more: object) => ({ type: 'reasoning.text', index, ...more });
    const back = await backOf(
      delta({ reasoning: 'a', reasoning_details: [detail(0, { text: 'a', signature: null })] }),
      delta({ reasoning: 'b', reasoning_details: [detail(0, { text: 'b', signature: 'S' })] }),
      delta({ reasoning_details: [{ type: 'reasoning.encrypted', index: 1, data: 'xyz' }] }),
      call(),
    );
    assert.equal(back.reasoning, 'ab');
    assert.deepEqual(back.reasoning_details, [
      { type: 'reasoning.text', index: 0, text: 'ab', signature: 'S' },
      { type: 'reasoning.encrypted', index: 1, data: 'xyz' },
    ]);
  });

  it('goes back where nobody knows the field', async () => {
    const back = await backOf(delta({ x_trace: { id: 7 }, x_state: 'opaque' }), call({ x_call: [1] }));
    assert.deepEqual([back.x_trace, back.x_state, back.tool_calls[0].x_call], [{ id: 7 }, 'opaque', [1]]);
  });

  it('goes back of an answer that came in one body', async () => {
    const message = {
      content: null,
      reasoning_content: 'Hm.',
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'read', arguments: '{}' } }],
    };
    const server = await startServer(fault.json({ choices: [{ message, finish_reason: 'tool_calls' }] }));
    const { ask } = modelOver([server]);
    await ask({ messages: after(await ask()) });
    assert.equal(server.seen[1]!.body.messages[1].reasoning_content, 'Hm.');
  });

  it('is empty where the server sent nothing, so that nothing unknown is said to anybody', async () => {
    const result = await answerOf(
      answers(
        delta({ role: 'assistant', content: '', refusal: null, reasoning_content: null, annotations: [] }),
        call(),
      ),
    );
    assert.equal(result.bag, undefined);
  });

  it('is left out for another endpoint and for another model', async () => {
    const [one, two] = [
      await startServer(answers(delta({ reasoning_content: 'Hm.' }), call({ extra_content: {} }))),
      await startServer(fault.says('ok')),
    ];
    const messages = after(await modelOver([one]).ask());
    const elsewhere = modelOver([one, two], { rng: () => 0.99 });
    await elsewhere.ask({ messages });
    await modelOver([two]).ask({ messages, role: 'planner' });
    for (const { body } of two.seen) {
      assert.equal('reasoning_content' in body.messages[1], false);
      assert.deepEqual(Object.keys(body.messages[1].tool_calls[0]), ['id', 'type', 'function']);
    }
    assert.equal(two.seen.length, 2);
  });

  it('is no longer sent to an endpoint that sends it and refuses it', async () => {
    const server = await startServer((response, seen) => {
      const isBack = seen.body.messages.some((m: object) => 'reasoning' in m);
      return (
        isBack
          ? fault.status(400, { error: { message: "property 'reasoning' is unsupported" } })
          : answers(delta({ reasoning: 'Hm.' }), call())
      )(response, seen);
    });
    const { ask, learnt } = modelOver([server]);
    const messages = after(await ask());
    for (let i = 0; i < 2; i++) assert.equal((await ask({ messages })).end.kind, 'tools');
    assert.deepEqual([learnt.map((l) => l.told), server.seen.length], [['reasoning is not sent back'], 4]);
  });
});
