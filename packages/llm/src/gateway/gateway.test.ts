import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { SwarmError } from '@swarm/core/errors';
import { attemptId, taskId, taskOf } from '@swarm/core/model/ids';
import { ask } from '../../test/support/agent.ts';
import { createHurriedClock, NEVER_MS, systemClock } from '../../test/support/clocks.ts';
import * as fault from '../../test/support/fault-server.ts';
import type { PriceTable } from '../prices.ts';
import { readScript } from '../scripted-model.ts';
import { startScriptedServer } from '../scripted-server.ts';
import { type Gateway, type GatewayOptions, startGateway } from './gateway.ts';
import type { AttemptLimits } from './tokens.ts';

const KEY = 'sk-provider-key';
const prices: PriceTable = {
  asOf: '2026-01-01',
  currency: 'USD',
  perMillion: { 'work-model': { input: 10, output: 100 } },
};
const models = {
  planner: 'plan-model',
  worker: 'work-model',
  reconciler: 'work-model',
  reviewer: 'work-model',
};
const patient = { firstByteMs: NEVER_MS, idleMs: NEVER_MS, totalMs: NEVER_MS };
const [a1, a2] = [attemptId(taskId(1), 1), attemptId(taskId(2), 1)];
const question = { model: 'default', stream: true, messages: [{ role: 'user', content: 'Do.' }] };
const roomy: AttemptLimits = { tokens: 1_000_000 };

