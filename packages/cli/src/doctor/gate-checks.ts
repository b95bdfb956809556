/** The gate and its setup as the sandbox of a run has them: their programs, and, where that was asked for, the commands. */
import { join } from 'node:path';
import type { Sandbox } from '@swarm/core/ports/running';
import type { ProviderName } from '@swarm/sandbox';
import type { LoadedConfig } from '../config/load.ts';
import { mountText } from '../config/shown.ts';
import { operatorConfigFile, type RepositoryPaths } from '../finding/paths.ts';
import { programPlaces } from '../places.ts';
import type { Found } from '../preparing/found.ts';
import { foldersOf, offersFor, othersThere } from '../preparing/programs.ts';
import type { Context } from '../program/context.ts';
import { sandboxOf } from '../running/run-sandbox.ts';
import { type Check, failed, note } from './check.ts';
import { runGate } from './gate-run.ts';
import { missingInside, neededPrograms, programChecks } from './programs.ts';

/** As a run would make it; `state` is where what is left of it would be found. */
export function sandboxFor(
  { config }: Pick<LoadedConfig, 'config'>,
  provider: ProviderName,
  state: string,
  { env }: Context,
): Sandbox {
  return sandboxOf({ file: { sandbox: provider, config }, state, places: programPlaces(), env });
}

/** Asked inside a sandbox that works; where none does, that is told by a check of its own. */
export async function programsOf(
  { detected, facts }: Pick<Found, 'detected' | 'facts'>,
  loaded: Pick<LoadedConfig, 'config' | 'written'>,
  context: Context,
): Promise<readonly Check[]> {
  const { config, written } = loaded;
  const needed = neededPrograms(detected);
  const { sandboxProbe: probe } = facts;
  if (!facts.checkout.isRepository || probe.kind === 'missing' || needed.length === 0) return [];
  const { env } = context;
  const missing = await missingInside(sandboxFor(loaded, probe.provider, facts.repository, context), needed);
  if ('unknown' in missing)
    return [failed('programs', { code: 'SW0304', what: missing.unknown, fix: 'swarm doctor --sandbox' })];
  const others = await othersThere(needed, config, env);
  const offers = await offersFor([...missing, ...others.keys()], env);
  const offered = foldersOf(offers).map((folder) => mountText(folder, env));
  const mounts = [...new Set([...written.sandbox.mounts, ...offered])];
  return programChecks({
    commands: detected,
    needed,
    missing,
    others,
    offers,
    mounts,
    configFile: operatorConfigFile(env),
  });
}

/** Where it cannot be run that is said: a check that was asked for is never just left out. */
export async function gateChecks(
  { detected, facts, target }: Found,
  paths: RepositoryPaths | undefined,
  loaded: LoadedConfig,
  before: readonly Check[],
  context: Context,
): Promise<readonly Check[]> {
  const { gate } = detected;
  const setup = detected.setup === 'none' ? undefined : detected.setup;
  const { sandboxProbe: probe } = facts;
  const isBroken = before.some(
    ({ name, verdict }) => /^(repository|sandbox)$/.test(name) && verdict === 'failed',
  );
  if (isBroken || probe.kind === 'missing' || !paths || !target)
    return [note('gate run', 'not run: repository or sandbox have to be mended first')];
  if (gate === undefined || gate === 'none') return [note('gate run', 'not run: there is no gate')];
  context.output.narrate(`running ${[setup, gate].filter(Boolean).join(', then ')} in a clone of ${target}`);
  const state = join(paths.state, 'doctor');
  const sandbox = sandboxFor(loaded, probe.provider, state, context);
  const gateMs = loaded.config.gate.timeoutMs;
  return runGate({ repository: paths.repository, target, state, sandbox, setup, gate, gateMs });
}
