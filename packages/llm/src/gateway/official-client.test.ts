/** The provider's own client at the gateway: what it sends is taken, what it is sent it understands. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { attemptId, taskId } from '@swarm/core/model/ids';
import OpenAI from 'openai';
import { createHurriedClock, NEVER_MS } from '../../test/support/clocks.ts';
import * as fault from '../../test/support/fault-server.ts';
import { startGateway } from './gateway.ts';

const models = { planner: 'm', worker: 'm', reconciler: 'm', reviewer: 'm' };

/** The client speaks TCP and the gateway a socket of the file system: bytes are handed on, as the sandbox's bridge does. */
async function clientOf(t: TestContext, ...plans: fault.Plan[]) {
  const server = await fault.startFaultServer(...plans);
  const socketDir = mkdtempSync(path.join(tmpdir(), 'gw-'));
  const gateway = startGateway({
    socketDir,
    endpoints: [{ name: 'e1', baseUrl: server.baseUrl, apiKey: 'sk-provider' }],
    models,
    prices: { asOf: '2026-01-01', currency: 'USD', perMillion: {} },
    clock: createHurriedClock(),
    rng: () => 0.5,
    deadlines: { firstByteMs: NEVER_MS, idleMs: NEVER_MS, totalMs: NEVER_MS },
    probeTimeoutMs: NEVER_MS,
  });
  const { socketPath, token, usage } = await gateway.issue(attemptId(taskId(1), 1), { tokens: 1_000_000 });
  const bridge = createServer((near) => {
    const far = connect(socketPath);
    for (const [one, other] of [[near, far] as const, [far, near] as const]) {
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => bridge.listen(0, '127.0.0.1', resolve));
  t.after(async () => {
    bridge.close();
    await gateway.close();
    await server.close();
    rmSync(socketDir, { recursive: true });
  });
  const { port } = bridge.address() as AddressInfo;
  return {
    client: new OpenAI({ apiKey: token, baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 }),
    usage,
  };
}

test('the openai client streams an answer through the gateway, and the tokens counted are the server’s', async (t) => {
  const events = `${fault.textEvent('Grü')}${fault.textEvent('ße')}${fault.endEvent()}${fault.usageEvent(120, 7)}${fault.DONE}`;
  const { client, usage } = await clientOf(t, fault.raw(events));
  const stream = await client.chat.completions.create({
    model: 'm',
    messages: [{ role: 'user', content: 'Greet.' }],
    stream: true,
  });
  let text = '';
  for await (const piece of stream) text += piece.choices[0]?.delta.content ?? '';
  assert.equal(text, 'Grüße');
  assert.deepEqual([usage().inputTokens, usage().outputTokens, usage().calls], [120, 7, 1]);
});

test('the openai client reads a refusal of the gateway as the error it is', async (t) => {
  const { client } = await clientOf(t);
  const stranger = client.withOptions({ apiKey: 'not-a-token' });
  await assert.rejects(
    stranger.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] }),
    (error: unknown) => error instanceof OpenAI.AuthenticationError && error.status === 401,
  );
});
