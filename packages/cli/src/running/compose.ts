/** Wiring only: a pinned run and the machine's facts become real adapters and one orchestrator. */

import { join } from 'node:path';
import { createPrompts, type DriverParts, type GatewayPort } from '@swarm/agent';
import type { CommitId } from '@swarm/core/model/ids';
import type { SecretFinder, SecretRules } from '@swarm/core/ports/git';
import type { Sandbox } from '@swarm/core/ports/running';
import { type CleanUp, type OpenedHub, openHub } from '@swarm/git';
import { openFileJournal } from '@swarm/journal';
import type { WorkerLine } from '@swarm/mesh';
import {
  createLocalHost,
  createOrchestrator,
  type Orchestrator,
  type OrchestratorPorts,
} from '@swarm/orchestrator';
import { createEnvironmentStore, isDiskFull, mapSandbox } from '@swarm/sandbox';
import {
  createLog,
  createSecretRules,
  makeFinder,
  type Redactor,
  type RunLog,
  SecretBook,
  type Spans,
} from '@swarm/telemetry';
import type { Environment, RepositoryPaths } from '../finding/paths.ts';
import { transcriptPath } from '../finding/transcript-file.ts';
import type { HostedRun } from '../hosts/home.ts';
import type { ProgramPlaces } from '../places.ts';
import { bringBranches } from '../preparing/branches.ts';
import { operatorEnv, signingOf } from '../preparing/signing.ts';
import { PromptEdits } from '../prompts/edits.ts';
import { keepPrompt } from '../prompts/kept.ts';
import { bundleAgent } from './agent-bundle.ts';
import { type AgentParts, type AgentProgram, agentsOf, agentsThere } from './agents.ts';
import { Carrying, carriedFirst } from './carrying.ts';
import { openCassette } from './cassette.ts';
import { cleanUpOf, discardLeft } from './clean-up.ts';
import { systemClock } from './clock.ts';
import type { ComposeAsk } from './compose-ask.ts';
import { type FoundForge, findForge, forgeSecrets, pullPlace } from './forging.ts';
import { knownSecrets, untrackedSecrets } from './known-secrets.ts';
import { mcpOf } from './mcp.ts';
import { driftTeller, endpointsOf, type Models, modelsOf, renewable } from './models.ts';
import { networkEnv } from './network-env.ts';
import { Notifier } from './notifier.ts';
import type { RunFile } from './run-file.ts';
import { createRunFiles } from './run-files.ts';
import { sandboxOf, setupSecrets } from './run-sandbox.ts';
import { SecretWatch } from './secret-watch.ts';
import { settingsOf } from './settings.ts';
import { StandIns } from './stand-ins.ts';
import { traceRun } from './tracing.ts';

export interface Composed {
  readonly orchestrator: Orchestrator;
  readonly log: RunLog;
  /** Absent: no reference carries the run. */
  readonly carrying?: Carrying;
  /** Hosts as they are now. Absent: the run has none. */
  readonly workers?: () => readonly WorkerLine[];
  /** Gives back everything, once; safe after any ending. Throws SW0701 when the journal was removed meanwhile. */
  close(): Promise<void>;
}

