/** Whole runs over endpoints that speak Anthropic's messages or OpenAI's responses, and nothing else. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { FILES, GATE, plannerAnswer, titleOf, workerAnswer } from './support/bicycle.ts';
import { assertLandedOnce } from './support/landings.ts';
import type { Call, Message } from './support/model-server.ts';
import { type Owner, World } from './support/world.ts';

const PARTS = ['axle', 'bell'];
const THOUGHT = { type: 'thinking', thinking: 'I go on.', signature: 'c2ln+/==' };
const REASONING = { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'ZW5j+/==' };

/** What stands in the place of a planner's answer of an iteration before. */
const LEFT_OUT = /^\(My answer is left out\.\)$/;

interface Seen {
  readonly path: string;
  readonly key: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects there
  readonly body: any;
}

type Events = { readonly type: string }[];

/** A dialect as its servers speak it. */
interface Spoken {
  readonly path: string;
  readonly header: string;
  readonly key: string;
  /** The turns of a conversation, as the planner's and worker's answers are made of. */
  turns(body: Seen['body']): readonly Message[];
  answer(said: {
    readonly text?: string;
    readonly tool?: { readonly name: string; readonly arguments: object };
  }): Events;
  /** What it thought stands in every answer that it is shown again, as it came. */
  areThoughtsBack(body: Seen['body']): boolean;
}

const messages: Spoken = {
  path: '/v1/messages',
  header: 'x-api-key',
  key: 'key',
  turns: ({ messages: said }) =>
    said.flatMap(({ role, content }: { role: string; content: { type: string; text?: string }[] }) => ({
      role,
      content: content.map((block) => block.text ?? '').join('\n'),
    })),
  answer: ({ text, tool }) => [
    {
      type: 'message_start',
      message: {
        type: 'message',
        model: 'claude-x',
        usage: { input_tokens: 60, cache_read_input_tokens: 40, output_tokens: 1 },
      },
    } as Events[number],
    ...block(0, { ...THOUGHT, thinking: '', signature: '' }, [
      { type: 'thinking_delta', thinking: THOUGHT.thinking },
      { type: 'signature_delta', signature: THOUGHT.signature },
    ]),
    ...(text === undefined ? [] : block(1, { type: 'text', text: '' }, [{ type: 'text_delta', text }])),
    ...(tool === undefined
      ? []
      : block(1, { type: 'tool_use', id: `toolu_${++calls}`, name: tool.name, input: {} }, [
          { type: 'input_json_delta', partial_json: JSON.stringify(tool.arguments) },
        ])),
    {
      type: 'message_delta',
      delta: { stop_reason: tool ? 'tool_use' : 'end_turn' },
      usage: { output_tokens: 20 },
    } as Events[number],
    { type: 'message_stop' },
  ],
  areThoughtsBack: ({ messages: said }) =>
    said
      .filter(({ role }: Message) => role === 'assistant')
      .filter(({ content: [first] }: { content: { text?: string }[] }) => !LEFT_OUT.test(first?.text ?? ''))
      .every(
        ({ content: [first] }: { content: object[] }) => JSON.stringify(first) === JSON.stringify(THOUGHT),
      ),
};

let calls = 0;
const block = (index: number, content_block: object, deltas: object[]): Events => [
  { type: 'content_block_start', index, content_block } as Events[number],
  ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
  { type: 'content_block_stop', index } as Events[number],
];

const responses: Spoken = {
  path: '/v1/responses',
  header: 'authorization',
  key: 'Bearer key',
  turns: ({ input }) =>
    input.flatMap((item: { role?: string; type?: string; content?: string; output?: string }) => {
      if (item.type === 'function_call') return [{ role: 'assistant', content: '' }];
      if (item.type === 'function_call_output') return [{ role: 'user', content: item.output }];
      return item.role === undefined ? [] : [{ role: item.role, content: item.content }];
    }),
  answer({ text, tool }) {
    const said =
      tool === undefined
        ? { type: 'message', role: 'assistant', content: [{ type: 'output_text', text }] }
        : {
            type: 'function_call',
            call_id: `call_${++calls}`,
            name: tool.name,
            arguments: JSON.stringify(tool.arguments),
          };
    const done = [REASONING, said].map((item, output_index) => ({
      type: 'response.output_item.done',
      output_index,
      item,
    }));
    const usage = {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 40 },
      output_tokens: 20,
      total_tokens: 120,
    };
    const response = {
      object: 'response',
      status: 'completed',
      model: 'gpt-x',
      output: [REASONING, said],
      usage,
    };
    return [...done, { type: 'response.completed', response } as Events[number]];
  },
  areThoughtsBack: ({ input }) =>
    input.every(
      (item: { type?: string }, i: number) =>
        item.type !== 'function_call' || JSON.stringify(input[i - 1]) === JSON.stringify(REASONING),
    ),
};

