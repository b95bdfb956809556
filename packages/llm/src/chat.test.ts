import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { attemptId, taskId } from '@swarm/core/model/ids';
import type { ModelRequest } from '@swarm/core/ports/models';
import type { Clock } from '@swarm/core/ports/world';
import { createHurriedClock, NEVER_MS, systemClock } from '../test/support/clocks.ts';
import * as fault from '../test/support/fault-server.ts';
import { type CallReport, createModel, type ModelOptions } from './chat.ts';
import type { PriceTable } from './prices.ts';

const prices: PriceTable = {
  asOf: '2026-01-01',
  currency: 'USD',
  perMillion: { 'big-model': { input: 10, output: 100 } },
};
const models = { planner: 'big-model', worker: 'small', reconciler: 'small', reviewer: 'small' };
const KEY = 'sk-very-secret-key';
const request: ModelRequest = {
  role: 'planner',
  messages: [{ role: 'user', content: 'Plan.' }],
  tools: [],
};
const patient = { firstByteMs: NEVER_MS, idleMs: NEVER_MS, totalMs: NEVER_MS };
const servers: fault.FaultServer[] = [];
after(() => Promise.all(servers.map((s) => s.close())));

async function startServer(...plans: fault.Plan[]): Promise<fault.FaultServer> {
  const server = await fault.startFaultServer(...plans);
  servers.push(server);
  return server;
}

/** A model over these servers, whose back-off takes no time; everything it reports is kept. */
function modelOver(from: readonly fault.FaultServer[], more: Partial<ModelOptions> = {}) {
  const reports: CallReport[] = [];
  const model = createModel({
    endpoints: from.map((s, i) => ({ name: `e${i + 1}`, baseUrl: s.baseUrl, apiKey: KEY })),
    models,
    prices,
    clock: createHurriedClock(),
    rng: () => 0.5,
    deadlines: patient,
    probeTimeoutMs: NEVER_MS,
    onCall: (report) => reports.push(report),
    ...more,
  });
  return { model, reports };
}

async function ask(
  plans: fault.Plan[],
  more: Partial<ModelOptions> & { request?: Partial<ModelRequest>; signal?: AbortSignal } = {},
) {
  const server = await startServer(...plans);
  const { model, reports } = modelOver([server], more);
  const pieces: string[] = [];
  const result = await model.stream(
    { ...request, ...more.request },
    { signal: more.signal ?? new AbortController().signal, onText: (piece) => pieces.push(piece) },
  );
  return { result, pieces, reports, server };
}

const toolEvent = (index: number, id: string | undefined, name: string | undefined, args: string): string =>
  fault.event({
    choices: [{ delta: { tool_calls: [{ index, id, function: { name, arguments: args } }] } }],
  });

