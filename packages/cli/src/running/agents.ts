/** Wiring of agents: each driver of a run over its program, its model and what its room shows. */
import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import {
  createAcpAgent,
  createBuiltinAgent,
  createCommandAgent,
  createPresetAgent,
  type DriverParts,
  type McpParts,
  openTranscript,
  PRESETS,
} from '@swarm/agent';
import { createForeignAgent } from '@swarm/bridge/agent';
import { NO_USAGE } from '@swarm/core/model/usage';
import type { Agent, Mount } from '@swarm/core/ports/running';
import type { ForeignWish } from '@swarm/core/rules/foreign';
import { type Choice, choose, type Wish } from '@swarm/core/rules/roles';
import { type FoundAgent, findAgents } from '../agents/found.ts';
import { bridgeAt } from './bridge-at.ts';
import type { ComposeAsk } from './compose-ask.ts';
import { insideOf } from './look-sandbox.ts';
import { agentDialect, agentModel, agentProfile, endpointsOf, profilesOf } from './models.ts';
import type { RunFile } from './run-file.ts';
import type { SecretWatch } from './secret-watch.ts';
import { rolesOf } from './settings.ts';
import type { StandIns } from './stand-ins.ts';

/** Our agent as one file that a sandbox can show. */
export interface AgentProgram {
  readonly path: string;
  /** Is called before the file is shown; may be called again. */
  ready(): Promise<void>;
}

export interface AgentParts {
  readonly drivers: DriverParts;
  readonly agentMain: AgentProgram;
  /** Of those the run began with, the ones that are still there. */
  readonly found: readonly FoundAgent[];
  readonly standIns: StandIns;
  readonly watch: SecretWatch;
  /** Absent where no server is configured. */
  readonly mcp: McpParts | undefined;
}

/** The agents that were there when the run began, as they are now. */
export const agentsThere = async ({ file, env }: Pick<ComposeAsk, 'file' | 'env'>) =>
  (await findAgents(env, file.agents ?? [], insideOf(file.config, file.sandbox, env))).found;

/** A task's own wish, else the run's driver or who stands in for it. */
export function agentsOf(ask: ComposeAsk, { drivers, agentMain, found, standIns, mcp, watch }: AgentParts) {
  const { agent } = ask.file.config;
  const { acp: acpHow, command } = agent;
  const modelOf = ({ agent: name, model = agentModel(ask.file, name) }: Choice): string => model;
  /** Each is made for one attempt, and so with the model that is chosen for it. */
  const makers = new Map<string, (choice: Choice) => Agent>([
    [
      'builtin',
      (choice) => builtin(ask, drivers, agentMain, { mcp, model: modelOf(choice), tools: choice.tools }),
    ],
    ...found.map(
      (one) => [one.name, (choice: Choice) => preset(ask, drivers, one, modelOf(choice))] as const,
    ),
  ]);
  if (acpHow) makers.set('acp', (choice) => acp(drivers, acpHow, modelOf(choice)));
  if (command) makers.set('command', ({ model }) => commandOf(drivers, command, model));
  const capabilities = [...makers.keys()];
  const agentFor = (wish: Wish): Agent => {
    if (wish.foreign) return watch.over(foreignOf(ask, drivers, wish.foreign));
    const run = { driver: agent.driver, current: standIns.current() };
    const choice = choose(wish, rolesOf(ask.file.config), run, ask.file.config.distribute?.workers);
    const make = makers.get(choice.agent);
    if (!make) return missingAgent(choice.agent, capabilities);
    return watch.over(noted(make(choice), choice, standIns));
  };
  /** The same without making anything of it, for a host that is to do it. */
  const factsOf = (wish: Wish) => {
    const run = { driver: agent.driver, current: standIns.current() };
    const choice = choose(wish, rolesOf(ask.file.config), run, ask.file.config.distribute?.workers);
    const { name, hears } = makers.get(choice.agent)?.(choice) ?? missingAgent(choice.agent, capabilities);
    const isStandIn = !choice.isNamed && choice.agent !== agent.driver;
    return {
      name,
      ...(choice.model !== undefined && { model: choice.model }),
      ...(hears && { hears }),
      ...(isStandIn && { standsIn: true as const }),
      gives: modelOf(choice),
    };
  };
  return { agentFor, capabilities, factsOf };
}