async function startServer(
  t: Owner,
  spoken: Spoken,
): Promise<{ readonly url: string; readonly seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method === 'GET') return void response.end(JSON.stringify({ data: [{ id: 'test-model' }] }));
    const body = JSON.parse(Buffer.concat(chunks).toString());
    seen.push({ path: request.url!, key: request.headers[spoken.header] as string, body });
    // As a provider does that checks its own signatures.
    if (!spoken.areThoughtsBack(body))
      return void response.writeHead(400).end('{"error":{"message":"thoughts"}}');
    send(response, spoken.answer(answerTo(spoken, body)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, seen };
}

function send(response: ServerResponse, events: Events): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of events) response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  response.end();
}

function answerTo(spoken: Spoken, body: Seen['body']) {
  const turns = spoken.turns(body);
  const isWorker = JSON.stringify(body.tools ?? []).includes('submit_handoff');
  const title = /^Task t\d+: (.*)$/m.exec(turns[0]?.content ?? '')?.[1] ?? '';
  const turn = turns.filter(({ role }) => role === 'assistant').length;
  const call: Call = { at: 0, isWorker, hasTools: isWorker, title, turn, model: '', messages: turns };
  return isWorker ? workerAnswer(call) : plannerAnswer(call, PARTS);
}

describe('a run whose one endpoint speaks', { concurrency: true }, () => {
  for (const [dialect, spoken] of Object.entries({ messages, responses }))
    test(`${dialect} is planned and done in it, its thoughts go back, and its tokens are the server’s`, async (t) => {
      const world = await World.with(t, FILES);
      const base = await world.git('rev-parse', 'HEAD');
      const server = await startServer(t, spoken);
      await world.configure(
        `[[endpoints]]\nname = "e"\nbase_url = "${server.url}"\nkey_env = "OPENAI_API_KEY"\ndialect = "${dialect}"`,
      );
      const env = { OPENAI_API_KEY: 'key', SWARM_MODEL: 'test-model' };
      const args = ['run', 'Build a bicycle', '--workers', '1', '--gate', GATE];
      const run = await world.swarm(args, { env });
      assert.equal(run.code, 0, run.stderr);
      await assertLandedOnce(world, base, PARTS.map(titleOf));
      for (const { path, key } of server.seen) assert.deepEqual([path, key], [spoken.path, spoken.key]);
      const used = (await world.log())
        .filter((line) => line.event === 'model.called')
        .map((line) => (line.data as { usage: { inputTokens: number; outputTokens: number } }).usage);
      assert.equal(used.length, server.seen.length);
      for (const { inputTokens, outputTokens } of used)
        assert.deepEqual([inputTokens, outputTokens], [100, 20]);
    });
});

test('swarm doctor says of each endpoint its dialect, and calls it in that', async (t) => {
  const world = await World.with(t, FILES);
  const server = await startServer(t, messages);
  await world.configure(`[[endpoints]]\nname = "e"\nbase_url = "${server.url}"\ndialect = "messages"`);
  const ended = await world.swarm(['doctor', '--yes'], { env: { SWARM_MODEL: 'test-model' } });
  assert.match(ended.stdout, /^endpoint e +ok +messages: answers, and lists 1 model$/m);
  assert.match(ended.stdout, /^call e +ok +test-model answered in .*, for 120 tokens$/m);
  assert.deepEqual(
    server.seen.map(({ path }) => path),
    ['/v1/messages'],
  );
});

test('where no endpoint speaks what swarm speaks, that is said before anything is asked', async (t) => {
  const world = await World.with(t, FILES);
  const server = await startServer(t, messages);
  await world.configure(`[[endpoints]]\nname = "e"\nbase_url = "${server.url}"\ndialect = "gemini"`);
  const run = await world.swarm(['run', 'Build a bicycle', '--gate', GATE], {
    env: { SWARM_MODEL: 'test-model' },
  });
  assert.equal(run.code, 2, run.stderr);
  assert.match(run.stderr, /speak chat, responses, messages, and no endpoint does/);
  assert.match(run.stderr, /dialect = "chat"/);
  assert.equal(server.seen.length, 0);
});