describe('one answer', () => {
  it('streams text piece by piece and counts what the server says it used', async () => {
    const { result, pieces, server } = await ask([
      fault.raw(
        fault.textEvent('{"tas'),
        fault.textEvent('ks":[]}'),
        fault.endEvent(),
        fault.usageEvent(1000, 20),
        fault.DONE,
      ),
    ]);
    assert.deepEqual(pieces, ['{"tas', 'ks":[]}']);
    assert.deepEqual(result, {
      end: { kind: 'stopped' },
      text: '{"tasks":[]}',
      usage: { calls: 1, inputTokens: 1000, outputTokens: 20, costUsd: 0.012, priced: true },
      model: 'm-1',
    });
    assert.equal(server.seen[0]!.headers.authorization, `Bearer ${KEY}`);
    assert.deepEqual(server.seen[0]!.body.stream_options, { include_usage: true });
    assert.equal('tools' in server.seen[0]!.body, false);
  });

  it('tells the endpoint the role, the task and the attempt', async () => {
    const { server } = await ask([fault.says('ok')], {
      request: { role: 'worker', task: taskId(3), attempt: attemptId(taskId(3), 2) },
    });
    const { headers, body } = server.seen[0]!;
    assert.equal(headers['x-swarm-role'], 'worker');
    assert.equal(headers['x-swarm-task'], 't3');
    assert.equal(headers['x-swarm-attempt'], 't3.2');
    assert.equal(body.model, 'small');
  });

  it('has no price for an unknown model, and says so', async () => {
    const { result } = await ask([fault.says('ok')], { request: { role: 'worker' } });
    assert.deepEqual(result.usage, {
      calls: 1,
      inputTokens: 100,
      outputTokens: 10,
      costUsd: 0,
      priced: false,
    });
  });

  it('puts tool calls together from pieces that come mixed, with finish reason stop', async () => {
    const { result } = await ask([
      fault.raw(
        toolEvent(0, 'a', 'read', ''),
        toolEvent(1, 'b', 'bash', '{"comm'),
        toolEvent(0, undefined, undefined, '{"path":"x"}'),
        toolEvent(1, undefined, undefined, 'and":"ls"}'),
        fault.endEvent('stop'),
        fault.DONE,
      ),
    ]);
    assert.deepEqual(result.end, {
      kind: 'tools',
      calls: [
        { id: 'a', name: 'read', argumentsJson: '{"path":"x"}' },
        { id: 'b', name: 'bash', argumentsJson: '{"command":"ls"}' },
      ],
    });
  });

  it('keeps calls apart that a server numbers all 0', async () => {
    const { result } = await ask([
      fault.raw(
        toolEvent(0, 'a', 'read', '{}'),
        toolEvent(0, 'b', 'glob', '{}'),
        fault.endEvent('tool_calls'),
      ),
    ]);
    assert.equal(result.end.kind === 'tools' && result.end.calls.map((c) => c.name).join(), 'read,glob');
  });

  it('returns no tool call of an answer cut by its length', async () => {
    const { result } = await ask([fault.raw(toolEvent(0, 'a', 'read', '{"pa'), fault.endEvent('length'))]);
    assert.deepEqual(result.end, { kind: 'length' });
  });

  it('reports a content filter as refused', async () => {
    const { result } = await ask([fault.raw(fault.textEvent('I'), fault.endEvent('content_filter'))]);
    assert.equal(result.end.kind, 'refused');
  });

  it('reads the one JSON body of a server that does not stream', async () => {
    const { result } = await ask([
      fault.json({
        model: 'm-2',
        choices: [
          {
            message: {
              role: 'assistant',
              content: 'whole',
              tool_calls: [{ id: 'c', type: 'function', function: { name: 'glob', arguments: '{}' } }],
            },
            finish_reason: 'tool_calls',
          },
        ],
        usage: { prompt_tokens: 5, completion_tokens: 6 },
      }),
    ]);
    assert.equal(result.text, 'whole');
    assert.equal(result.end.kind, 'tools');
    assert.equal(result.usage.outputTokens, 6);
  });

  it('estimates tokens from characters where the server says nothing, and marks it', async () => {
    const { result, reports } = await ask([fault.raw(fault.textEvent('x'.repeat(400)), fault.endEvent())]);
    assert.equal(result.usage.outputTokens, 100);
    assert.ok(result.usage.inputTokens > 10);
    assert.equal(reports.at(-1)!.kind === 'called' && reports.at(-1), reports[0]);
    assert.equal('isEstimated' in reports[0]! && reports[0].isEstimated, true);
  });

  it('reads a stream whose lines end in CRLF and whose letters are split over packets', async () => {
    const bytes = Buffer.from(
      (fault.textEvent('Größe: 木') + fault.endEvent() + fault.DONE).replaceAll('\n', '\r\n'),
    );
    for (const size of [1, 7]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      const { result } = await ask([fault.raw(...pieces)]);
      assert.equal(result.text, 'Größe: 木');
      assert.equal(result.end.kind, 'stopped');
    }
  });
});