const cleanups: (() => unknown)[] = [];
after(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

function open(servers: readonly fault.FaultServer[], more: Partial<GatewayOptions> = {}): Gateway {
  const socketDir = mkdtempSync(path.join(tmpdir(), 'gw-'));
  const gateway = startGateway({
    socketDir,
    endpoints: servers.map((s, i) => ({ name: `e${i + 1}`, baseUrl: s.baseUrl, apiKey: KEY })),
    models,
    prices,
    clock: createHurriedClock(),
    rng: () => 0.5,
    deadlines: patient,
    probeTimeoutMs: NEVER_MS,
    ...more,
  });
  cleanups.push(() => rmSync(socketDir, { recursive: true }), gateway.close);
  return gateway;
}

async function startServer(...plans: fault.Plan[]): Promise<fault.FaultServer> {
  const server = await fault.startFaultServer(...plans);
  cleanups.push(server.close);
  return server;
}

const codeOf = (text: string): string => JSON.parse(text).error.code;

describe('the gateway', () => {
  it('passes the upstream’s bytes through as they are', async () => {
    const bytes = `: ping\r\n\r\n${fault.textEvent('Größe')}${fault.endEvent()}${fault.usageEvent(100, 10)}${fault.DONE}`;
    const server = await startServer(fault.raw(bytes.slice(0, 30), bytes.slice(30)));
    const gateway = open([server]);
    const { socketPath, token, usage } = await gateway.issue(a1, roomy);
    const reply = await ask(socketPath, token, question);
    assert.deepEqual([reply.status, reply.text, reply.isWhole], [200, bytes, true]);
    assert.deepEqual(usage(), {
      calls: 1,
      inputTokens: 100,
      outputTokens: 10,
      costUsd: 0.002,
      priced: true,
    });
  });

  it('sends the provider’s key and its own headers upstream, and nothing of the agent’s', async () => {
    const server = await startServer(fault.says('ok'));
    const { socketPath, token } = await open([server]).issue(a1, roomy);
    await ask(socketPath, token, question, {
      headers: { cookie: 'c=1', 'x-swarm-task': 't9', 'x-evil': '1' },
    });
    const { headers, body } = server.seen[0]!;
    assert.equal(headers.authorization, `Bearer ${KEY}`);
    assert.deepEqual(
      [headers['x-swarm-role'], headers['x-swarm-task'], headers['x-swarm-attempt']],
      ['worker', 't1', 't1.1'],
    );
    assert.deepEqual([headers.cookie, headers['x-evil']], [undefined, undefined]);
    assert.doesNotMatch(JSON.stringify(server.seen), new RegExp(token));
    assert.deepEqual([body.model, body.stream_options], ['work-model', { include_usage: true }]);
  });

  it('takes any name of a model as the worker’s, another role’s dearer one among them', async () => {
    const server = await startServer(fault.says('ok'));
    const { socketPath, token } = await open([server]).issue(a1, roomy);
    for (const model of ['work-model', 'plan-model', 'gpt-something', undefined])
      await ask(socketPath, token, { ...question, model });
    assert.deepEqual(
      server.seen.map((s) => s.body.model),
      ['work-model', 'work-model', 'work-model', 'work-model'],
    );
  });

  it('opens a socket only its owner can reach, and removes it with the attempt', async () => {
    const gateway = open([await startServer(fault.says('ok'))]);
    const { socketPath } = await gateway.issue(a1, roomy);
    assert.equal(statSync(path.dirname(socketPath)).mode & 0o777, 0o700);
    await gateway.revoke(a1);
    assert.equal(existsSync(path.dirname(socketPath)), false);
  });

  it('refuses any token but the socket’s own', async () => {
    const server = await startServer(fault.says('ok'));
    const gateway = open([server]);
    const [one, two] = [await gateway.issue(a1, roomy), await gateway.issue(a2, roomy)];
    for (const token of ['', 'nonsense', two.token]) {
      const reply = await ask(one.socketPath, token, question);
      assert.deepEqual([reply.status, codeOf(reply.text)], [401, 'swarm_token']);
    }
    assert.equal((await ask(one.socketPath, two.token, undefined, { path: '/v1/models' })).status, 401);
    assert.equal(server.seen.length, 0);
  });

  it('lists the model and has no other path', async () => {
    const { socketPath, token } = await open([]).issue(a1, roomy);
    const list = JSON.parse((await ask(socketPath, token, undefined, { path: '/v1/models' })).text);
    assert.deepEqual(
      list.data.map((m: { id: string }) => m.id),
      ['work-model'],
    );
    assert.equal((await ask(socketPath, token, undefined, { path: '/v1/files' })).status, 404);
  });

  it('refuses a socket path the system would not take', async () => {
    const gateway = open([], { socketDir: `/tmp/${'x'.repeat(100)}` });
    await assert.rejects(
      gateway.issue(a1, roomy),
      (e) => e instanceof SwarmError && e.problems[0]!.code === 'SW0105',
    );
  });

  it('says so when its folder is not there', async () => {
    const gateway = open([], { socketDir: '/tmp/no-such-folder-of-swarm' });
    await assert.rejects(
      gateway.issue(a1, roomy),
      (e) => e instanceof SwarmError && e.problems[0]!.code === 'SW0701',
    );
  });

  it('replaces what a killed orchestrator left', async () => {
    const socketDir = mkdtempSync(path.join(tmpdir(), 'gw-'));
    mkdirSync(path.join(socketDir, a1));
    writeFileSync(path.join(socketDir, a1, 'gw.sock'), '');
    const { socketPath, token } = await open([], { socketDir }).issue(a1, roomy);
    assert.equal((await ask(socketPath, token, undefined, { path: '/v1/models' })).status, 200);
  });

  it('refuses a body that is too large, not an object, or too deep', async () => {
    const server = await startServer(fault.says('ok'));
    const { socketPath, token } = await open([server]).issue(a1, { tokens: 1e9 });
    const deep = `{"messages":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    for (const [body, status] of [
      ['nonsense', 400],
      ['[]', 400],
      [deep, 400],
      [`{"x":"${'x'.repeat(9 * 1024 * 1024)}"}`, 413],
    ] as const)
      assert.equal((await ask(socketPath, token, body)).status, status);
    assert.equal(server.seen.length, 0);
  });
});

describe('the gateway before a scripted model', () => {
  it('lets the script tell the attempts apart', async () => {
    const script = readScript(
      JSON.stringify({
        answers: ['t1', 't2'].map((task) => ({ role: 'worker', task, text: `for ${task}` })),
      }),
      's.json',
    );
    const server = await startScriptedServer({ script, clock: systemClock });
    cleanups.push(server.close);
    const gateway = open([], { endpoints: [{ name: 's', baseUrl: server.url }] });
    for (const attempt of [a1, a2]) {
      const { socketPath, token } = await gateway.issue(attempt, roomy);
      assert.match((await ask(socketPath, token, question)).text, new RegExp(`for ${taskOf(attempt)}"`));
    }
  });
});

