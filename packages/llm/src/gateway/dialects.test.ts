/** The laws of the gateway hold in every dialect: what a call may say, whom it reaches, what it may cost. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DIALECT_NAMES, type DialectName } from '@swarm/core/model/dialect';
import { tokensOf } from '@swarm/core/model/usage';
import { ask } from '../../test/support/agent.ts';
import { answering, type Counted, geminiChunks, SPOKEN } from '../../test/support/dialects.ts';
import * as fault from '../../test/support/fault-server.ts';
import { a1, KEY, openGateway, startServer, until } from '../../test/support/gateways.ts';
import type { GatewayOptions } from './gateway.ts';
import type { AttemptLimits } from './tokens.ts';

const USED: Counted = { input: 300, cached: 100, written: 0, output: 30 };

async function open(
  name: DialectName,
  plan: fault.Plan = answering(name, 'Hi', USED),
  limits: AttemptLimits = { tokens: 1_000_000 },
  more: Partial<GatewayOptions> = {},
) {
  const server = await startServer(plan);
  const endpoints = [{ name: 'e1', baseUrl: server.baseUrl, apiKey: KEY, dialect: name }];
  const { gateway, told } = openGateway([server], { endpoints, ...more });
  const { socketPath, token, usage } = await gateway.issue(a1, limits);
  const spoken = SPOKEN[name];
  const post = (
    body: object | string,
    how: { isStream?: boolean; headers?: Record<string, string>; path?: string; signal?: AbortSignal } = {},
  ) => ask(socketPath, token, body, { path: spoken.path(how.isStream ?? false), ...how });
  return { server, told, usage, spoken, post, socketPath, token, gateway };
}

/** The code of ours in an error, wherever the dialect has it. */
const codeIn = (text: string): string => {
  const { error } = JSON.parse(text);
  return error.details?.[0].reason ?? error.code;
};

