import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SwarmError } from '@swarm/core/errors';
import type { Entry, Event } from '@swarm/core/events';
import { aRequest, commit, draft, RUN } from '@swarm/core/testing';
import { createOrchestrator } from './run.ts';
import type { OrchestratorPorts, Settings } from './settings.ts';

const SETTINGS: Settings = {
  version: '1',
  host: 'h',
  pid: 1,
  attempt: { steps: 1, wallMs: 1, quietMs: 1 },
  gate: { timeoutMs: 1, flakyRetries: 0, preGate: false },
  checks: { timeoutMs: 1 },
  setup: { timeoutMs: 1, network: 'base' },
  drainMs: 1,
  sweepMs: 60_000,
  tasksPerIteration: 1,
  plannerContextChars: 1_000,
};

/** All that can go on without the disk has gone on. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** One task of a plan, and a disk that stops answering at the first write that holds an event `isHeld` names. */
function oneTask(isHeld: (event: Event) => boolean) {
  const made: string[] = [];
  const told: string[] = [];
  const held = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const append = async (entries: readonly Entry[]): Promise<void> => {
    if (!entries.some((entry) => entry.events.some(isHeld))) return;
    reached.resolve();
    await held.promise;
  };
  const ports: Partial<OrchestratorPorts> = {
    clock: { now: () => 1_000, monotonic: () => 1_000, after: () => () => undefined },
    journal: { journal: { append, close: async () => undefined }, entries: [], cutBytes: 0 },
    hub: {
      targetHead: async () => commit('base'),
      landedSince: async () => [],
      undoneSince: async () => [],
      observe: async () => ({ target: commit('base'), work: [], intakes: [], workspaces: [] }),
      tidy: async () => undefined,
    } as Partial<OrchestratorPorts['hub']> as OrchestratorPorts['hub'],
    host: {
      reap: async () => 0,
      clear: async () => [],
      open: async ({ name }) => {
        made.push(name);
        throw new SwarmError({ code: 'SW0801', what: 'no workspace can be made here' });
      },
    } as Partial<OrchestratorPorts['host']> as OrchestratorPorts['host'],
    files: {
      writeHandoff: async () => undefined,
      writeReport: async () => undefined,
      writePlannerAnswer: async () => undefined,
      writeGateOutput: async (name) => name,
      writeEvidence: async () => undefined,
      readEvidence: async () => undefined,
    },
    log: { write: (name) => void told.push(name) },
  };
  const { gate: _, ...request } = aRequest({ mode: 'plan' });
  const orchestrator = createOrchestrator(ports as OrchestratorPorts, {
    ...SETTINGS,
    open: { run: RUN, request, configHash: 'c' },
    plan: [draft('a')],
  });
  return { orchestrator, made, told, reached: reached.promise, release: held.resolve };
}

test('an attempt does nothing before its start is on disk', async () => {
  const { orchestrator, made, told, reached, release } = oneTask((e) => e.type === 'attempt.started');
  const ended = orchestrator.run();
  await reached;
  await settled();
  assert.deepEqual([made, told.includes('attempt.started')], [[], false]);
  assert.equal(orchestrator.state.liveAttempts.size, 0);
  release();
  assert.deepEqual(await ended, { kind: 'closed' });
  assert.equal(made[0], 't1.1');
});

test('whoever steers a run is answered once the disk has the decision', async () => {
  const { orchestrator, reached, release } = oneTask((e) => e.type === 'run.scaled');
  const ended = orchestrator.run();
  const answers: string[] = [];
  void orchestrator
    .ask({ type: 'scale', workers: 2, reason: 'asked' })
    .then((answer) => answers.push(answer.kind));
  await reached;
  await settled();
  assert.deepEqual([answers, orchestrator.state.workers === 2], [[], false]);
  release();
  await ended;
  assert.deepEqual(answers, ['decision']);
});
