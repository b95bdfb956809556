/** Every fact a run is prepared from: where, configured how, asked what, with what on this machine. Decides nothing. */
import { resolve } from 'node:path';
import { type RunMode, readPlan, SwarmError, type TaskDraft } from '@swarm/core';
import { type CheckoutFacts, cloneOrigin, Git, readCheckout } from '@swarm/git';
import { priceOf, probeEndpoint } from '@swarm/llm';
import { findOnPath, probeBubblewrap } from '@swarm/sandbox';
import { askToTrust, isSomebodyThere, mayRunOpen } from './ask.ts';
import type { BranchesOpening } from './branches.ts';
import { systemClock } from '../running/clock.ts';
import { detectCommands, type ListingReader } from '../config/detect.ts';
import { flagsSource } from '../config/flags.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import type { Config } from '../config/resolved.ts';
import { readInput } from './input-file.ts';
import { endpointsOf, modelNames, pricesOf } from '../running/models.ts';
import { clonePath, type Environment, findRepository } from '../finding/paths.ts';
import { type ProgramPlaces, sandboxPath } from '../places.ts';
import type { Context, RunOptions } from '../program/program.ts';
import { operatorEnv, signingFacts } from './signing.ts';

export interface Located {
  readonly path: string;
  readonly isBare: boolean;
  readonly exists: boolean;
}

export async function locate(repo: string | undefined, context: Context): Promise<Located> {
  if (repo && /^(https?|ssh|git|file):\/\/|^[\w.-]+@[\w.-]+:/.test(repo)) {
    const path = clonePath(repo, context.env);
    context.output.narrate(`fetching ${repo}`);
    await cloneOrigin(new Git(networkEnv(context.env)), repo, path);
    return { path, isBare: true, exists: true };
  }
  const from = resolve(context.cwd, repo ?? '.');
  const found = await findRepository(from);
  return found ? { ...found, exists: true } : { path: from, isBare: false, exists: false };
}

/** What talks to the operator's own remotes may use the operator's own keys and configuration, the machine's too. */
export function networkEnv(env: Environment): Record<string, string> {
  const names = ['PATH', 'HOME', 'SSH_AUTH_SOCK', 'XDG_CONFIG_HOME'];
  const own = Object.fromEntries(names.flatMap((n) => (env[n] ? [[n, env[n]]] : [])));
  return {
    ...own,
    GIT_CONFIG_NOSYSTEM: '0',
    GIT_ALLOW_PROTOCOL: 'https:http:ssh:git:file',
    ...(env.HOME && { GIT_CONFIG_GLOBAL: `${env.HOME}/.gitconfig` }),
  };
}

/** Where no sandbox works and none was chosen, a person may say once that it is to go on without. */
export async function contained(
  located: Located,
  options: RunOptions,
  context: Context,
): Promise<LoadedConfig> {
  const loaded = await configuration(located, options, context);
  if (loaded.config.workers.sandbox !== 'auto') return loaded;
  const probe = await probeBubblewrap();
  if (probe.kind === 'works' || !(await mayRunOpen(context.env, probe.reason))) return loaded;
  return configuration(located, { ...options, sandbox: 'none' }, context);
}

function configuration(located: Located, options: RunOptions, context: Context): Promise<LoadedConfig> {
  return loadConfig({
    env: context.env,
    ...(located.exists && !located.isBare && { repository: located.path }),
    flags: flagsSource(options),
    isTrustGiven: options.trustRepo === true,
    ...(isSomebodyThere() && { askTrust: askToTrust }),
  });
}

export interface Opening {
  readonly text: string;
  readonly mode: RunMode;
  readonly plan?: readonly TaskDraft[];
  readonly branches?: BranchesOpening;
  /** Said before anything runs. */
  readonly notices?: readonly string[];
}

export async function openingOf(request: string, options: RunOptions, context: Context): Promise<Opening> {
  const fromFile = options.requestFile === undefined ? '' : await readInput(options.requestFile, context.cwd);
  const text = [request, fromFile]
    .map((t) => t.trim())
    .filter(Boolean)
    .join('\n\n');
  if (options.plan === undefined) {
    if (text !== '') return { text, mode: 'planner' };
    throw new SwarmError({
      code: 'SW0103',
      what: 'there is no request',
      why: 'neither words, --request-file nor --plan was given',
      fix: 'swarm run "what you want done"',
    });
  }
  const { drafts, problems } = readPlan(await readInput(options.plan, context.cwd));
  if (problems.length > 0) {
    throw new SwarmError(
      problems.map((p) => ({
        code: 'SW0202',
        what: `the plan is wrong: ${p.why}`,
        where: `${options.plan}: ${p.path}`,
        fix: 'swarm schema task',
      })),
    );
  }
  return { text: text || `the plan in ${options.plan}`, mode: 'plan', plan: drafts };
}