for (const name of DIALECT_NAMES)
  describe(`in dialect ${name}`, () => {
    for (const isStream of [true, false])
      it(`an answer ${isStream ? 'in pieces' : 'in one'} is passed on as it is, and booked as the server counts it`, async () => {
        const { server, post, spoken, usage } = await open(name);
        const reply = await post(spoken.question('Do.', isStream), { isStream });
        const sent = isStream ? spoken.pieces('Hi', USED).join('') : JSON.stringify(spoken.whole('Hi', USED));
        assert.equal(reply.text, sent);
        assert.deepEqual([usage().calls, usage().inputTokens, usage().outputTokens], [1, 300, 30]);
        assert.ok(server.seen[0]!.path.startsWith(spoken.upstream));
        assert.match(String(server.seen[0]!.headers[spoken.key]), new RegExp(`${KEY}$`));
      });

    it('a token is taken wherever some client puts it, and no other', async () => {
      const { post, spoken, socketPath, token } = await open(name);
      const body = spoken.question('Do.', false);
      const path = spoken.path(false);
      const shown: Record<string, string>[] = [
        { authorization: `Bearer ${token}` },
        { authorization: '', 'x-api-key': token },
        { authorization: '', 'x-goog-api-key': token },
      ];
      for (const headers of shown) assert.equal((await post(body, { headers })).status, 200);
      const none = { authorization: '' };
      const byQuery = await post(body, { headers: none, path: `${path}?key=${token}` });
      assert.equal(byQuery.status, 200);
      for (const wrong of ['', '?key=other'])
        assert.equal((await post(body, { headers: none, path: path + wrong })).status, 401);
      assert.equal((await ask(socketPath, KEY, body, { path })).status, 401);
    });

    it('an answer without a bound gets one, within what is left', async () => {
      const { server, post, spoken } = await open(name, undefined, { tokens: 5_000 });
      await post(spoken.question('Do.', false));
      const bound = spoken.boundIn(server.seen[0]!.body)!;
      assert.ok(bound > 4_000 && bound < 5_000, `${bound}`);
    });

    it('a number in quotes is refused, and so is one that is none', async () => {
      const { server, post, spoken, usage } = await open(name);
      for (const n of ['100', -1, 0, 1.5, [100], true]) {
        const reply = await post({ ...spoken.question('Do.', false), ...spoken.bound(n) });
        assert.equal(reply.status, 400, JSON.stringify(n));
        assert.match(reply.text, /must be a whole number from 1/);
      }
      assert.deepEqual([server.seen.length, usage().calls], [0, 0]);
    });

    it('a field that is not known is left out, and said to be', async () => {
      const { server, post, spoken, told } = await open(name);
      await post({ ...spoken.question('Do.', false), service_tier: 'priority', fallback: ['dearer'] });
      assert.ok(!/priority|dearer/.test(JSON.stringify(server.seen[0]!.body)));
      assert.ok(told[0]!.detail.leftOut!.length === 2, String(told[0]!.detail.leftOut));
    });

    it('what is nested too deeply to be sent on is refused, and no endpoint is blamed for it', async () => {
      const { server, post, spoken } = await open(name);
      const deep = (field: string): string => {
        const body = JSON.stringify(spoken.question('Do.', false));
        return `${body.slice(0, -1)},"${field}":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`;
      };
      const known = {
        chat: 'reasoning',
        responses: 'reasoning',
        messages: 'thinking',
        gemini: 'systemInstruction',
      };
      const reply = await post(deep(known[name]));
      assert.deepEqual([reply.status, codeIn(reply.text)], [400, 'swarm_bad_request']);
      const counting = await post(deep('thinking'), { path: '/v1/messages/count_tokens' });
      assert.equal(counting.status, name === 'messages' ? 400 : 404);
      const parts = '{"functionResponse":{"parts":['.repeat(20_000) + ']}}'.repeat(20_000);
      const content = '{"type":"tool_result","content":['.repeat(20_000) + ']}'.repeat(20_000);
      for (const said of [
        `{"contents":[{"parts":[${parts}]}]}`,
        `{"messages":[{"role":"user","content":[${content}]}]}`,
      ])
        assert.equal((await post(said)).status, 400);
      assert.equal(server.seen.length, 0);
      assert.equal((await post(spoken.question('Do.', false))).status, 200);
    });

    it('the model is the worker’s, whatever is asked for', async () => {
      const { server, post, spoken } = await open(name);
      const path = spoken.path(false).replace('models/x:', 'models/dear-model:');
      await post({ ...spoken.question('Do.', false), model: 'dear-model' }, { path });
      const { body, path: asked } = server.seen[0]!;
      assert.ok(!`${asked}${JSON.stringify(body)}`.includes('dear-model'));
      assert.ok(`${asked}${JSON.stringify(body)}`.includes('work-model'));
    });

    it('a call that is given up is booked as it was set aside, before the answer and within it', async () => {
      const begun = SPOKEN[name].pieces('abc', USED).slice(0, 3);
      for (const plan of [fault.hang, fault.stall(...begun)]) {
        const { server, post, spoken, told, usage } = await open(name, plan);
        const controller = new AbortController();
        const body = { ...spoken.question('Do.', true), ...spoken.bound(3_000) };
        const how = { isStream: true, signal: controller.signal, onPiece: () => controller.abort() };
        const asked = post(body, how).catch(() => undefined);
        await until(() => server.seen.length === 1);
        if (plan === fault.hang) controller.abort();
        await asked;
        await until(() => told.length === 1);
        assert.equal(usage().outputTokens, 3_000);
      }
    });

    it('forty calls at the same time never use more than the attempt may', async () => {
      const greedy: fault.Plan = (res, seen) =>
        answering(name, 'x', {
          input: 20,
          cached: 0,
          written: 0,
          output: SPOKEN[name].boundIn(seen.body) ?? 40_000,
        })(res, seen);
      const { server, post, spoken, usage } = await open(name, greedy, { tokens: 50_000 });
      const replies = await Promise.all(
        Array.from({ length: 40 }, (_, i) =>
          post(spoken.question('Do.', i % 2 === 0), { isStream: i % 2 === 0 }),
        ),
      );
      assert.deepEqual(new Set(replies.map((reply) => reply.status)), new Set([200, 402]));
      const spent = server.seen.reduce((sum, { body }) => sum + 20 + spoken.boundIn(body)!, 0);
      assert.equal(tokensOf(usage()), spent);
      assert.ok(spent <= 50_000);
    });

    it('a money limit bounds it, and no price is no call', async () => {
      const { server, post, spoken } = await open(name, undefined, { tokens: 1e9, usd: 0.1 });
      assert.equal((await post(spoken.question('Do.', false))).status, 200);
      assert.ok(spoken.boundIn(server.seen[0]!.body)! <= 1_000);
      const unpriced = { prices: { asOf: '2026-01-01', currency: 'USD' as const, perMillion: {} } };
      const poor = await open(name, undefined, { tokens: 1e9, usd: 0.1 }, unpriced);
      assert.equal((await poor.post(spoken.question('Do.', false))).status, 402);
    });

    it('an endpoint of another dialect is not asked, and the error names the setting', async () => {
      const others = DIALECT_NAMES.filter((other) => other !== name);
      for (const other of others) {
        const { server, socketPath, token } = await open(other);
        const spoken = SPOKEN[name];
        const reply = await ask(socketPath, token, spoken.question('Do.', true), { path: spoken.path(true) });
        assert.deepEqual([reply.status, codeIn(reply.text)], [404, 'swarm_no_dialect']);
        const { message } = JSON.parse(reply.text).error;
        assert.equal(
          message,
          `no endpoint of this run speaks ${name}: add dialect = "${name}" to one of [[endpoints]]`,
        );
        assert.equal(server.seen.length, 0);
      }
    });

    it('the endpoint of its own dialect is asked among others', async () => {
      const servers = await Promise.all(DIALECT_NAMES.map((one) => startServer(answering(one, 'Hi', USED))));
      const endpoints = servers.map((s, i) => ({
        name: `e${i}`,
        baseUrl: s.baseUrl,
        dialect: DIALECT_NAMES[i]!,
      }));
      const { gateway } = openGateway(servers, { endpoints });
      const { socketPath, token } = await gateway.issue(a1, { tokens: 1_000_000 });
      const spoken = SPOKEN[name];
      for (let i = 0; i < 8; i++)
        await ask(socketPath, token, spoken.question('Do.', false), { path: spoken.path(false) });
      assert.deepEqual(
        servers.map((s) => s.seen.length),
        DIALECT_NAMES.map((one) => (one === name ? 8 : 0)),
      );
    });
  });

