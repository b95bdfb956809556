/** Wiring only: a pinned run and the machine's facts become real adapters and one orchestrator. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { createBuiltinAgent, createCommandAgent, createPrompts, type DriverParts } from '@swarm/agent';
import {
  type Agent,
  type CommitId,
  type Limits,
  type LogLine,
  type Model,
  type ModelRole,
  type Mount,
  NO_USAGE,
  type Request,
  TASKS_MAX,
  type TaskDraft,
  type TaskSpec,
} from '@swarm/core';
import { type OpenedHub, openHub } from '@swarm/git';
import { openFileJournal } from '@swarm/journal';
import {
  type CallReport,
  createModel,
  type EndpointConfig,
  type Gateway,
  type PriceTable,
  readPrices,
  startGateway,
} from '@swarm/llm';
import {
  createOrchestrator,
  type Orchestrator,
  type OrchestratorPorts,
  type Settings,
} from '@swarm/orchestrator';
import { createEnvironmentStore, createSandbox } from '@swarm/sandbox';
import { createLog, type RunLog } from '@swarm/telemetry';
import { bundleAgent } from './agent-bundle.ts';
import { systemClock } from './clock.ts';
import { controlSocketPath, type Environment, type RepositoryPaths, type RunPaths } from './paths.ts';
import { type ProgramPlaces, sandboxPath } from './places.ts';
import type { RunFile } from './run-file.ts';
import { createRunFiles } from './run-files.ts';

export interface ComposeAsk {
  readonly file: RunFile;
  readonly repository: RepositoryPaths;
  readonly paths: RunPaths;
  readonly env: Environment;
  readonly places: ProgramPlaces;
  /** Present when the run is new. */
  readonly opening?: { readonly text: string; readonly plan?: readonly TaskDraft[] };
  /** Instead of the table we ship. */
  readonly prices?: PriceTable;
  readonly onLine: (line: LogLine) => void;
}

export interface Composed {
  readonly orchestrator: Orchestrator;
  readonly log: RunLog;
  /** Gives back everything; safe after any ending. */
  close(): Promise<void>;
}

export async function compose(ask: ComposeAsk): Promise<Composed> {
  const { file, paths, repository } = ask;
  const endpoints = endpointsOf(file, ask.env);
  const journal = await openFileJournal(paths.journal, { create: ask.opening !== undefined });
  const log = createLog({
    path: paths.log,
    run: file.run,
    clock: systemClock,
    redact: endpoints.flatMap((e) => (e.apiKey ? [e.apiKey] : [])),
    onLine: ask.onLine,
  });
  if (journal.cutBytes > 0) {
    log.write('journal.cut', {
      msg: `${journal.cutBytes} bytes of a torn last line were cut off the journal`,
      data: { bytes: journal.cutBytes },
    });
  }
  const { run, target, landOn, identity } = file;
  const git = await openHub({
    stateDir: repository.state,
    repository: repository.repository,
    run,
    target,
    landOn,
    identity,
  });
  const model = endpoints.length > 0 ? modelOf(ask, endpoints, log) : undefined;
  let orchestrator: Orchestrator | undefined;
  const gateway = endpoints.length > 0 ? await gatewayOf(ask, endpoints, log, () => orchestrator) : undefined;
  const agentMain = await agentProgram(ask);
  const ports = portsOf(ask, { journal, log, git, model, gateway, agentMain });
  orchestrator = createOrchestrator(ports, settingsOf(ask, git.base));
  return {
    orchestrator,
    log,
    async close() {
      await gateway?.close();
      await journal.journal.close();
      await log.close();
    },
  };
}

/** One file a sandbox can show. From the sources it is made anew, so that it is never stale. */
async function agentProgram({ places, repository }: ComposeAsk): Promise<string> {
  if (!places.agentMain.endsWith('.ts')) return places.agentMain;
  const bundle = join(repository.state, 'agent', 'agent-main.js');
  await bundleAgent(places.agentMain, bundle);
  return bundle;
}

interface Parts {
  readonly journal: OrchestratorPorts['journal'];
  readonly log: RunLog;
  readonly git: OpenedHub;
  readonly model: Model | undefined;
  readonly gateway: Gateway | undefined;
  readonly agentMain: string;
}

