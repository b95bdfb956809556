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
  PRESETS,
} from '@swarm/agent';
import { NO_USAGE } from '@swarm/core/model/usage';
import type { Agent, Mount } from '@swarm/core/ports/running';
import { type FoundAgent, findAgents } from '../agents/found.ts';
import type { ComposeAsk } from './compose-ask.ts';
import { insideOf } from './look-sandbox.ts';
import { agentDialect, agentModel, agentProfile, endpointsOf, profilesOf } from './models.ts';
import type { RunFile } from './run-file.ts';
import type { SecretWatch } from './secret-watch.ts';
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
  const own: Agent[] = [
    builtin(ask, drivers, agentMain, mcp),
    ...(agent.acp ? [acp(ask, drivers, agent.acp)] : []),
    ...(agent.command
      ? [createCommandAgent({ ...drivers, readOnly: mountsOf(agent.command.run), run: agent.command.run })]
      : []),
    ...found.map((one) => preset(ask, drivers, one)),
  ];
  const agents = new Map(own.map((one) => [one.name, watch.over(noted(one, standIns))]));
  const capabilities = [...agents.keys()];
  const agentFor = (wish: string | undefined): Agent => {
    const name = wish ?? standIns.current();
    return agents.get(name) ?? missingAgent(name, capabilities);
  };
  return { agentFor, capabilities };
}

const noted = ({ name, run }: Agent, standIns: StandIns): Agent => ({
  name,
  run(job) {
    standIns.started(job.attempt, name);
    return run(job);
  },
});

/** Its file is shown to its own rooms alone. */
function builtin(
  ask: ComposeAsk,
  drivers: DriverParts,
  { path, ready }: AgentProgram,
  mcp: McpParts | undefined,
): Agent {
  const { nodePath } = ask.places;
  const model = agentModel(ask.file, 'builtin');
  const dialect = agentDialect(endpointsOf(ask.file, ask.env));
  const known = {
    ...(dialect && { dialect }),
    ...(mcp && { mcp }),
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
  return { name: agent.name, run: async (job) => ready().then(() => agent.run(job)) };
}

function acp(
  ask: ComposeAsk,
  drivers: DriverParts,
  how: NonNullable<RunFile['config']['agent']['acp']>,
): Agent {
  const model = agentModel(ask.file, 'acp');
  return createAcpAgent({ ...withModel(drivers, model), ...how, readOnly: mountsOf(how.run), model });
}

function preset(ask: ComposeAsk, drivers: DriverParts, { name, file, isScript, shows }: FoundAgent): Agent {
  const model = agentModel(ask.file, name);
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