/** What cannot be seen in a request, or runs somewhere else, in each dialect’s words. */
const UNSEEN: readonly (readonly [DialectName, string, object])[] = [
  [
    'chat',
    'a picture at an address',
    {
      messages: [
        { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://x.test/?secret' } }] },
      ],
    },
  ],
  [
    'chat',
    'a file at the provider',
    { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'f1' } }] }] },
  ],
  ['responses', 'a conversation at the provider', { input: 'Do.', previous_response_id: 'r0' }],
  ['responses', 'an item at the provider', { input: [{ type: 'item_reference', id: 'i0' }] }],
  [
    'responses',
    'a picture at an address',
    { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'https://x.test/?secret' }] }] },
  ],
  [
    'responses',
    'a file in the output of a call',
    {
      input: [
        { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_file', file_id: 'f1' }] },
      ],
    },
  ],
  [
    'messages',
    'a picture at an address',
    {
      messages: [
        {
          role: 'user',
          content: [{ type: 'image', source: { type: 'url', url: 'https://x.test/?secret' } }],
        },
      ],
    },
  ],
  [
    'messages',
    'a file in the result of a tool',
    {
      messages: [
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 't',
              content: [{ type: 'document', source: { type: 'file', file_id: 'f1' } }],
            },
          ],
        },
      ],
    },
  ],
  [
    'messages',
    'a block of a tool that runs there',
    {
      messages: [
        { role: 'assistant', content: [{ type: 'server_tool_use', id: 's', name: 'web_search', input: {} }] },
      ],
    },
  ],
  [
    'gemini',
    'a file at an address',
    { contents: [{ parts: [{ fileData: { fileUri: 'https://x.test/?secret' } }] }] },
  ],
  [
    'gemini',
    'a file under the other spelling',
    { contents: [{ parts: [{ file_data: { file_uri: 'gs://x' } }] }] },
  ],
  ['gemini', 'a cached prompt', { contents: [{ parts: [{ text: 'Do.' }] }], cached_content: 'c1' }],
];

describe('what is not in the request itself', () => {
  for (const [name, what, body] of UNSEEN)
    it(`is not sent on: in ${name}, ${what}`, async () => {
      const { server, post } = await open(name);
      const reply = await post(body);
      assert.deepEqual([reply.status, codeIn(reply.text)], [400, 'swarm_bad_request']);
      assert.equal(server.seen.length, 0);
    });

  it('is sent on where it is data', async () => {
    const image_url = { url: 'data:image/png;base64,AA==' };
    const { post } = await open('chat');
    const content = [{ type: 'image_url', image_url }];
    assert.equal((await post({ messages: [{ role: 'user', content }] })).status, 200);
    const { post: ask4 } = await open('messages');
    const source = { type: 'base64', media_type: 'image/png', data: 'AA==' };
    const reply = await ask4({ messages: [{ role: 'user', content: [{ type: 'image', source }] }] });
    assert.equal(reply.status, 200);
  });
});