export async function gather(
  located: Located,
  loaded: LoadedConfig,
  mode: RunMode,
  places: ProgramPlaces,
  context: Context,
) {
  const { config } = loaded;
  const { checkout, target } = await checkoutFacts(located, config, context);
  const detected = await detect(checkout, config, context);
  const needsModel = mode === 'planner' || (mode === 'plan' && config.agent.driver === 'builtin');
  const [sandboxProbe, endpoints, signing] = await Promise.all([
    config.workers.sandbox === 'none' ? ({ kind: 'works' } as const) : probeBubblewrap(),
    needsModel ? probeAll(config, context) : [],
    signingFacts(checkout, config, context.env),
  ]);
  const models = needsModel ? modelsAsked(config, mode === 'plan') : {};
  return {
    checkout,
    target,
    detected,
    facts: {
      repository: located.path,
      checkout,
      target,
      deliver: config.deliver,
      sandbox: config.workers.sandbox,
      sandboxProbe,
      signing,
      ...(detected.gate !== undefined && { gate: detected.gate }),
      needsModel,
      endpoints,
      models,
      unpriced: config.budget.usd === undefined ? [] : unpriced(Object.values(models), places, context),
    },
  };
}

function probeAll(config: Config, { env }: Context) {
  return Promise.all(
    endpointsOf({ config }, env).map(async (e) => ({
      name: e.name,
      keyEnv: config.endpoints.find(({ name }) => name === e.name)?.keyEnv,
      ...(await probeEndpoint(e, { clock: systemClock })),
    })),
  );
}

/** Names by role, of the roles this run will ask; a role nobody named a model for is left out. */
function modelsAsked(config: Config, hasPlan: boolean): Record<string, string> {
  if (!Object.values(config.models).some(Boolean)) return {};
  const names = modelNames({ config });
  return {
    ...(!hasPlan && { planner: names.planner, reconciler: names.reconciler }),
    ...(config.agent.driver === 'builtin' && { worker: names.worker }),
  };
}

function unpriced(models: readonly string[], places: ProgramPlaces, { env }: Context): readonly string[] {
  const table = pricesOf(places, env);
  return [...new Set(models)].filter((model) => priceOf(table, model) === undefined);
}

export async function checkoutFacts(
  located: Located,
  config: Config,
  context: Context,
): Promise<{ checkout: CheckoutFacts; target: string | undefined }> {
  const operator = operatorEnv(context.env);
  const first = await readCheckout(located.path, config.target ?? 'main', operator);
  if (!first.isRepository || config.target !== undefined) return { checkout: first, target: config.target };
  if (first.branch === undefined || first.branch === 'main') return { checkout: first, target: first.branch };
  return { checkout: await readCheckout(located.path, first.branch, operator), target: first.branch };
}

interface Commands {
  readonly gate: string | undefined;
  readonly setup: string | undefined;
  readonly why: readonly string[];
}

/** What is configured wins; what is not is found in the target's own files. */
export async function detect(checkout: CheckoutFacts, config: Config, context: Context): Promise<Commands> {
  const command = config.gate.policy === 'none' ? 'none' : config.gate.command;
  if (command !== undefined && config.setup !== undefined)
    return { gate: command, setup: config.setup, why: [] };
  if (!checkout.isRepository || !checkout.targetCommit)
    return { gate: command, setup: config.setup, why: [] };
  const found = await detectCommands(filesAt(checkout.commonDir, checkout.targetCommit));
  const setup = config.setup ?? (await runnable(found.setup, config, context));
  const why =
    setup === undefined && found.setup
      ? [...found.why, `no setup: ${found.setup.split(' ', 1)[0]} is not installed`]
      : found.why;
  return { gate: command ?? found.gate, setup, why };
}

/** A setup nobody asked for is only taken when its program is there for the sandbox to run. */
async function runnable(
  setup: string | undefined,
  config: Config,
  { env }: Context,
): Promise<string | undefined> {
  if (setup === undefined) return undefined;
  const folders = sandboxPath(env).filter(
    (f) => config.workers.sandbox === 'none' || /^\/(usr|bin|sbin)\b/.test(f),
  );
  return (await findOnPath(setup.split(' ', 1)[0]!, folders.join(':'))) ? setup : undefined;
}

function filesAt(gitDir: string, commit: string): ListingReader {
  const git = new Git();
  const read = async (path: string): Promise<string | undefined> => {
    const found = await git.run({ gitDir }, 'cat-file', ['blob', `${commit}:${path}`], {
      codes: [0, 128],
      maxBytes: 4 * 1024 * 1024,
    });
    return found.code === 0 ? found.stdout.toString('utf8') : undefined;
  };
  return { read, has: async (path) => (await read(path)) !== undefined };
}