describe('the gateway’s meter', () => {
  it('reads the usage of an answer that is not streamed', async () => {
    const server = await startServer(
      fault.json({
        choices: [{ message: { content: 'x' } }],
        usage: { prompt_tokens: 7, completion_tokens: 3 },
      }),
    );
    const { socketPath, token, usage } = await open([server]).issue(a1, roomy);
    await ask(socketPath, token, { ...question, stream: false });
    assert.deepEqual([usage().inputTokens, usage().outputTokens], [7, 3]);
    assert.equal('stream_options' in server.seen[0]!.body, false);
  });

  it('reads usage out of lines split anywhere', async () => {
    const bytes = Buffer.from(fault.textEvent('木') + fault.usageEvent(100, 10) + fault.DONE);
    const server = await startServer(fault.raw(...Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))));
    const { socketPath, token, usage } = await open([server]).issue(a1, roomy);
    await ask(socketPath, token, question);
    assert.deepEqual([usage().inputTokens, usage().outputTokens], [100, 10]);
  });

  it('estimates where the upstream says nothing, and marks it', async () => {
    const marks: boolean[] = [];
    const server = await startServer(fault.raw(fault.textEvent('x'.repeat(400)), fault.DONE));
    const gateway = open([server], { onUsage: (_, __, detail) => marks.push(detail.isEstimated) });
    const { socketPath, token, usage } = await gateway.issue(a1, roomy);
    await ask(socketPath, token, question);
    assert.equal(usage().outputTokens, 100);
    assert.ok(usage().inputTokens > 10);
    assert.deepEqual(marks, [true]);
  });

  it('tells each call once, with the attempt it was for', async () => {
    const told: unknown[] = [];
    const server = await startServer(fault.says('ok'));
    const gateway = open([server], { onUsage: (attempt, used) => told.push([attempt, used.inputTokens]) });
    for (const attempt of [a1, a2]) {
      const { socketPath, token } = await gateway.issue(attempt, roomy);
      await ask(socketPath, token, question);
    }
    assert.deepEqual(told, [
      ['t1.1', 100],
      ['t2.1', 100],
    ]);
    assert.equal((await gateway.revoke(a1)).inputTokens, 100);
  });
});

describe('an attempt’s limit', () => {
  it('refuses, for good, the call that would go over its tokens', async () => {
    const server = await startServer(fault.raw(fault.usageEvent(900, 50), fault.DONE));
    const { socketPath, token } = await open([server]).issue(a1, { tokens: 1_500 });
    const small = { ...question, max_tokens: 400 };
    assert.equal((await ask(socketPath, token, small)).status, 200);
    assert.equal((await ask(socketPath, token, small)).status, 200);
    const reply = await ask(socketPath, token, small);
    assert.deepEqual([reply.status, codeOf(reply.text)], [402, 'swarm_budget']);
    assert.equal(server.seen.length, 2);
  });

  it('sets calls in flight aside, and all that is left for an answer without a bound', async () => {
    const server = await startServer(fault.hang);
    const gateway = open([server]);
    const { socketPath, token } = await gateway.issue(a1, { tokens: 6_000 });
    const first = ask(socketPath, token, question).catch(() => 'cut');
    while (server.seen.length === 0) await new Promise(setImmediate);
    assert.equal((await ask(socketPath, token, question)).status, 402);
    const used = await gateway.revoke(a1);
    assert.equal(
      used.inputTokens + used.outputTokens,
      6_000,
      'the call that was under way is paid for in full',
    );
    await first;
  });

  it('refuses the call that would go over its money, and any to a model without a price', async () => {
    const server = await startServer(fault.says('ok'));
    const { socketPath, token } = await open([server]).issue(a1, { tokens: 1e9, usd: 0.01 });
    assert.equal((await ask(socketPath, token, { ...question, max_tokens: 10 })).status, 200);
    assert.equal((await ask(socketPath, token, { ...question, max_tokens: 100 })).status, 402);
    assert.equal(server.seen.length, 1);
  });

  it('in money refuses any call to a model without a price', async () => {
    const server = await startServer(fault.says('ok'));
    const gateway = open([server], { models: { ...models, worker: 'plan-model' } });
    const { socketPath, token } = await gateway.issue(a1, { tokens: 1e9, usd: 1 });
    assert.equal((await ask(socketPath, token, question)).status, 402);
    assert.equal(server.seen.length, 0);
  });
});

