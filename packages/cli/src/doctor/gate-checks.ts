/** The gate and its setup as the sandbox of a run has them: their programs, and, where that was asked for, the commands. */
import { join } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import { mountText } from '../config/shown.ts';
import { operatorConfigFile, type RepositoryPaths } from '../finding/paths.ts';
import type { Found } from '../preparing/found.ts';
import { missingInside } from '../preparing/inside.ts';
import { foldersOf, offersFor, othersThere } from '../preparing/programs.ts';
import type { Context } from '../program/context.ts';
import { lookSandbox } from '../running/look-sandbox.ts';
import { type Check, failed, note } from './check.ts';
import { runGate } from './gate-run.ts';
import { neededPrograms, programChecks } from './programs.ts';

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
  const missing = await missingInside(lookSandbox(config, probe.provider, context.env), needed);
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
  const sandbox = lookSandbox(loaded.config, probe.provider, context.env);
  const gateMs = loaded.config.gate.timeoutMs;
  return runGate({ repository: paths.repository, target, state, sandbox, setup, gate, gateMs });
}
