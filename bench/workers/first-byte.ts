/**
 * From the question to the first byte of the answer, through the gateway and from the server itself, in turn. The server
 * is a process of its own; the gateway runs here, as it does in a run, and so does whoever asks.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { systemClock } from '../../packages/cli/src/running/clock.ts';
import type { AttemptId } from '../../packages/core/src/model/ids.ts';
import { startGateway } from '../../packages/llm/src/index.ts';
import type { Figure } from '../figure.ts';
import { median, pairs } from './paired.ts';

const CALLS = 400;
const MODEL = 'scripted';

export async function firstByte(folder: string): Promise<readonly Figure[]> {
  const server = fork(join(import.meta.dirname, 'serve-model.ts'));
  try {
    const [url] = (await once(server, 'message')) as [string];
    const gateway = gatewayTo(url, await socketsIn(folder));
    const { token, socketPath } = await gateway.issue('t1.1' as AttemptId, {
      tokens: Number.MAX_SAFE_INTEGER,
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const path = '/v1/chat/completions';
    const through = () => asked({ agent, socketPath, path, token });
    const direct = () => asked({ agent, host: '127.0.0.1', port: new URL(url).port, path, token });
    const [gated, plain] = await pairs(CALLS, through, direct);
    agent.destroy();
    await gateway.close();
    return figuresOf(gated, plain);
  } finally {
    server.kill('SIGKILL');
  }
}

async function socketsIn(folder: string): Promise<string> {
  const sockets = join(folder, 'gw');
  await mkdir(sockets, { recursive: true, mode: 0o700 });
  return sockets;
}

function gatewayTo(baseUrl: string, socketDir: string) {
  const models = { planner: MODEL, worker: MODEL, reconciler: MODEL, reviewer: MODEL };
  const endpoints = [{ name: 'e1', baseUrl, apiKey: 'key' }];
  const prices = { asOf: '2026-01-01', currency: 'USD' as const, perMillion: {} };
  return startGateway({ socketDir, endpoints, models, prices, clock: systemClock, rng: () => 0.5 });
}

interface Where {
  readonly agent: Agent;
  readonly path: string;
  readonly token: string;
  readonly socketPath?: string;
  readonly host?: string;
  readonly port?: string;
}

const QUESTION = JSON.stringify({
  model: MODEL,
  stream: true,
  messages: [{ role: 'user', content: 'Do it. '.repeat(2_000) }],
});

/** Settles at the first byte; the rest is read before anything else is asked. */
async function asked({ token, ...where }: Where): Promise<() => Promise<void>> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const asking = request({ ...where, method: 'POST', headers });
  asking.end(QUESTION);
  const [answer] = await once(asking, 'response');
  const ended = once(answer, 'end');
  await once(answer, 'data');
  if (answer.statusCode !== 200) throw new Error(`answered with ${answer.statusCode}`);
  return async () => void (await ended);
}

function figuresOf(gated: readonly number[], plain: readonly number[]): Figure[] {
  const more = gated.map((ms, n) => ms - plain[n]!);
  return [
    {
      name: 'the gateway, to the first byte of an answer: median more',
      value: median(more),
      unit: 'ms',
      aim: { kind: 'at-most', value: 3 },
    },
    { name: '  through the gateway', value: median(gated), unit: 'ms' },
    { name: '  from the server itself', value: median(plain), unit: 'ms' },
  ];
}
