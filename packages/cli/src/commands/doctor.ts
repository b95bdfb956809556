/** `swarm doctor`: everything a run needs of this machine and repository, looked at before one is begun. */
import { join } from 'node:path';
import { type Problem, SwarmError } from '@swarm/core';
import { probeBubblewrap } from '@swarm/sandbox';
import { remembersOpen } from '../ask.ts';
import { flagsSource } from '../config/flags.ts';
import { type LoadedConfig, loadConfig, NO_FLAGS, type Source } from '../config/load.ts';
import { type Check, failed, ok } from '../doctor/check.ts';
import { configTable } from '../doctor/config-table.ts';
import { runGate } from '../doctor/gate-run.ts';
import { type LockFacts, leftLocks, lockChecks } from '../doctor/locks.ts';
import { machineFacts } from '../doctor/machine.ts';
import { gitCheck, machineChecks } from '../doctor/machine-checks.ts';
import { runChecks } from '../doctor/run-checks.ts';
import { exitCodeFor } from '../errors.ts';
import { gather, type Located, locate } from '../gather.ts';
import { notYet } from '../not-yet.ts';
import { lockHolder } from '../opened-run.ts';
import { sanitize } from '../output.ts';
import { type Environment, type RepositoryPaths, repositoryPaths, stateHome } from '../paths.ts';
import { programPlaces } from '../places.ts';
import type { Context } from '../program.ts';
import { sandboxOf } from '../run-sandbox.ts';

export interface DoctorOptions {
  readonly repo?: string | undefined;
  readonly config?: true | undefined;
  readonly runGate?: true | undefined;
  readonly json?: true | undefined;
}

export async function doctor(options: DoctorOptions, context: Context): Promise<number> {
  const located = await locate(options.repo, context);
  const { loaded, problems } = await configuration(located, context);
  const checks = await look(located, loaded, problems, options, context);
  const wrong = checks.flatMap((check) => (check.problem ? [check.problem] : []));
  const table = options.config && loaded ? configTable(loaded) : undefined;
  if (options.json)
    context.output.json({ ok: wrong.length === 0, checks, ...(table && { config: table.rows }) });
  else context.output.result([checksText(checks, context), ...(table ? [table.text] : [])].join('\n\n'));
  return wrong.length === 0 ? 0 : exitCodeFor(wrong);
}

interface Configuration {
  /** Without the repository's part where that was refused; undefined where the operator's own is wrong. */
  readonly loaded: LoadedConfig | undefined;
  readonly problems: readonly Problem[];
}

async function configuration(located: Located, { env }: Context): Promise<Configuration> {
  const ask = { env, flags: await chosenOpen(env), isTrustGiven: false };
  const repository = located.exists && !located.isBare ? { repository: located.path } : {};
  try {
    return { loaded: await loadConfig({ ...ask, ...repository }), problems: [] };
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    return { loaded: await loadConfig(ask).catch(() => undefined), problems: error.problems };
  }
}

/** Where no sandbox works, what the operator chose once is what a run would do. */
async function chosenOpen(env: Environment): Promise<Source> {
  const isOpen = (await remembersOpen(env)) && (await probeBubblewrap()).kind === 'missing';
  return isOpen ? flagsSource({ sandbox: 'none' }) : NO_FLAGS;
}

async function look(
  located: Located,
  loaded: LoadedConfig | undefined,
  problems: readonly Problem[],
  options: DoctorOptions,
  context: Context,
): Promise<readonly Check[]> {
  const places = programPlaces();
  const machine = await machineFacts(stateHome(context.env));
  const configured =
    problems.length > 0 ? problems.map((p) => failed('config', p)) : [ok('config', sourcesText(loaded!))];
  if (!loaded) return [gitCheck(machine, undefined), ...configured, ...machineChecks(machine, 1)];
  const { config } = loaded;
  const { checkout, detected, facts, target } = await gather(located, loaded, false, places, context);
  const keysMissing = new Map(
    config.endpoints.flatMap((e) =>
      e.keyEnv && !context.env[e.keyEnv] ? [[e.name, e.keyEnv] as const] : [],
    ),
  );
  const paths = checkout.isRepository
    ? await repositoryPaths(located.path, checkout.isBare, context.env)
    : undefined;
  const locks: LockFacts = {
    holder: paths && (await lockHolder(paths)),
    left: checkout.isRepository
      ? await leftLocks(checkout.gitDir, checkout.commonDir, facts.target, Date.now())
      : [],
  };
  const found = detected.why.filter((why) => !why.startsWith('no '));
  const checks = [
    gitCheck(machine, checkout.isRepository ? checkout.gitVersion : undefined),
    ...machineChecks(machine, config.workers.max),
    ...configured,
    ...runChecks({ facts, setup: detected.setup, found, config, keysMissing, notYet: notYet(config) }),
    ...(paths ? lockChecks(locks) : []),
  ];
  const { gate } = detected;
  const mayRun = options.runGate && gate !== undefined && gate !== 'none' && paths && target;
  if (!mayRun || checks.some(({ name, verdict }) => name === 'sandbox' && verdict === 'failed'))
    return checks;
  context.output.narrate(
    `running ${[detected.setup, gate].filter(Boolean).join(', then ')} in a clone of ${target}`,
  );
  return [...checks, ...(await gateChecks(paths, loaded, { gate, setup: detected.setup, target }, context))];
}

function gateChecks(
  paths: RepositoryPaths,
  { config }: LoadedConfig,
  commands: { readonly gate: string; readonly setup: string | undefined; readonly target: string },
  { env }: Context,
): Promise<readonly Check[]> {
  const { gate, target } = commands;
  const setup = commands.setup === 'none' ? undefined : commands.setup;
  const provider = config.workers.sandbox === 'none' ? 'none' : 'bubblewrap';
  const state = join(paths.state, 'doctor');
  const file = { sandbox: provider, config } as const;
  const sandbox = sandboxOf({ file, state, places: programPlaces(), env });
  const gateMs = config.gate.timeoutMs;
  return runGate({ repository: paths.repository, target, state, sandbox, setup, gate, gateMs });
}

function sourcesText({ origins }: LoadedConfig): string {
  const files = [...new Set([...origins.values()].map((origin) => origin.replace(/: [^:]*$/, '')))];
  return files.length === 0 ? 'defaults only' : `set by ${files.join(', ')}`;
}

function checksText(checks: readonly Check[], { output: { ink } }: Context): string {
  const width = Math.max(...checks.map((check) => check.name.length));
  const marks = { ok: ink.green('ok    '), note: ink.yellow('note  '), failed: ink.red('FAILED') };
  const lines = checks.flatMap(({ name, verdict, detail, problem }) => [
    `${sanitize(name).padEnd(width)}  ${marks[verdict]}  ${sanitize(detail)}`,
    ...(['where', 'why', 'fix'] as const).flatMap((part) => {
      const text = problem?.[part];
      return text === undefined
        ? []
        : [
            `${' '.repeat(width)}          ${part.padEnd(5)}  ${sanitize(text).replaceAll('\n', `\n${' '.repeat(width + 17)}`)}`,
          ];
    }),
  ]);
  const broken = checks.filter((check) => check.verdict === 'failed').length;
  const verdict =
    broken === 0
      ? 'a run may begin: swarm run "what you want done"'
      : `${broken} of ${checks.length} checks failed`;
  return [...lines, '', verdict].join('\n');
}
