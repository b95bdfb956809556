import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { attemptId, taskId } from '@swarm/core/model/ids';
import type { Usage } from '@swarm/core/model/usage';
import type { CallDetail } from '../../src/gateway/bill.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../../src/gateway/gateway.ts';
import { createHurriedClock, NEVER_MS } from './clocks.ts';
import * as fault from './fault-server.ts';

export const KEY = 'sk-provider/key-of-ours';
export const [a1, a2] = [attemptId(taskId(1), 1), attemptId(taskId(2), 1)];
export const question = { model: 'default', stream: true, messages: [{ role: 'user', content: 'Do.' }] };

const cleanups: (() => unknown)[] = [];
after(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

export async function startServer(...plans: fault.Plan[]): Promise<fault.FaultServer> {
  const server = await fault.startFaultServer(...plans);
  cleanups.push(server.close);
  return server;
}

/** A gateway before these servers whose back-off takes no time; what calls used is kept. */
export function openGateway(servers: readonly fault.FaultServer[], more: Partial<GatewayOptions> = {}) {
  const socketDir = mkdtempSync(path.join(tmpdir(), 'gw-'));
  const told: { used: Usage; detail: CallDetail }[] = [];
  const gateway: Gateway = startGateway({
    socketDir,
    endpoints: servers.map((s, i) => ({ name: `e${i + 1}`, baseUrl: s.baseUrl, apiKey: KEY })),
    models: { planner: 'plan-model', worker: 'work-model', reconciler: 'fix-model', reviewer: 'see-model' },
    prices: { asOf: '2026-01-01', currency: 'USD', perMillion: { 'work-model': { input: 10, output: 100 } } },
    clock: createHurriedClock(),
    rng: () => 0.5,
    deadlines: { firstByteMs: NEVER_MS, idleMs: NEVER_MS, totalMs: NEVER_MS },
    probeTimeoutMs: NEVER_MS,
    onUsage: (_, used, detail) => told.push({ used, detail }),
    ...more,
  });
  cleanups.push(() => rmSync(socketDir, { recursive: true, force: true }), gateway.close);
  return { gateway, told };
}

export const codeOf = (text: string): string => JSON.parse(text).error.code;
export const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise(setImmediate);
};