function portsOf(ask: ComposeAsk, parts: Parts): OrchestratorPorts {
  const { file, repository, paths, places } = ask;
  const sandbox = createSandbox({
    provider: file.sandbox,
    stateKey: repository.state,
    nodePath: places.nodePath,
    path: sandboxPath(ask.env),
    readOnly: [...places.readOnly, { host: parts.agentMain, inside: parts.agentMain }],
    ...(places.bridgeFile && { bridgeFile: places.bridgeFile }),
  });
  const prompts = createPrompts({
    folder: places.prompts,
    overrides: paths.prompts,
    onBroken: (problem) =>
      parts.log.write('prompt.broken', {
        msg: `${problem.what}; the last good text stays in use`,
        data: { ...problem },
      }),
  });
  const { git, gateway, journal, log, model } = parts;
  const drivers: DriverParts = {
    sandbox,
    ...(gateway && { gateway }),
    transcriptPath: (attempt) => join(paths.attempts, attempt, 'transcript.ndjson'),
    jobsFolder: join(repository.state, 'jobs'),
    clock: systemClock,
    readOnly: agentMounts(file),
  };
  return {
    clock: systemClock,
    journal,
    hub: git.hub,
    workspaces: git.workspaces,
    reader: git.reader,
    delivery: git.delivery,
    sandbox,
    environments: createEnvironmentStore(repository.env),
    agentFor: agentsOf(ask, drivers, parts.agentMain),
    ...(model && { model }),
    prompts,
    files: createRunFiles(paths),
    log,
  };
}

// ───────────── agents ─────────────

/** A task's own wish, else the run's driver. */
function agentsOf(ask: ComposeAsk, drivers: DriverParts, agentMain: string): (spec: TaskSpec) => Agent {
  const { agent } = ask.file.config;
  const { nodePath } = ask.places;
  const model = modelNames(ask.file).worker;
  const agents = new Map<string, Agent>([
    ['builtin', createBuiltinAgent({ ...drivers, nodePath, agentMain, model })],
    ...(agent.command
      ? [['command', createCommandAgent({ ...drivers, run: agent.command.run })] as const]
      : []),
  ]);
  return (spec) => {
    const name = spec.agent ?? agent.driver;
    return agents.get(name) ?? missingAgent(name, [...agents.keys()]);
  };
}

function missingAgent(name: string, known: readonly string[]): Agent {
  const detail = `this run has no agent ${JSON.stringify(name)}; it has ${known.join(', ')}`;
  return { name, run: async () => ({ end: 'cannot-run', detail, usage: NO_USAGE, toolCalls: 0 }) };
}

/** The operator named these files as the agent: they are shown to it, read-only, where they lie. */
function agentMounts(file: RunFile): Mount[] {
  const named = file.config.agent.command?.run ?? [];
  return named
    .filter((path) => isAbsolute(path) && !path.startsWith('/usr/') && existsSync(path))
    .map((path) => ({ host: path, inside: path }));
}

// ───────────── models ─────────────

export function endpointsOf(file: Pick<RunFile, 'config'>, env: Environment): EndpointConfig[] {
  return file.config.endpoints.map((e) => {
    const apiKey = e.keyEnv ? env[e.keyEnv] : undefined;
    return { name: e.name, baseUrl: e.baseUrl, weight: e.weight, ...(apiKey && { apiKey }) };
  });
}

export function modelNames(file: Pick<RunFile, 'config'>): Readonly<Record<ModelRole, string>> {
  const { models } = file.config;
  const any = models.default ?? models.worker ?? models.planner ?? 'default';
  return {
    planner: models.planner ?? any,
    worker: models.worker ?? any,
    reconciler: models.reconciler ?? any,
    reviewer: models.reviewer ?? any,
  };
}

const pricesOf = ({ prices, places }: ComposeAsk): PriceTable =>
  prices ?? readPrices(readFileSync(places.prices, 'utf8'), places.prices);

function modelOf(ask: ComposeAsk, endpoints: readonly EndpointConfig[], log: RunLog): Model {
  return createModel({
    endpoints,
    models: modelNames(ask.file),
    prices: pricesOf(ask),
    clock: systemClock,
    rng: Math.random,
    onCall: (report) => tellCall(log, report),
    onHealth: (change) => log.write(`endpoint.${change.kind}`, { msg: change.why }),
  });
}

