import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { DialectName } from '@swarm/core/model/dialect';
import type { Model } from '@swarm/core/ports/models';
import { systemClock } from '../../test/support/clocks.ts';
import { createModel } from '../chat.ts';
import { DIALECTS } from '../dialects/all.ts';
import { readScript } from '../scripted-model.ts';
import { type ScriptedServer, startScriptedServer } from '../scripted-server.ts';

const servers: ScriptedServer[] = [];
after(() => Promise.all(servers.map((s) => s.close())));

const CALL = { name: 'write', arguments: { path: 'a', content: 'b' } };
const ANSWERS = [
  {
    role: 'worker',
    turn: 0,
    text: 'I write.',
    tools: [CALL],
    chunkChars: 3,
    usage: { input: 1000, output: 50 },
  },
  { role: 'worker', turn: 1, text: 'Done.', usage: { input: 1100, output: 7 } },
];

async function play(answers: readonly object[]): Promise<ScriptedServer> {
  const script = readScript(JSON.stringify({ answers }), 's.json');
  const server = await startScriptedServer({ script, clock: systemClock });
  servers.push(server);
  return server;
}

const speaking = (server: ScriptedServer, dialect: DialectName): Model =>
  createModel({
    endpoints: [{ name: 'scripted', baseUrl: server.url, dialect }],
    models: { planner: 'm', worker: 'm', reconciler: 'm', reviewer: 'm' },
    prices: { asOf: '2026-01-01', currency: 'USD', perMillion: {} },
    clock: systemClock,
    rng: () => 0,
  });

const signal = new AbortController().signal;
const user = { role: 'user', content: 'Do.' } as const;

for (const dialect of ['chat', 'responses', 'messages'] as const) {
  describe(`the scripted server in dialect ${dialect}`, () => {
    it('streams text, a call and usage, and goes on after the call was answered', async () => {
      const server = await play(ANSWERS);
      const model = speaking(server, dialect);
      const ask = (messages: Parameters<Model['stream']>[0]['messages']) =>
        model.stream({ role: 'worker', messages, tools: [] }, { signal });
      const first = await ask([user]);
      assert.equal(first.text, 'I write.');
      assert.ok(first.end.kind === 'tools');
      const [call] = first.end.calls;
      assert.deepEqual([call!.name, call!.argumentsJson], ['write', JSON.stringify(CALL.arguments)]);
      const said = { role: 'assistant', content: first.text, toolCalls: first.end.calls } as const;
      const second = await ask([user, said, { role: 'tool', callId: call!.id, content: 'ok' }]);
      assert.deepEqual([second.text, second.end.kind], ['Done.', 'stopped']);
      assert.deepEqual(
        [first, second].map(({ usage }) => [usage.inputTokens, usage.outputTokens]),
        [
          [1000, 50],
          [1100, 7],
        ],
      );
      assert.deepEqual(
        server.calls.map((c) => [c.dialect, c.turn, c.usage]),
        [
          [dialect, 0, { input: 1000, output: 50 }],
          [dialect, 1, { input: 1100, output: 7 }],
        ],
      );
    });

    it('tears the connection where an answer is cut', async () => {
      const server = await play([{ role: 'worker', text: 'Half a thought', chunkChars: 2, cut: 5 }]);
      const { end, text } = await speaking(server, dialect).stream(
        { role: 'worker', messages: [user], tools: [] },
        { signal },
      );
      assert.deepEqual([end.kind, text], ['cut', 'Half ']);
    });

    it('refuses a call that was never answered, as the real one does', async () => {
      const server = await play(ANSWERS);
      const said = {
        role: 'assistant',
        content: '',
        toolCalls: [{ id: 'call_9', name: 'write', argumentsJson: '{}' }],
      } as const;
      const { path, ask } = DIALECTS[dialect];
      const body = {
        ...ask({ role: 'worker', messages: [user, said, user], tools: [] }, TO),
        model: 'm',
        max_tokens: 9,
      };
      const response = await post(`${server.url}/${path('m', 'events')}`, body);
      assert.equal(response.status, 400);
      assert.match(await response.text(), /call_9/);
      assert.deepEqual(server.calls, []);
    });
  });
}