describe('a call that fails', () => {
  const retried: [string, fault.Plan][] = [
    ['408', fault.status(408)],
    ['409', fault.status(409)],
    ['429', fault.status(429, { error: { message: 'slow down' } })],
    ['500', fault.status(500)],
    ['502 with a page of HTML', fault.status(502, '<html><h1>Bad Gateway</h1></html>')],
    ['529', fault.status(529)],
    ['a connection closed before the answer', (response) => void response.destroy()],
    ['a stream cut before any text', fault.cut(': hello\n\n')],
    ['a stream cut inside a tool call', fault.cut(toolEvent(0, 'a', 'read', '{"pa'))],
    ['a stream that ends without an end', fault.raw(toolEvent(0, 'a', 'read', '{"pa'), fault.DONE)],
    ['a stream that is not JSON', fault.raw('data: {"choices":[{"del\n\n')],
    ['an error told inside the stream', fault.raw(fault.event({ error: { message: 'overloaded' } }))],
    ['an error told inside a JSON body', fault.json({ error: { message: 'overloaded', code: 502 } })],
    ['a chunk of another shape', fault.raw(fault.event({ choices: 'none' }))],
  ];
  for (const [name, plan] of retried) {
    it(`is made again after ${name}`, async () => {
      const { result, reports, server } = await ask([plan, fault.says('fine')]);
      assert.deepEqual([result.end.kind, result.text, server.seen.length], ['stopped', 'fine', 2]);
      assert.deepEqual(
        reports.map((r) => r.kind),
        ['retried', 'called'],
      );
    });
  }

  const final: [string, fault.Plan, string][] = [
    ['401', fault.status(401, { error: { message: `bad key ${KEY}` } }), 'auth'],
    ['403', fault.status(403), 'auth'],
    ['402', fault.status(402), 'quota'],
    [
      '429 for an empty account',
      fault.status(429, { error: { message: 'pay', code: 'insufficient_quota' } }),
      'quota',
    ],
    ['400', fault.status(400, { error: { message: 'too long' } }), 'bad-request'],
    ['404', fault.status(404, { error: { message: 'no such model' } }), 'bad-request'],
    ['422', fault.status(422), 'bad-request'],
    ['a redirect', fault.status(307, '', { location: 'http://127.0.0.1:1/elsewhere' }), 'bad-request'],
  ];
  for (const [name, plan, end] of final) {
    it(`ends as ${end} after ${name}, asked once`, async () => {
      const { result, reports, server } = await ask([plan]);
      assert.equal(result.end.kind, end);
      assert.equal(server.seen.length, 1);
      assert.equal(reports.at(-1)!.kind, 'failed');
      assert.doesNotMatch(JSON.stringify([result, reports]), /sk-very-secret/);
    });
  }

  it('says in the server’s words what was wrong with the request, capped', async () => {
    const { result } = await ask([
      fault.status(400, { error: { message: `too\u0007long ${'x'.repeat(9999)}` } }),
    ]);
    const why = result.end.kind === 'bad-request' ? result.end.why : '';
    assert.match(why, /^HTTP 400: .*too long x+…$/);
    assert.ok(why.length < 500);
  });

  it('ends as down when its tries are used up, with full jitter between them', async () => {
    const clock = createHurriedClock();
    const { result, server } = await ask([fault.status(500)], { clock, maxTries: 3 });
    assert.equal(result.end.kind, 'down');
    assert.equal(server.seen.filter(fault.isNoProbe).length, 3);
    assert.deepEqual(clock.delays.slice(0, 2), [250, 500]);
    assert.equal(result.usage.calls, 0);
  });

  it('waits as long as Retry-After says, in seconds or as a date, at most five minutes', async () => {
    const at = new Date(createHurriedClock().now() + 20_000).toUTCString();
    for (const [header, waitMs] of [
      ['7', 7_000],
      [at, 20_000],
      ['86400', 300_000],
    ] as const) {
      const clock = createHurriedClock();
      const { result } = await ask([fault.status(429, '', { 'retry-after': header }), fault.says('fine')], {
        clock,
        rng: () => 0,
      });
      assert.equal(result.text, 'fine');
      assert.equal(Math.max(...clock.delays), waitMs);
    }
  });

  it('ends as cut when text was shown before the stream broke, and does not show it twice', async () => {
    const { result, pieces, server } = await ask([
      fault.cut(fault.textEvent('Half a th')),
      fault.says('whole'),
    ]);
    assert.equal(result.end.kind, 'cut');
    assert.deepEqual(pieces, ['Half a th']);
    assert.equal(server.seen.length, 1);
    assert.equal(result.usage.calls, 1);
  });

  it('is not made again when the connection breaks after the answer’s end', async () => {
    const { result, server } = await ask([fault.cut(toolEvent(0, 'a', 'read', '{}'), fault.endEvent())]);
    assert.deepEqual([result.end.kind, server.seen.length], ['tools', 1]);
  });

  it('counts what a broken try may have cost', async () => {
    const { result } = await ask([fault.cut(toolEvent(0, 'a', 'read', '{"pa')), fault.says('fine')]);
    assert.equal(result.usage.calls, 2);
  });
});