describe('an upstream that fails', () => {
  for (const [name, plan] of [
    ['500', fault.status(500)],
    ['429', fault.status(429, '', { 'retry-after': '3' })],
    ['502 with a page of HTML', fault.status(502, '<html>')],
    ['a connection torn before the first byte', fault.cut()],
    ['an empty answer', fault.raw()],
  ] as [string, fault.Plan][]) {
    it(`is asked again after ${name}, unseen by the agent`, async () => {
      const server = await startServer(plan, fault.says('ok'));
      const { socketPath, token, usage } = await open([server]).issue(a1, roomy);
      const reply = await ask(socketPath, token, question);
      assert.deepEqual([reply.status, server.seen.length, usage().calls], [200, 2, 1]);
    });
  }

  it('is passed over for another one', async () => {
    const [bad, good] = [await startServer(fault.status(500)), await startServer(fault.says('ok'))];
    const { socketPath, token } = await open([bad, good], { rng: () => 0 }).issue(a1, roomy);
    assert.equal((await ask(socketPath, token, question)).status, 200);
    assert.deepEqual([bad.seen.length, good.seen.length], [1, 1]);
  });

  it('tears the agent’s connection when it breaks off, and is metered so far', async () => {
    const server = await startServer(fault.cut(fault.textEvent('x'.repeat(40))));
    const { socketPath, token, usage } = await open([server]).issue(a1, roomy);
    const reply = await ask(socketPath, token, question);
    assert.deepEqual([reply.isWhole, usage().outputTokens], [false, 10]);
  });

  it('is hung up on when it stands still', async () => {
    const server = await startServer(fault.stall(fault.textEvent('x')));
    const { socketPath, token } = await open([server], {
      clock: systemClock,
      deadlines: { firstByteMs: 2_000, idleMs: 60, totalMs: 2_000 },
    }).issue(a1, roomy);
    assert.equal((await ask(socketPath, token, question)).isWhole, false);
  });

  it('is not followed elsewhere, where the key would go along', async () => {
    const other = await startServer(fault.says('ok'));
    const server = await startServer(
      fault.status(307, '', { location: `${other.baseUrl}/chat/completions` }),
    );
    const { socketPath, token } = await open([server]).issue(a1, roomy);
    assert.equal((await ask(socketPath, token, question)).status, 502);
    assert.equal(other.seen.length, 0);
  });

  it('that rejects the key stops the fleet, and the key is not shown', async () => {
    const told: string[] = [];
    const server = await startServer(fault.status(401, { error: { message: `bad ${KEY}` } }));
    const gateway = open([server], { onRefused: ({ kind, why }) => told.push(kind, why) });
    const { socketPath, token } = await gateway.issue(a1, roomy);
    const reply = await ask(socketPath, token, question);
    assert.deepEqual([reply.status, codeOf(reply.text)], [401, 'swarm_upstream_auth']);
    assert.equal(told[0], 'auth');
    assert.doesNotMatch(reply.text + told.join(), /sk-provider/);
  });

  it('gives its own words when the request is wrong', async () => {
    const server = await startServer(fault.status(422, { error: { message: 'too many tools' } }));
    const { socketPath, token } = await open([server]).issue(a1, roomy);
    const reply = await ask(socketPath, token, question);
    assert.equal(reply.status, 422);
    assert.match(reply.text, /too many tools/);
  });
});

describe('an outage of every upstream', () => {
  it('holds the call until one answers, and says when it began and ended', async () => {
    const changes: string[] = [];
    const server = await startServer(
      ...Array.from({ length: 20 }, () => fault.status(500)),
      fault.says('ok'),
    );
    const gateway = open([server], { onHealth: (c) => changes.push(c.kind) });
    const { socketPath, token, usage } = await gateway.issue(a1, roomy);
    assert.equal((await ask(socketPath, token, question)).status, 200);
    assert.deepEqual([changes, usage().calls], [['down', 'up'], 1]);
  });

  it('lets a held call go when its attempt is over', async () => {
    const server = await startServer(fault.status(500));
    const gateway = open([server], { clock: systemClock });
    const { socketPath, token } = await gateway.issue(a1, roomy);
    const held = ask(socketPath, token, question).catch(() => 'cut');
    while (server.seen.length === 0) await new Promise(setImmediate);
    await gateway.revoke(a1);
    await held;
    assert.equal(existsSync(socketPath), false);
  });
});

describe('an agent that hangs up', () => {
  it('hangs up on the upstream too, and pays for what was under way', async () => {
    const told: number[] = [];
    const server = await startServer(fault.hang);
    const gateway = open([server], { onUsage: (_, used) => told.push(used.inputTokens) });
    const { socketPath, token } = await gateway.issue(a1, roomy);
    const controller = new AbortController();
    const asked = ask(socketPath, token, question, { signal: controller.signal }).catch(() => 'aborted');
    while (server.seen.length === 0) await new Promise(setImmediate);
    controller.abort();
    assert.equal(await asked, 'aborted');
    while (server.hangups() === 0 || told.length === 0) await new Promise(setImmediate);
    assert.ok(told[0]! > 10);
  });

  it('in the middle of a stream does so too', async () => {
    const told: number[] = [];
    const server = await startServer(fault.stall(fault.textEvent('x'.repeat(40))));
    const gateway = open([server], { onUsage: (_, used) => told.push(used.outputTokens) });
    const { socketPath, token } = await gateway.issue(a1, roomy);
    const controller = new AbortController();
    const onPiece = () => controller.abort();
    await ask(socketPath, token, question, { signal: controller.signal, onPiece }).catch(() => 'aborted');
    while (server.hangups() === 0 || told.length === 0) await new Promise(setImmediate);
    assert.deepEqual(told, [16_384], 'what was thought unseen is paid for too');
  });
});