export async function compose(ask: ComposeAsk): Promise<Composed> {
  const { file, paths, repository } = ask;
  const endpoints = endpointsOf(file, ask.env);
  const journal = await openFileJournal(paths.journal, { create: ask.opening !== undefined });
  const timeIsUp = new AbortController();
  const isForged = file.pull !== undefined || file.follows !== undefined;
  const target = file.follows?.target ?? file.target;
  const forge = isForged ? await findForge(repository.gitDir, target, ask.env) : undefined;
  const tokens = forge ? forgeSecrets(forge).map((value) => ({ name: 'the token of the forge', value })) : [];
  const secrets = new SecretBook([...knownSecrets(file, ask.env), ...tokens]);
  const notify = file.config.notify;
  const hook = notify?.webhookEnv === undefined ? undefined : ask.env[notify.webhookEnv];
  const unsaid = secrets.redactor([
    ...(hook ? [hook] : []),
    ...endpoints.flatMap((e) => (e.apiKey ? [e.apiKey] : [])),
    ...setupSecrets(file, ask.env),
    ...tokens.map(({ value }) => value),
  ]);
  const { run } = file;
  const tracing = await traceRun({ run, env: ask.env, version: ask.places.version, redactor: unsaid });
  const { spans } = tracing;
  const notifier =
    notify &&
    new Notifier({
      config: notify,
      env: ask.env,
      run: file.run,
      repository: repository.repository,
      onTrouble: (msg) => log.write('notify.failed', { msg }),
    });
  const log: RunLog = createLog({
    path: paths.log,
    spans,
    run: file.run,
    clock: systemClock,
    redact: unsaid,
    onLine: (line) => {
      if (line.event === 'budget.reached' && line.data.which === 'time') timeIsUp.abort();
      ask.onLine(line);
      notifier?.note(line);
    },
  });
  const untraced = (why: string | undefined, waitedMs = 0): void => {
    if (why !== undefined)
      log.write('traces.lost', { msg: `spans were not sent: ${why}`, data: { waitedMs } });
  };
  untraced(tracing.problem);
  if (journal.cutBytes > 0) {
    log.write('journal.cut', {
      msg: `${journal.cutBytes} bytes of a torn last line were cut off the journal`,
      data: { bytes: journal.cutBytes },
    });
  }
  const cleanUp = cleanUpOf(repository.state, log);
  await discardLeft(repository.state, cleanUp);
  const looks = { secrets: secrets.finder(), rules: rulesOf(ask) };
  const git = await openRunHub(repository, file, ask.env, { cleanUp, forge, ...looks });
  if (!file.isBare) secrets.learn(await untrackedSecrets(repository.repository, git.reader, git.base));
  const branches = ask.opening?.branches && (await bringBranches(git, ask.opening.branches, ask.env));
  let orchestrator: Orchestrator | undefined;
  const cassette = await openCassette(ask, {
    redact: unsaid.redact,
    base: git.base,
    halt: (halt) => orchestrator?.halt(halt),
    onDrift: driftTeller(log),
  });
  const renewed = renewable(ask, (value) => secrets.add({ name: 'the key of an endpoint', value }));
  const { driver, fallback = [] } = file.config.agent;
  const standIns = new StandIns([driver, ...fallback], () => systemClock.now());
  const models = await modelsOf(
    ask,
    (e) => cassette.over(renewed(e)),
    log,
    () => orchestrator,
    timeIsUp.signal,
    standIns,
  );
  const agentMain = agentProgram(ask);
  const agents = { agentMain, found: await agentsThere(ask), standIns };
  const own = portsOf(ask, { journal, log, git, models, agents, spans, secrets, unsaid });
  const hosted = await hostedBy(ask, own, git.base, spans);
  const ports = hosted?.ports ?? own;
  const hub = carriedFirst(ports.hub, () => carrying);
  const pulls = file.pull && forge && git.runBranches && pullPlace(forge, file, git.runBranches, log);
  const all = { ...ports, hub, ...(pulls && { pulls }) };
  orchestrator = createOrchestrator(all, settingsOf(ask, git.base, branches));
  const { journal: carried } = file.config;
  const made = orchestrator;
  const carrying: Carrying | undefined =
    carried &&
    new Carrying({
      carrier: git.carrier,
      file,
      paths,
      everyMs: carried.everyMs,
      version: ask.places.version,
      log,
      ...looks,
      state: () => made.state,
      onTaken: (why) => made.halt({ why: 'taken', detail: why }),
    });
  const closeAll = async (): Promise<void> => {
    await notifier?.settled();
    await carrying?.end();
    await hosted?.close();
    await models?.gateway.close();
    await cassette.close();
    await git.close();
    const since = systemClock.monotonic();
    untraced(await tracing.end(), Math.round(systemClock.monotonic() - since));
    await journal.journal.close().finally(() => log.close());
  };
  let closing: Promise<void> | undefined;
  return {
    orchestrator,
    log,
    ...(carrying && { carrying }),
    ...(hosted && { workers: () => hosted.workers() }),
    close: () => {
      closing ??= closeAll();
      return closing;
    },
  };
}

/** The same ports with hosts behind them, where the run has some. */
async function hostedBy(
  { file, repository, places }: ComposeAsk,
  own: ReturnType<typeof portsOf>,
  base: CommitId,
  spans: Spans | undefined,
): Promise<HostedRun | undefined> {
  if (!file.hosts) return undefined;
  const { hostRun } = await import('../hosts/home.ts');
  return hostRun({
    file,
    hosts: file.hosts,
    state: repository.state,
    base,
    ports: own,
    version: places.version,
    factsOf: own.agents.factsOf,
    ...(own.gateway && { gateway: own.gateway }),
    ...(spans && { traceOf: (bench: string) => spans.traceparent(bench) }),
  });
}

/** Whatever runs in the sandbox can go on with the trace of what it works for. */
function traced(sandbox: Sandbox, spans: Spans | undefined): Sandbox {
  if (!spans) return sandbox;
  return mapSandbox(sandbox, {
    command: (command) => ({
      ...command,
      env: { TRACEPARENT: spans.traceparent(command.name), ...command.env },
    }),
  });
}

export const agentAsItIs = (path: string): AgentProgram => ({ path, ready: async () => {} });

/** From the sources it is made anew when it is first wanted, so that it is never stale, and nobody else waits for it. */
export function agentProgram({
  places,
  repository,
}: {
  readonly places: ProgramPlaces;
  readonly repository: { readonly state: string };
}): AgentProgram {
  if (!places.agentMain.endsWith('.ts')) return agentAsItIs(places.agentMain);
  const path = join(repository.state, 'agent', 'agent-main.js');
  let made: Promise<void> | undefined;
  return {
    path,
    ready: () => {
      made ??= bundleAgent(places.agentMain, path);
      return made;
    },
  };
}

/** Also over the branches of `swarm land`: agents made most of them, and a person’s own slip is one all the same. */
const rulesOf = ({ file, places }: ComposeAsk): SecretRules | undefined => {
  const { rules = 'on', allow = [] } = file.config.secrets ?? {};
  const program = places.rulesFile && { program: places.rulesFile };
  return rules === 'off' ? undefined : createSecretRules({ allow, ...program });
};