/** What agents meet at the gateway concerns the whole fleet: an outage pauses it, a refused key ends it. */
async function gatewayOf(
  ask: ComposeAsk,
  endpoints: readonly EndpointConfig[],
  log: RunLog,
  orchestrator: () => Orchestrator | undefined,
): Promise<Gateway> {
  const socketDir = await gatewayFolder(ask);
  const gateway = await startGateway({
    socketDir,
    endpoints,
    models: modelNames(ask.file),
    prices: pricesOf(ask),
    clock: systemClock,
    rng: Math.random,
    onHealth: (change) => {
      log.write(`endpoint.${change.kind}`, { msg: change.why });
      if (change.kind === 'down') {
        void orchestrator()?.ask({ type: 'pause', reason: 'endpoints-down', detail: change.why });
      }
    },
    onRefused: (why, detail) => orchestrator()?.halt({ why, detail }),
  });
  return {
    ...gateway,
    async close() {
      await gateway.close();
      await rm(socketDir, { recursive: true, force: true });
    },
  };
}

/** Beside the control socket: unix socket paths must be short, and state directories need not be. */
async function gatewayFolder({ repository, file, env }: ComposeAsk): Promise<string> {
  const folder = `${await controlSocketPath(repository, file.run, env)}.gw`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

function tellCall(log: RunLog, report: CallReport): void {
  const { kind, role, model, task, attempt, ...rest } = report;
  const about = { ...(task && { task }), ...(attempt && { attempt }), data: { role, model, ...rest } };
  if (kind === 'retried')
    log.write('model.retried', { ...about, msg: `${role} call to ${model} is made again` });
  else if (kind === 'failed')
    log.write('model.failed', { ...about, msg: `${role} call to ${model} failed: ${report.end.kind}` });
  else log.write('model.called', { ...about, msg: `${role} call to ${model}: ${report.end.kind}` });
}

// ───────────── settings ─────────────

function settingsOf(ask: ComposeAsk, base: CommitId): Settings {
  const { config, run, configHash, version } = ask.file;
  return {
    ...(ask.opening && { open: { run, request: requestOf(ask, base), configHash } }),
    ...(ask.opening?.plan && { plan: ask.opening.plan }),
    version,
    host: hostname(),
    pid: process.pid,
    attempt: {
      steps: 150,
      wallMs: config.workers.timeoutMs,
      quietMs: Math.min(config.workers.timeoutMs, 600_000),
    },
    gate: {
      timeoutMs: config.gate.timeoutMs,
      flakyRetries: config.gate.flakyRetries,
      preGate: config.workers.preGate,
    },
    checks: { timeoutMs: Math.max(config.gate.timeoutMs, 1_800_000) },
    setup: { timeoutMs: 1_800_000 },
    drainMs: 30_000,
    sweepMs: 60_000,
    tasksPerIteration: 25,
    plannerContextChars: 350_000,
  };
}

function requestOf(ask: ComposeAsk, base: CommitId): Request {
  const { file, opening } = ask;
  const { config } = file;
  return {
    text: opening!.text,
    mode: file.mode,
    target: file.target,
    landOn: file.landOn,
    deliver: file.deliver,
    base,
    ...(file.gate !== null && { gate: file.gate }),
    gateHash: gateHash(file),
    ...(file.setup !== null && { setup: file.setup }),
    ...(config.checks.command !== undefined && { checks: config.checks.command }),
    checksMinMs: config.checks.minIntervalMs,
    checksMaxMs: config.checks.maxIntervalMs,
    limits: limitsOf(config),
    overlap: config.overlap,
  };
}

function limitsOf(config: RunFile['config']): Limits {
  const { usd, tokens, timeMs } = config.budget;
  return {
    workers: config.workers.max,
    attempts: config.workers.attempts,
    ...(tokens !== undefined && { tokens }),
    ...(usd !== undefined && { usd }),
    ...(timeMs !== undefined && { timeMs }),
    tasks: TASKS_MAX,
    attemptTokens: 2_000_000,
  };
}

/** Hex, 12 digits: what a candidate is tested with. The tested tree is the trailer's other half. */
function gateHash(file: RunFile): string {
  if (file.gate === null) return 'none';
  const tested = JSON.stringify([file.gate, file.setup, file.sandbox]);
  return createHash('sha256').update(tested).digest('hex').slice(0, 12);
}
