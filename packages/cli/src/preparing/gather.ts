/** Every fact a run is prepared from. Decides nothing, asks nobody, refuses nothing. */
import { PRESET_NAMES } from '@swarm/agent';
import { SwarmError } from '@swarm/core/errors';
import type { RunMode } from '@swarm/core/model/request';
import { choose, handsOf, rolesWith } from '@swarm/core/rules/roles';
import type { TaskDraft } from '@swarm/core/rules/task-format';
import { type Probe, priceOf, probeEndpoint } from '@swarm/llm';
import { type Agents, findAgents } from '../agents/found.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { Config } from '../config/resolved.ts';
import { candidates } from '../config/sandbox-choice.ts';
import { foldersAbove } from '../finding/door.ts';
import { type Environment, operatorPricesFile, repositoryPaths } from '../finding/paths.ts';
import type { ProgramPlaces } from '../places.ts';
import type { Context } from '../program/context.ts';
import { systemClock } from '../running/clock.ts';
import { insideOf } from '../running/look-sandbox.ts';
import { agentModel, endpointsOf, modelNames, pricesOf } from '../running/models.ts';
import { checkoutFacts } from './checkout-facts.ts';
import { detect } from './detect.ts';
import type { Found } from './found.ts';
import type { Located } from './locate.ts';
import type { EndpointProbe } from './preflight-models.ts';
import { ownProvider, probeOnce } from './sandbox-probe.ts';
import { signingFacts } from './signing.ts';

export async function gather(
  located: Located,
  loaded: LoadedConfig,
  mode: RunMode,
  places: ProgramPlaces,
  context: Context,
  isReplay = false,
): Promise<Found> {
  const { config } = loaded;
  const { checkout, target } = await checkoutFacts(located, config, context);
  const detected = await detect(checkout, config, mode, context, located.within);
  const needsModel =
    mode === 'planner' || (mode === 'plan' && (asksModels(config.agent.driver) || votesByModel(config)));
  const runsCommands = mode !== 'land' || isCommand(detected.gate) || isCommand(detected.setup);
  const [sandboxProbe, endpoints, signing, own, agents] = await Promise.all([
    runsCommands
      ? probeOnce(config, context.env)
      : { kind: 'works' as const, provider: candidates(config)[0]! },
    !needsModel ? [] : isReplay ? unasked(config) : probeAll(config, context),
    signingFacts(checkout, config, context.env),
    checkout.isRepository
      ? repositoryPaths(located.path, checkout.isBare, context.env).then(foldersAbove)
      : { links: [], foreign: [] },
    mode === 'land' ? { found: [], hidden: [] } : agentsFor(config, context.env),
  ]);
  const models = needsModel ? modelsAsked(config, mode === 'plan') : {};
  return {
    checkout,
    target,
    detected,
    agents,
    facts: {
      repository: located.path,
      checkout,
      own,
      target,
      deliver: config.deliver,
      sandbox: config.workers.sandbox,
      sandboxProbe,
      signing,
      ...(detected.gate !== undefined && { gate: detected.gate }),
      needsModel,
      endpoints,
      models,
      pricesFile: operatorPricesFile(context.env),
      unpriced: !boundsMoney(config) ? [] : unpriced(Object.values(models), places, context),
    },
  };
}

async function agentsFor(config: Config, env: Environment): Promise<Agents> {
  const provider = await ownProvider(config, env);
  return findAgents(env, PRESET_NAMES, provider && insideOf(config, provider, env));
}

/** A replay asks no endpoint; its models are those the recorded run was answered by. */
const unasked = ({ endpoints }: Config): readonly EndpointProbe[] =>
  endpoints.map(({ name }) => ({ name, kind: 'up', models: [] }));

function probeAll({ endpoints }: Config, { env }: Context): Promise<readonly EndpointProbe[]> {
  return Promise.all(
    endpoints.map(async (endpoint) => {
      const { weight: _, dialect: __, ...about } = endpoint;
      const { keyEnv } = about;
      const isKeyless = keyEnv !== undefined && !env[keyEnv];
      return {
        ...about,
        isKeyless,
        ...(await probe({ config: { endpoints: [endpoint] } }, env)),
      };
    }),
  );
}