describe('a tool that runs at the provider', () => {
  const own = { name: 'read', description: 'r', input_schema: { type: 'object' } };
  const rows = [
    [
      'responses',
      [
        { type: 'function', name: 'read' },
        { type: 'custom', name: 'patch' },
      ],
      [{ type: 'web_search' }, { type: 'mcp' }],
    ],
    [
      'messages',
      [own, { type: 'bash_20250124', name: 'bash' }],
      [{ type: 'web_search_20250305', name: 'web_search' }],
    ],
    [
      'gemini',
      [{ functionDeclarations: [{ name: 'read' }] }],
      [{ googleSearch: {} }, { code_execution: {} }],
    ],
  ] as const;
  for (const [name, kept, gone] of rows)
    it(`is left out in ${name}, and said to be, and the client’s own stay`, async () => {
      const { server, post, spoken, told } = await open(name);
      await post({ ...spoken.question('Do.', false), tools: [...kept, ...gone] });
      assert.deepEqual(server.seen[0]!.body.tools, kept);
      assert.equal(told[0]!.detail.leftOut!.filter((one) => one.startsWith('tools: ')).length, gone.length);
    });
});

describe('Gemini’s other forms', () => {
  it('a list that grows is passed on and counted like events', async () => {
    const text = `[${geminiChunks('Grüße {"', USED)
      .map((chunk) => JSON.stringify(chunk))
      .join(',\r\n')}]`;
    const pieces = [...text].map((_, i) => text.slice(i, i + 1));
    const plan: fault.Plan = async (res) => {
      res.writeHead(200, { 'content-type': 'application/json' });
      for (const piece of pieces) res.write(piece);
      res.end();
    };
    const { server, post, usage } = await open('gemini', plan);
    const body = SPOKEN.gemini.question('Do.', true);
    const reply = await post(body, { path: '/v1beta/models/x:streamGenerateContent' });
    assert.equal(reply.text, text);
    assert.equal(server.seen[0]!.path, '/v1/models/work-model:streamGenerateContent');
    assert.deepEqual([usage().inputTokens, usage().outputTokens], [300, 30]);
  });

  it('a bound under its other spelling is the same bound, and one under both is counted once', async () => {
    const { server, post, usage } = await open('gemini');
    const body = { ...SPOKEN.gemini.question('Do.', false), generation_config: { max_output_tokens: 77 } };
    await post(body);
    assert.deepEqual(server.seen[0]!.body.generationConfig, { maxOutputTokens: 77 });
    assert.ok(!('generation_config' in server.seen[0]!.body));
    assert.equal(usage().calls, 1);
    const quoted = {
      generationConfig: { maxOutputTokens: 5 },
      generation_config: { max_output_tokens: '9000' },
    };
    assert.equal((await post({ ...SPOKEN.gemini.question('Do.', false), ...quoted })).status, 400);
  });

  it('are taken below each version that a client of Google’s may name', async () => {
    const { server, post, spoken } = await open('gemini');
    for (const version of ['v1', 'v1beta', 'v1alpha']) {
      const body = spoken.question('Do.', false);
      assert.equal((await post(body, { path: `/${version}/models/x:generateContent` })).status, 200);
      const reply = await post(body, { path: `/${version}/models/x:other` });
      assert.deepEqual([reply.status, codeIn(reply.text)], [404, 'swarm_no_such_path']);
    }
    assert.equal(server.seen.length, 3);
  });

  it('several answers are each set aside to the bound', async () => {
    const { post, spoken } = await open('gemini', undefined, { tokens: 5_000 });
    const generationConfig = { maxOutputTokens: 2_000, candidateCount: 4 };
    assert.equal((await post({ ...spoken.question('Do.', false), generationConfig })).status, 402);
  });
});

it('a header of Anthropic’s that makes answers dearer is not sent on, one that changes their shape is', async () => {
  const { server, post, spoken } = await open('messages');
  const headers = { 'anthropic-beta': 'context-1m-2025-08-07, interleaved-thinking-2025-05-14' };
  await post(spoken.question('Do.', false), { headers });
  assert.equal(server.seen[0]!.headers['anthropic-beta'], 'interleaved-thinking-2025-05-14');
  assert.equal(server.seen[0]!.headers['anthropic-version'], '2023-06-01');
});