const noted = (agent: Agent, { model, isNamed }: Choice, standIns: StandIns): Agent => ({
  ...agent,
  ...(model !== undefined && { model }),
  run(job) {
    // Nobody stands in for an agent that was named.
    if (!isNamed) standIns.started(job.attempt, agent.name);
    return agent.run(job);
  },
});

/** It asks for the model it likes, unless its role says which. */
const commandOf = (
  drivers: DriverParts,
  { run }: { readonly run: readonly string[] },
  model: string | undefined,
): Agent =>
  createCommandAgent({
    ...(model === undefined ? drivers : withModel(drivers, model)),
    readOnly: mountsOf(run),
    run,
  });

/** Its file is shown to its own rooms alone. */
function builtin(
  ask: ComposeAsk,
  drivers: DriverParts,
  { path, ready }: AgentProgram,
  {
    mcp,
    model,
    tools,
  }: {
    readonly mcp: McpParts | undefined;
    readonly model: string;
    readonly tools: readonly string[] | undefined;
  },
): Agent {
  const { nodePath } = ask.places;
  const dialect = agentDialect(endpointsOf(ask.file, ask.env));
  const known = {
    ...(dialect && { dialect }),
    ...(mcp && (tools?.includes('mcp') ?? true) && { mcp }),
    ...(tools && { tools }),
    ...agentProfile(model, profilesOf(ask.places, ask.file)),
  };
  const servers = (ask.file.config.mcp ?? []).filter(({ where }) => where === 'inside');
  const agent = createBuiltinAgent({
    ...withModel(drivers, model),
    ...known,
    readOnly: [...mountsOf(servers.flatMap(({ run = [] }) => run)), { host: path, inside: path }],
    nodePath,
    agentMain: path,
    model,
  });
  return { ...agent, run: async (job) => ready().then(() => agent.run(job)) };
}

function acp(
  drivers: DriverParts,
  how: NonNullable<RunFile['config']['agent']['acp']>,
  model: string,
): Agent {
  return createAcpAgent({ ...withModel(drivers, model), ...how, readOnly: mountsOf(how.run), model });
}

function preset(
  ask: ComposeAsk,
  drivers: DriverParts,
  { name, file, isScript, shows }: FoundAgent,
  model: string,
): Agent {
  const { windowTokens } = agentProfile(model, profilesOf(ask.places, ask.file));
  return createPresetAgent({
    ...withModel(drivers, model),
    preset: PRESETS[name],
    argv: isScript ? [ask.places.nodePath, file] : [file],
    readOnly: shows.map((folder) => ({ host: folder, inside: folder })),
    model,
    windowTokens,
  });
}

/** Where the bridge is was pinned when the run began; its token is looked up anew. */
function foreignOf({ file, env, repository }: ComposeAsk, drivers: DriverParts, wish: ForeignWish): Agent {
  const { clock, clean = (line) => line, transcriptPath, onTrouble } = drivers;
  return createForeignAgent({
    wish,
    clock,
    at: () => bridgeAt(file.bridge!.url, repository, env),
    transcript: ({ attempt }) =>
      openTranscript(transcriptPath(attempt), clean, (why) => onTrouble?.(attempt, why)),
  });
}

/** Whatever the agent names, the gateway gives it its own. */
const withModel = (drivers: DriverParts, model: string): DriverParts => {
  const { gateway } = drivers;
  if (!gateway) return drivers;
  return {
    ...drivers,
    gateway: { ...gateway, issue: (attempt, limits) => gateway.issue(attempt, { ...limits, model }) },
  };
};

function missingAgent(name: string, known: readonly string[]): Agent {
  const detail = `this run has no agent ${JSON.stringify(name)}; it has ${known.join(', ')}`;
  return { name, run: async () => ({ end: 'cannot-run', detail, usage: NO_USAGE, toolCalls: 0 }) };
}

/** The operator named these files as the agent's: they are shown to it, read-only, where they lie. */
const mountsOf = (words: readonly string[]): Mount[] =>
  [...new Set(words)]
    .filter((path) => isAbsolute(path) && !path.startsWith('/usr/') && existsSync(path))
    .map((path) => ({ host: path, inside: path }));
