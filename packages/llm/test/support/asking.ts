import { after } from 'node:test';
import type { ModelRequest, ModelResult } from '@swarm/core/ports/models';
import type { Learnt } from '../../src/asking/learning.ts';
import { type CallReport, createModel, type ModelOptions } from '../../src/chat.ts';
import type { ProbeReport } from '../../src/probe.ts';
import { createHurriedClock, NEVER_MS } from './clocks.ts';
import * as fault from './fault-server.ts';

const servers: fault.FaultServer[] = [];
after(() => Promise.all(servers.map((s) => s.close())));

/** A real server that is closed with the test file. */
export async function startServer(...plans: fault.Plan[]): Promise<fault.FaultServer> {
  const server = await fault.startFaultServer(...plans);
  servers.push(server);
  return server;
}

export const tool = (name: string, parameters: Readonly<Record<string, unknown>> = { type: 'object' }) => ({
  name,
  description: name,
  parameters,
});

export const question: ModelRequest = {
  role: 'worker',
  messages: [{ role: 'user', content: 'Do.' }],
  tools: [tool('write'), tool('read')],
};

/** A model over these servers whose back-off takes no time, and everything it tells. */
export function modelOver(from: readonly fault.FaultServer[], more: Partial<ModelOptions> = {}) {
  const reports: CallReport[] = [];
  const learnt: Learnt[] = [];
  const probes: ProbeReport[] = [];
  const model = createModel({
    endpoints: from.map((s, i) => ({ name: `e${i + 1}`, baseUrl: s.baseUrl })),
    models: { planner: 'big', worker: 'small', reconciler: 'small', reviewer: 'small' },
    prices: { asOf: '2026-01-01', currency: 'USD', perMillion: {} },
    clock: createHurriedClock(),
    rng: () => 0.5,
    deadlines: { firstByteMs: NEVER_MS, idleMs: NEVER_MS, totalMs: NEVER_MS },
    probeTimeoutMs: NEVER_MS,
    onCall: (report) => reports.push(report),
    onLearnt: (lesson) => learnt.push(lesson),
    onProbe: (probe) => probes.push(probe),
    ...more,
  });
  const ask = (request: Partial<ModelRequest> = {}): Promise<ModelResult> =>
    model.stream({ ...question, ...request }, { signal: new AbortController().signal });
  return { model, ask, reports, learnt, probes };
}

/** One answer of one server, and the pieces of text that were shown of it. */
export async function answerOf(plan: fault.Plan, request: Partial<ModelRequest> = {}) {
  const server = await startServer(plan);
  const { model } = modelOver([server], { maxTries: 1 });
  const pieces: string[] = [];
  const how = { signal: new AbortController().signal, onText: (piece: string) => void pieces.push(piece) };
  const result = await model.stream({ ...question, ...request }, how);
  return { ...result, pieces, seen: server.seen };
}

/** `name(arguments)` of each call. */
export const callsOf = ({ end }: ModelResult): string[] =>
  end.kind === 'tools' ? end.calls.map((c) => `${c.name}${c.argumentsJson}`) : [`no calls but ${end.kind}`];