interface HubParts {
  readonly cleanUp?: CleanUp;
  readonly secrets?: SecretFinder;
  readonly rules?: SecretRules | undefined;
  /** The run's branches are pushed to its remote. */
  readonly forge?: FoundForge | undefined;
}

/** The hub as one run knows it. The caller holds the repository's lock: opening mends what a kill left. */
export async function openRunHub(
  repository: RepositoryPaths,
  file: RunFile,
  env: Environment,
  {
    cleanUp = cleanUpOf(repository.state),
    secrets = makeFinder(knownSecrets(file, env)),
    rules,
    forge,
  }: HubParts = {},
): Promise<OpenedHub> {
  const { run, target, landOn, identity, remote, config } = file;
  const places = { stateDir: repository.state, repository: repository.repository };
  const header = forge?.header && { header: forge.header };
  const push = remote && { ...remote, network: networkEnv(env), ...header };
  const sign = file.signs && (await signingOf(repository.repository, env));
  const branches = forge && {
    remote: forge.remote,
    network: networkEnv(env),
    ...header,
  };
  const optional = { ...(push && { push }), ...(sign && { sign }), ...(branches && { branches }) };
  const operator = operatorEnv(env);
  const looks = { secrets, rules, ...(config.review && { namesChanges: true as const }) };
  return openHub({ ...places, operator, run, target, landOn, identity, cleanUp, ...looks, ...optional });
}

interface Parts {
  readonly journal: OrchestratorPorts['journal'];
  readonly log: RunLog;
  readonly git: OpenedHub;
  readonly models: Models | undefined;
  readonly agents: Omit<AgentParts, 'drivers' | 'mcp' | 'watch'>;
  readonly spans: Spans | undefined;
  /** All secrets that are known; each attempt's token comes to them. */
  readonly secrets: SecretBook;
  /** Takes out what is never written into the run's folder. */
  readonly unsaid: Redactor;
}

export function portsOf(
  ask: ComposeAsk,
  parts: Parts,
): OrchestratorPorts & { readonly agents: ReturnType<typeof agentsOf>; readonly gateway?: GatewayPort } {
  const { file, repository, paths, places } = ask;
  const watch = new SecretWatch(parts.secrets, parts.log);
  const onTakenOut = watch.printed.bind(watch);
  const { secrets } = parts;
  const plain = sandboxOf({ file, state: repository.state, places, env: ask.env, secrets, onTakenOut });
  const sandbox = traced(plain, parts.spans);
  const edits = new PromptEdits({
    folder: join(repository.repository, '.swarm', 'prompts'),
    used: paths.prompts,
    pinned: file.promptHashes,
    tell: ({ msg, path }) => parts.log.write('prompt.edited', { msg, data: { path } }),
  });
  const own = createPrompts({
    folder: places.prompts,
    overrides: paths.prompts,
    onText: (text) => {
      keepPrompt(paths, text);
      edits.note(text);
    },
    onBroken: (problem) =>
      parts.log.write('prompt.broken', {
        msg: `${problem.what}; the last good text stays in use`,
        data: { ...problem },
      }),
  });
  const prompts = file.isBare ? own : edits.watching(own);
  // Each now, so that a broken one is refused before any work and a first text is kept though it is never used.
  for (const name of Object.keys(file.promptHashes)) prompts.hash(name);
  const { git, journal, log, models } = parts;
  const gateway = models && noting(models.gateway, parts.secrets);
  const drivers: DriverParts = {
    ...(gateway && { gateway }),
    transcriptPath: (attempt) => transcriptPath(paths, attempt),
    clean: parts.unsaid.redact,
    clock: systemClock,
  };
  const agents = agentsOf(ask, { ...parts.agents, drivers, watch, mcp: mcpOf(ask, parts.unsaid.redact) });
  return {
    agents,
    ...(gateway && { gateway }),
    clock: systemClock,
    journal,
    hub: git.hub,
    branches: git.branches,
    reader: git.reader,
    changes: git.changes,
    delivery: git.delivery,
    host: createLocalHost({
      slots: file.config.workers.max,
      workspaces: git.workspaces,
      sandbox,
      environments: createEnvironmentStore(repository.env),
      agentFor: agents.agentFor,
      capabilities: agents.capabilities,
      isFull: () => isDiskFull(repository.state),
      leftovers: async () => (await git.hub.observe()).workspaces,
      log,
      clock: systemClock,
    }),
    ...(models && { model: models.model }),
    prompts,
    files: createRunFiles(paths, parts.unsaid.redact),
    log,
    ...(ask.approve && { approve: ask.approve }),
  };
}

/** A token is known as a secret before anybody is given it. */
const noting = (gateway: Models['gateway'], secrets: SecretBook): Models['gateway'] => ({
  ...gateway,
  async issue(attempt, limits) {
    const issued = await gateway.issue(attempt, limits);
    secrets.add({ name: `the token of ${attempt} for the gateway`, value: issued.token, isQuiet: true });
    return issued;
  },
});