describe('deadlines', () => {
  const short = (
    more: Partial<typeof patient>,
  ): { clock: Clock; deadlines: typeof patient; maxTries: number } => ({
    clock: systemClock,
    deadlines: { ...patient, firstByteMs: 2_000, idleMs: 2_000, totalMs: 2_000, ...more },
    maxTries: 1,
  });

  it('end a call whose connection hangs', async () => {
    const { result } = await ask([fault.hang], short({ firstByteMs: 60 }));
    assert.deepEqual(result.end, { kind: 'down', why: 'no answer within 0.06 s' });
  });

  it('end a stream that stands still', async () => {
    const { result, server } = await ask([fault.stall(fault.textEvent('Once'))], short({ idleMs: 60 }));
    assert.deepEqual(result.end, { kind: 'cut', why: 'the stream stood still for 0.06 s' });
    assert.equal(server.seen.length, 1);
  });

  it('take an answer that said its end for whole, though the server keeps the line open', async () => {
    const { result } = await ask(
      [fault.stall(fault.textEvent('Done.'), fault.endEvent())],
      short({ idleMs: 60 }),
    );
    assert.deepEqual([result.end.kind, result.text], ['stopped', 'Done.']);
  });

  it('end a stream that drips for ever', async () => {
    const drip: fault.Plan = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const timer = setInterval(() => response.write(': alive\n\n'), 10);
      response.on('close', () => clearInterval(timer));
    };
    const { result } = await ask([drip], short({ totalMs: 120 }));
    assert.deepEqual(result.end, { kind: 'down', why: 'no end after 0.12 s' });
  });
});

describe('the caller’s signal', () => {
  it('ends the call as aborted, with the text so far, and hangs up', async () => {
    const controller = new AbortController();
    const server = await startServer(fault.stall(fault.textEvent('{"a')));
    const { model } = modelOver([server]);
    const result = await model.stream(request, {
      signal: controller.signal,
      onText: () => controller.abort(),
    });
    assert.deepEqual([result.end.kind, result.text], ['aborted', '{"a']);
  });

  it('counts even when the end of the answer is already on its way', async () => {
    const controller = new AbortController();
    const server = await startServer(fault.raw(fault.textEvent('{}') + fault.endEvent() + fault.DONE));
    const { model } = modelOver([server]);
    const result = await model.stream(request, {
      signal: controller.signal,
      onText: () => controller.abort(),
    });
    assert.equal(result.end.kind, 'aborted');
  });

  it('ends a pause between tries', async () => {
    const controller = new AbortController();
    const { result } = await ask([fault.status(500)], {
      clock: systemClock,
      signal: controller.signal,
      rng: () => 0.999,
      onCall: () => setImmediate(() => controller.abort()),
    });
    assert.equal(result.end.kind, 'aborted');
  });
});

describe('several endpoints', () => {
  it('are asked in turn without a pause when one fails', async () => {
    const [bad, good] = [await startServer(fault.status(500)), await startServer(fault.says('fine'))];
    const clock = createHurriedClock();
    const { model } = modelOver([bad, good], { clock, rng: () => 0 });
    const result = await model.stream(request, { signal: new AbortController().signal });
    assert.equal(result.text, 'fine');
    assert.deepEqual(clock.delays, []);
  });

  it('go on when one of them rejects the key', async () => {
    const [bad, good] = [await startServer(fault.status(401)), await startServer(fault.says('fine'))];
    const { model } = modelOver([bad, good], { rng: () => 0 });
    const signal = new AbortController().signal;
    for (let i = 0; i < 3; i += 1) assert.equal((await model.stream(request, { signal })).text, 'fine');
    assert.equal(bad.seen.length, 1);
  });

  it('are not asked in turn about a request that is wrong', async () => {
    const [bad, good] = [await startServer(fault.status(400)), await startServer(fault.says('fine'))];
    const { model } = modelOver([bad, good], { rng: () => 0 });
    const signal = new AbortController().signal;
    for (let i = 0; i < 2; i += 1)
      assert.equal((await model.stream(request, { signal })).end.kind, 'bad-request');
    assert.deepEqual([bad.seen.length, good.seen.length], [2, 0]);
  });

  it('share the calls by weight', async () => {
    const [one, two] = [await startServer(fault.says('1')), await startServer(fault.says('2'))];
    let n = 0;
    const { model } = modelOver([one, two], {
      endpoints: [
        { name: 'one', baseUrl: one.baseUrl, weight: 75 },
        { name: 'two', baseUrl: two.baseUrl, weight: 25 },
      ],
      rng: () => (n++ % 20) / 20,
    });
    for (let i = 0; i < 20; i += 1) await model.stream(request, { signal: new AbortController().signal });
    assert.deepEqual([one.seen.length, two.seen.length], [15, 5]);
    assert.equal(one.seen[0]!.headers.authorization, undefined);
  });
});
