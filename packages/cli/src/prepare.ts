/** From the command line to a run that may begin: gather every fact, refuse everything wrong at once, pin the rest. */
import { makeRunId, type Problem, SwarmError, type TaskDraft } from '@swarm/core';
import type { CheckoutFacts } from '@swarm/git';
import { flagsSource } from './config/flags.ts';
import { type LoadedConfig, loadConfig } from './config/load.ts';
import { configHash } from './config/resolved.ts';
import { contained, gather, type Located, locate, type Opening, openingOf } from './gather.ts';
import { notYet } from './not-yet.ts';
import { type RepositoryPaths, repositoryPaths } from './paths.ts';
import type { ProgramPlaces } from './places.ts';
import { preflight } from './preflight.ts';
import type { Context, RunOptions } from './program.ts';
import { promptHashes } from './prompt-hashes.ts';
import type { RunFile } from './run-file.ts';

export interface Prepared {
  readonly file: RunFile;
  readonly repository: RepositoryPaths;
  /** The target's head now. */
  readonly base: string;
  /** What all work trees share: where `info/exclude` is. */
  readonly commonDir: string;
  /** Trusted texts of the repository's own prompts, by file name. */
  readonly promptOverrides: ReadonlyMap<string, string>;
  readonly opening: { readonly text: string; readonly plan?: readonly TaskDraft[] };
  readonly notices: readonly string[];
  /** What was found and will run, in words. */
  readonly shown: readonly string[];
}

export async function prepare(
  request: string,
  options: RunOptions,
  context: Context,
  places: ProgramPlaces,
): Promise<Prepared> {
  const located = await locate(options.repo, context);
  const problems: Problem[] = [];
  const config = await collect(problems, () => contained(located, options, context));
  const opening = await collect(problems, () => openingOf(request, options, context));
  const loaded =
    config ??
    (await loadConfig({ env: context.env, flags: flagsSource({}), isTrustGiven: false }).catch(
      () => undefined,
    ));
  if (!loaded) throw new SwarmError(problems);
  // A plan that cannot be read is a plan still: nobody is told that a planner's model is missing.
  const found = await gather(located, loaded, options.plan !== undefined, places, context);
  const verdict = preflight(found.facts);
  problems.push(...notYet(loaded.config), ...verdict.problems);
  if (problems.length > 0 || !opening || found.target === undefined) throw new SwarmError(problems);
  return pin(located, loaded, found, opening, verdict.notices, places, context);
}

/** Runs one gathering step; what it refuses joins the others. */
async function collect<T>(problems: Problem[], step: () => Promise<T>): Promise<T | undefined> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

// ───────────── pinning ─────────────

async function pin(
  located: Located,
  loaded: LoadedConfig,
  found: Awaited<ReturnType<typeof gather>>,
  opening: Opening,
  notices: readonly string[],
  places: ProgramPlaces,
  context: Context,
): Promise<Prepared> {
  const checkout = found.checkout as Extract<CheckoutFacts, { isRepository: true }>;
  const { config } = loaded;
  const run = makeRunId(Date.now(), Math.random);
  const target = found.target!;
  const isBare = checkout.isBare;
  const gate = found.detected.gate === 'none' ? null : found.detected.gate!;
  const setup =
    found.detected.setup === undefined || found.detected.setup === 'none' ? null : found.detected.setup;
  const landOn = isBare && config.deliver === 'apply' ? `refs/heads/${target}` : `refs/heads/swarm/${run}`;
  const file: RunFile = {
    v: 1,
    run,
    openedAt: new Date().toISOString(),
    version: places.version,
    mode: opening.mode,
    repository: located.path,
    isBare,
    target,
    landOn,
    deliver: config.deliver,
    gate,
    setup,
    sandbox: config.workers.sandbox === 'none' ? 'none' : 'bubblewrap',
    identity: { name: checkout.userName ?? 'swarm', email: checkout.userEmail ?? 'swarm@localhost' },
    promptHashes: promptHashes(places.prompts, loaded.promptOverrides),
    configHash: configHash(config),
    config,
  };
  return {
    file,
    repository: await repositoryPaths(located.path, isBare, context.env),
    base: checkout.targetCommit!,
    commonDir: checkout.commonDir,
    promptOverrides: loaded.promptOverrides,
    opening: { text: opening.text, ...(opening.plan && { plan: opening.plan }) },
    notices: [
      ...notices,
      ...loaded.clamps.map(
        (c) =>
          `swarm.toml asks for ${c.keyPath} = ${c.asked}; ${c.used} is used, for a repository may only tighten`,
      ),
    ],
    shown: [
      `gate: ${gate ?? 'none'}${config.gate.command === undefined ? ` (found: ${found.detected.why.join(', ')})` : ''}`,
      ...(setup ? [`setup: ${setup}`] : []),
    ],
  };
}