const TO = { endpoint: 'scripted', model: 'm' };

const post = (url: string, body: object): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify(body),
  });

describe('the scripted server in dialect gemini', () => {
  const contents = [{ role: 'user', parts: [{ text: 'Do.' }] }];
  const ask = (server: ScriptedServer, turns: readonly object[], method = 'streamGenerateContent?alt=sse') =>
    post(`${server.url}/models/m:${method}`, { contents: turns });

  /** As the gateway reads it. */
  async function read(response: Response) {
    const reader = DIALECTS.gemini.reader();
    const events = (await response.text()).split('\r\n\r\n').filter(Boolean);
    const wires = events.map((event) => JSON.parse(event.slice('data: '.length)));
    const chunks = wires.flatMap((wire) => reader.read(wire)) as {
      choices: { delta: { content?: string } }[];
    }[];
    const calls = wires
      .flatMap((wire) => wire.candidates[0].content.parts)
      .filter((part) => part.functionCall);
    return { text: chunks.map((c) => c.choices[0]?.delta.content ?? '').join(''), calls, last: wires.at(-1) };
  }

  it('streams text, a call as an object and usage, and goes on after the call was answered', async () => {
    const server = await play(ANSWERS);
    const first = await read(await ask(server, contents));
    assert.equal(first.text, 'I write.');
    assert.deepEqual(first.calls, [{ functionCall: { name: 'write', args: CALL.arguments } }]);
    assert.equal(first.last.candidates[0].finishReason, 'STOP');
    assert.deepEqual(
      [first.last.usageMetadata.promptTokenCount, first.last.usageMetadata.candidatesTokenCount],
      [1000, 50],
    );
    const answered = [
      ...contents,
      { role: 'model', parts: first.calls },
      { role: 'user', parts: [{ functionResponse: { name: 'write', response: { output: 'ok' } } }] },
    ];
    assert.equal((await read(await ask(server, answered))).text, 'Done.');
  });

  it('gives one whole answer where it is asked for one', async () => {
    const server = await play(ANSWERS);
    const whole = (await (await ask(server, contents, 'generateContent')).json()) as {
      candidates: { content: { parts: object[] } }[];
    };
    assert.equal(whole.candidates[0]!.content.parts.length, 2);
  });

  it('refuses a turn with another number of responses than calls', async () => {
    const server = await play(ANSWERS);
    const open = [
      ...contents,
      { role: 'model', parts: [{ functionCall: { name: 'a', args: {} } }] },
      ...contents,
    ];
    assert.equal((await ask(server, open)).status, 400);
  });

  it('ends an answer whose arguments are no object as malformed', async () => {
    const server = await play([{ role: 'worker', tools: [{ name: 'write', arguments: '{broken' }] }]);
    const { calls, last } = await read(await ask(server, contents));
    assert.deepEqual([calls, last.candidates[0].finishReason], [[], 'MALFORMED_FUNCTION_CALL']);
  });
});

describe('the scripted server', () => {
  it('wants of a message what Anthropic wants', async () => {
    const server = await play(ANSWERS);
    const url = `${server.url}/messages`;
    const body = { model: 'm', max_tokens: 10, messages: [user] };
    assert.equal((await post(url, body)).status, 200);
    assert.equal((await post(url, { ...body, max_tokens: undefined })).status, 400);
    assert.equal((await post(url, { ...body, messages: [{ role: 'assistant', content: 'x' }] })).status, 400);
    const headless = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
    assert.equal(headless.status, 400);
  });

  it('keeps no response of an earlier call', async () => {
    const server = await play(ANSWERS);
    const body = { model: 'm', input: 'x', previous_response_id: 'resp_1' };
    assert.equal((await post(`${server.url}/responses`, body)).status, 400);
  });

  it('fails in the words of the dialect it was asked in', async () => {
    const server = await play([{ role: 'worker', fail: { status: 429, retryAfter: 7 } }]);
    const response = await post(`${server.url}/messages`, { model: 'm', max_tokens: 1, messages: [user] });
    assert.equal(response.headers.get('retry-after'), '7');
    assert.deepEqual(((await response.json()) as { error: object }).error, {
      type: 'rate_limit_error',
      message: 'scripted failure 429',
    });
  });
});