/** A key that cannot be used is known without a call. */
async function probe(
  file: Parameters<typeof endpointsOf>[0],
  env: Environment,
): Promise<Probe & Pick<EndpointProbe, 'keyProblem'>> {
  try {
    return await probeEndpoint(endpointsOf(file, env)[0]!, { clock: systemClock });
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    const keyProblem = error.problems[0]!;
    return { kind: 'auth', why: keyProblem.why ?? keyProblem.what, keyProblem };
  }
}

/** Neither `none` nor nothing found. */
const isCommand = (text: string | undefined): boolean => text !== undefined && text !== 'none';

/** Reviewers vote, and none of them is an agent: swarm asks their model itself. */
const votesByModel = ({ review, roles }: Pick<Config, 'review' | 'roles'>): boolean =>
  review !== undefined && roles?.reviewer?.agent === undefined;

/** A program that the operator names may ask no model at all. */
const asksModels = (driver: string): boolean => driver !== 'command' && driver !== 'acp';

/**
 * Names by what asks for them: swarm’s own (`planner`), a stand-in or a role’s agent (`agent.codex`), a role with a model
 * of its own (`role.reviewer`); of those this run will ask, and empty where one of its own has none.
 */
export function modelsAsked(
  config: Pick<Config, 'models' | 'agent' | 'roles' | 'review'>,
  hasPlan: boolean,
): Record<string, string> {
  const { driver, fallback = [], models = {} } = config.agent;
  const asking = [driver, ...fallback].filter(asksModels);
  const isNamed = Object.values(config.models).some(Boolean);
  const isEachNamed = hasPlan && !votesByModel(config) && asking.every((name) => models[name] !== undefined);
  if (!isNamed && !isEachNamed) return {};
  const names = modelNames({ config });
  const given = asking.map((name) => [
    name === driver ? 'worker' : `agent.${name}`,
    agentModel({ config }, name),
  ]);
  return {
    ...(!hasPlan && { planner: names.planner, reconciler: names.reconciler }),
    ...(votesByModel(config) && { reviewer: names.reviewer }),
    ...Object.fromEntries([...ofRoles(config), ...given]),
  };
}

/** Whether a task will ask for a role is not known yet. */
function ofRoles(config: Pick<Config, 'models' | 'agent' | 'roles'>): readonly (readonly [string, string])[] {
  const { driver } = config.agent;
  const asked: [string, string][] = [];
  for (const [name, role] of Object.entries(config.roles ?? {}))
    for (const [i, { agent = driver, model }] of handsOf(role).entries()) {
      if (!asksModels(agent)) continue;
      if (model !== undefined) asked.push([i === 0 ? `role.${name}` : `role.${name}.${i}`, model]);
      else if (agent !== driver) asked.push([`agent.${agent}`, agentModel({ config }, agent)]);
    }
  return asked;
}

/** Somebody's money is bounded: what is spent must have a price. */
export function boundsMoney({ budget, workers }: Pick<Config, 'budget' | 'workers'>): boolean {
  const parts = Object.values(budget.roles ?? {});
  return [budget.usd, budget.taskUsd, workers.usd, ...parts.map((part) => part?.usd)].some(
    (usd) => usd !== undefined,
  );
}

/**
 * Models that only a plan’s own tasks ask, by their agent or their role, or that others name, where money is bounded and
 * their price is not known.
 */
export function unpricedWishes(
  config: Config,
  drafts: readonly TaskDraft[],
  others: readonly string[],
  places: ProgramPlaces,
  context: Context,
): readonly string[] {
  if (!boundsMoney(config)) return [];
  const { driver } = config.agent;
  const roles = rolesWith(config.roles ?? {});
  const chosen = drafts.map((draft) => choose(draft, roles, { driver, current: driver }));
  const asked = [...chosen, ...others.map((agent) => ({ agent, model: undefined }))];
  return unpriced(
    asked.flatMap(({ agent, model = agentModel({ config }, agent) }) => (asksModels(agent) ? [model] : [])),
    places,
    context,
  );
}

function unpriced(models: readonly string[], places: ProgramPlaces, { env }: Context): readonly string[] {
  const table = pricesOf(places, env);
  return [...new Set(models)].filter((model) => priceOf(table, model) === undefined);
}
