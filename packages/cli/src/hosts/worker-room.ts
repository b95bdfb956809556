/** What a worker host makes for one run: a hub of its own, its own sandbox and environments, the run's agents. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DriverParts, PRESETS } from '@swarm/agent';
import { SwarmError } from '@swarm/core/errors';
import type { AttemptId } from '@swarm/core/model/ids';
import type { Log } from '@swarm/core/ports/world';
import { openHostHub } from '@swarm/git';
import { GatewayOnHost, type HomeOfRoom, type RunRoom } from '@swarm/mesh';
import { createLocalHost } from '@swarm/orchestrator';
import { createEnvironmentStore, isDiskFull, type ProviderName } from '@swarm/sandbox';
import { SecretBook } from '@swarm/telemetry';
import type { Environment } from '../finding/paths.ts';
import type { ProgramPlaces } from '../places.ts';
import { agentsOf, agentsThere } from '../running/agents.ts';
import { systemClock } from '../running/clock.ts';
import { agentProgram } from '../running/compose.ts';
import type { ComposeAsk } from '../running/compose-ask.ts';
import { knownSecrets } from '../running/known-secrets.ts';
import { sandboxOf } from '../running/run-sandbox.ts';
import { SecretWatch } from '../running/secret-watch.ts';
import { StandIns } from '../running/stand-ins.ts';
import { BenchTraces } from './bench-traces.ts';
import { type OwnEndpoints, openOwnModels } from './own-models.ts';
import { readTerms } from './terms.ts';

export interface RoomAsk {
  readonly host: string;
  /** Of this host; a folder for each repository lies in it. */
  readonly state: string;
  readonly sandbox: ProviderName;
  readonly places: ProgramPlaces;
  readonly env: Environment;
  readonly slots: number;
  readonly log: Log;
  /** Endpoints of this host: its agents ask them, and not the run's home. */
  readonly own?: OwnEndpoints;
  /** Draws what is done here into the traces of the runs it is done for. */
  readonly tracer?: BenchTraces['tracer'];
}

/** Errors: SW0341 for terms that do not fit, and those of a hub and a sandbox. */
export async function openWorkerRoom(ask: RoomAsk, given: unknown, home: HomeOfRoom): Promise<RunRoom> {
  const terms = readTerms(given);
  if (terms.run !== home.run)
    throw new SwarmError({ code: 'SW0341', what: `the terms are those of ${terms.run}, not of ${home.run}` });
  const { host, places, env, sandbox: provider, log, slots } = ask;
  const state = join(ask.state, terms.repository);
  const hub = await openHostHub({
    stateDir: state,
    run: terms.run,
    base: terms.base,
    identity: terms.identity,
    fetch: async (wants, haves) => Buffer.from(String(await home.call('pack', { wants, haves })), 'base64'),
  });
  const file = { sandbox: provider, config: terms.config, agents: terms.agents, run: terms.run };
  const secrets = new SecretBook(
    knownSecrets({ config: { ...terms.config, ...(ask.own && { endpoints: ask.own.config }) } }, env),
  );
  const watch = new SecretWatch(secrets, log);
  const traces = new BenchTraces(host, ask.tracer);
  const plain = sandboxOf({ file, state, places, env, secrets, onTakenOut: watch.printed.bind(watch) });
  const sandbox = traces.over(plain);
  const sockets = terms.hasModels || ask.own ? await mkdtemp(join(tmpdir(), 'swarm-h-')) : undefined;
  const gateway = sockets === undefined || ask.own ? undefined : new GatewayOnHost(host, sockets, home);
  const own =
    ask.own && sockets !== undefined ? openOwnModels({ ...ask, own: ask.own, terms, sockets }) : undefined;
  const asked = own ?? gateway;
  const transcripts = join(state, 'attempts');
  const drivers: DriverParts = {
    ...(asked && {
      gateway: {
        issue: (attempt, limits) => asked.issue(attempt, limits),
        revoke: (attempt) => asked.revoke(attempt),
      },
    }),
    transcriptPath: (attempt: AttemptId) => join(transcripts, attempt, 'transcript.ndjson'),
    clean: secrets.redactor([]).redact,
    clock: systemClock,
  };
  // Agents ask a run for no more than this.
  const compose = { file, places, env, repository: { state } } as unknown as ComposeAsk;
  await mkdir(join(state, 'agent'), { recursive: true });
  const { driver } = terms.config.agent;
  const agents = agentsOf(compose, {
    drivers,
    agentMain: agentProgram({ places, repository: { state } }),
    found: await agentsThere(compose),
    standIns: new StandIns([driver], () => systemClock.now()),
    watch,
    mcp: undefined,
  });
  const local = createLocalHost({
    slots,
    workspaces: hub.opened.workspaces,
    sandbox,
    environments: createEnvironmentStore(join(state, 'env')),
    ...agents,
    isFull: () => isDiskFull(state),
    leftovers: async () => (await hub.opened.hub.observe()).workspaces,
    log,
    clock: systemClock,
  });
  await local.reap();
  await local.clear();
  return {
    host: local,
    store: {
      missing: (commits) => hub.missing(commits),
      haves: () => hub.haves(),
      take: (pack, commits) => hub.take(pack, commits),
      work: (attempt, base) => hub.work(attempt as AttemptId, base),
    },
    hear: (type, payload) => gateway?.hear(type, payload) ?? false,
    traced: (bench, op, traceparent) => traces.begin(bench, op, traceparent),
    async close() {
      await gateway?.close();
      await own?.close();
      await hub.opened.close();
      await rm(transcripts, { recursive: true, force: true });
      if (sockets !== undefined) await rm(sockets, { recursive: true, force: true });
    },
  };
}

/** What every host can do; agents people have are added where they are found. */
export const OWN_AGENTS: readonly string[] = ['builtin', 'command', 'acp'];
export const isKnownAgent = (name: string): boolean =>
  OWN_AGENTS.includes(name) || Object.hasOwn(PRESETS, name);
