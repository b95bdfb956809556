/** Which agents a run has: installed here, and with an endpoint they can ask. Whoever is wanted and is not there is told, with what mends it. */
import { isPreset, PRESETS, type PresetName } from '@swarm/agent';
import type { Problem } from '@swarm/core/errors';
import type { Agents } from '../agents/found.ts';
import type { Config } from '../config/resolved.ts';

/** Those a task may name. */
export function agentsOffered(config: Pick<Config, 'endpoints'>, agents: Agents): readonly PresetName[] {
  return agents.found.map(({ name }) => name).filter((name) => canAsk(config, name));
}

const canAsk = ({ endpoints }: Pick<Config, 'endpoints'>, name: PresetName): boolean =>
  endpoints.some(({ dialect }) => dialect === PRESETS[name].dialect);

/** @param wishes agents that tasks of a plan name. */
export function agentProblems(
  config: Pick<Config, 'endpoints' | 'agent'>,
  agents: Agents,
  wishes: readonly string[],
): readonly Problem[] {
  const { driver, fallback = [] } = config.agent;
  const wanted = [...new Set([driver, ...fallback, ...wishes])].filter(isPreset);
  return wanted.flatMap((name) => problemOf(config, agents, name) ?? []);
}

function problemOf(
  config: Pick<Config, 'endpoints'>,
  { found, hidden }: Agents,
  name: PresetName,
): Problem | undefined {
  const { program, dialect, npm } = PRESETS[name];
  const install = `swarm doctor --fix-agents ${name}`;
  const seen = hidden.find((one) => one.name === name);
  if (seen)
    return {
      code: 'SW0317',
      what: `the agent ${name} cannot be shown in the sandbox`,
      where: seen.file,
      why: seen.why,
      fix: install,
    };
  if (!found.some((one) => one.name === name))
    return {
      code: 'SW0317',
      what: `the agent ${name} is not installed`,
      why: `there is no program ${program} on PATH, and swarm has not installed it`,
      fix: `${install}   # installs ${npm.package} ${npm.version} for swarm alone`,
    };
  if (canAsk(config, name)) return undefined;
  const [first] = config.endpoints;
  // Without any endpoint that is what is told.
  if (first === undefined) return undefined;
  return {
    code: 'SW0102',
    what: `the agent ${name} asks its model in dialect ${dialect}, and no endpoint speaks it`,
    where: 'endpoints',
    why: 'nothing is translated between dialects',
    fix: `dialect = "${dialect}"   # of one more of [[endpoints]]`,
  };
}
