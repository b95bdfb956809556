/** Gathers every fact the doctor's checks are made of, and makes them. Writes nothing but what `--run-gate` needs. */

import { type Problem, SwarmError } from '@swarm/core/errors';
import type { CheckoutFacts } from '@swarm/git';
import { flagsSource } from '../config/flags.ts';
import { type LoadAsk, type LoadedConfig, loadConfig, NO_FLAGS, type Source } from '../config/load.ts';
import { OPEN } from '../config/sandboxes.ts';
import { lockHolder } from '../finding/opened-run.ts';
import { type RepositoryPaths, repositoryPaths, stateHome } from '../finding/paths.ts';
import { programPlaces } from '../places.ts';
import { agentProblems, agentsOffered } from '../preparing/agents.ts';
import { remembersOpen } from '../preparing/ask.ts';
import type { Found } from '../preparing/found.ts';
import { gather } from '../preparing/gather.ts';
import type { Located } from '../preparing/locate.ts';
import { notYet } from '../preparing/not-yet.ts';
import { rolePrompts } from '../preparing/prompt-hashes.ts';
import { remoteOf } from '../preparing/remotes.ts';
import { probeOnce } from '../preparing/sandbox-probe.ts';
import type { Context } from '../program/context.ts';
import { agentNames } from '../running/settings.ts';
import { type Check, failed, ok } from './check.ts';
import { forgeChecks } from './forge.ts';
import { gateChecks, programsOf } from './gate-checks.ts';
import { leftLocks, lockChecks } from './locks.ts';
import { type MachineFacts, machineFacts } from './machine.ts';
import { gitCheck, machineChecks } from './machine-checks.ts';
import { callChecks } from './model-calls.ts';
import { roleChecks } from './roles.ts';
import { runChecks } from './run-checks.ts';

export interface Configuration {
  /** Without the repository's part where that was refused; undefined where the operator's own is wrong. */
  readonly loaded: LoadedConfig | undefined;
  readonly problems: readonly Problem[];
}

export async function configuration(located: Located, { env }: Context): Promise<Configuration> {
  const own = { env, isTrustGiven: false };
  const ask = { ...own, ...(located.exists && !located.isBare && { repository: located.path }) };
  try {
    return { loaded: await loadConfig({ ...ask, flags: await chosenOpen(ask) }), problems: [] };
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    const flags = await chosenOpen(own).catch(() => NO_FLAGS);
    const loaded = await loadConfig({ ...own, flags }).catch(() => undefined);
    return { loaded, problems: error.problems };
  }
}

/** Where no sandbox works, what the operator chose once is what a run would do. */
async function chosenOpen(ask: Omit<LoadAsk, 'flags'>): Promise<Source> {
  if (!(await remembersOpen(ask.env))) return NO_FLAGS;
  const { config } = await loadConfig({ ...ask, flags: NO_FLAGS });
  const isMissing = (await probeOnce(config, ask.env)).kind === 'missing';
  return isMissing ? flagsSource({ sandbox: OPEN }) : NO_FLAGS;
}

/** `isGateWanted`: run setup and gate once, in a clone. `isYes`: a call that may cost is made without asking. */
export async function look(
  located: Located,
  { loaded, problems }: Configuration,
  { isGateWanted, isYes }: { readonly isGateWanted: boolean; readonly isYes: boolean },
  context: Context,
): Promise<readonly Check[]> {
  const machine = await machineFacts(stateHome(context.env));
  const configured = problems.map((problem) => failed('config', problem));
  if (!loaded) return [gitCheck(machine, undefined), ...machineChecks(machine, 1), ...configured];
  const run = await gather(located, loaded, 'planner', programPlaces(), context);
  const paths = run.checkout.isRepository
    ? await repositoryPaths(located.path, run.checkout.isBare, context.env)
    : undefined;
  const checks = [
    ...machineFirst(machine, run.checkout, loaded),
    ...(configured.length > 0 ? configured : [ok('config', sourcesText(loaded))]),
    ...runChecks(runFacts(run, loaded, context)),
    ...rolesOf(run, loaded),
    ...(await programsOf(run, loaded, context)),
    ...(await modelCalls(run, loaded, isYes, context)),
    ...(await remoteChecks(run, loaded, context)),
    ...(await locksOf(run.checkout, run.facts.target ?? 'HEAD', paths)),
  ];
  return isGateWanted ? [...checks, ...(await gateChecks(run, paths, loaded, checks, context))] : checks;
}

function rolesOf({ agents }: Found, { config, promptOverrides }: LoadedConfig): readonly Check[] {
  const roles = Object.entries(config.roles ?? {}).map(([name, role]) => ({ name, ...role }));
  const names = roles.map(({ name }) => name);
  return roleChecks({
    roles,
    agents: agentNames({ config, agents: agentsOffered(config, agents) }),
    driver: config.agent.driver,
    prompts: new Set(rolePrompts(programPlaces().prompts, promptOverrides, names)),
  });
}

const machineFirst = (machine: MachineFacts, checkout: CheckoutFacts, { config }: LoadedConfig): Check[] => [
  gitCheck(machine, checkout.isRepository ? checkout.gitVersion : undefined),
  ...machineChecks(machine, config.workers.max),
];

/** The workers' model: most calls of a run are theirs. */
async function modelCalls(
  { facts }: Found,
  { config }: LoadedConfig,
  isYes: boolean,
  context: Context,
): Promise<readonly Check[]> {
  const { worker, planner } = facts.models;
  return callChecks({ config, probes: facts.endpoints, model: worker ?? planner, isYes }, context);
}

function runFacts({ facts, detected, agents }: Found, { config }: LoadedConfig, { env }: Context) {
  const missing = config.endpoints.flatMap((e) =>
    e.keyEnv && !env[e.keyEnv] ? [[e.name, e.keyEnv] as const] : [],
  );
  const found = detected.why.filter((why) => !why.startsWith('no '));
  const keysMissing = new Map(missing);
  const unmet = [...notYet(config, 'planner'), ...agentProblems(config, agents, [])];
  return { facts, setup: detected.setup, found, config, keysMissing, notYet: unmet };
}

/** Where landings are pushed to a remote it is asked for its branch, with the operator's keys, as a run would. */
async function remoteChecks(run: Found, { config }: LoadedConfig, { env }: Context): Promise<Check[]> {
  if (config.deliver === 'pr') return forgeChecks(run, env);
  if (config.deliver !== 'push') return [];
  try {
    const to = await remoteOf(run, env);
    return to ? [ok('remote', `${to.remote} answers, and has ${to.branch}; it was not pushed to`)] : [];
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    return error.problems.map((problem) => failed('remote', problem));
  }
}

async function locksOf(
  checkout: CheckoutFacts,
  target: string,
  paths: RepositoryPaths | undefined,
): Promise<readonly Check[]> {
  if (!checkout.isRepository || !paths) return [];
  const left = await leftLocks(checkout.gitDir, checkout.commonDir, target, Date.now());
  return lockChecks({ holder: await lockHolder(paths), left });
}

function sourcesText({ origins }: LoadedConfig): string {
  const files = [...new Set([...origins.values()].map((origin) => origin.replace(/: [^:]*$/, '')))];
  return files.length === 0 ? 'defaults only' : `set by ${files.join(', ')}`;
}
