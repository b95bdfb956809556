/** Gate and setup: what is configured, else what the target's own files say. */
import type { RunMode } from '@swarm/core/model/request';
import type { CheckoutFacts } from '@swarm/git';
import { type Detected, detectCommands, programsOf } from '../config/detect.ts';
import type { Folder } from '../config/detecting/folder.ts';
import type { Config } from '../config/resolved.ts';
import type { Environment } from '../finding/paths.ts';
import type { Context } from '../program/context.ts';
import { foldersAt } from './manifests.ts';
import { programsThere } from './programs.ts';

export interface Commands {
  readonly gate: string | undefined;
  readonly setup: string | undefined;
  readonly why: readonly string[];
  /** All that was found, whether it is taken or not. Absent: both were configured, and nobody looked. */
  readonly found?: Detected;
}

/** What detection is decided from: the manifests, and which of the programs they call for the sandbox has. */
export interface ManifestFacts {
  readonly folders: readonly Folder[];
  /** All that any proposal may need. */
  readonly programs: readonly string[];
  readonly there: ReadonlySet<string>;
}

export async function manifestFacts(
  { commonDir, commit }: { readonly commonDir: string; readonly commit: string },
  config: Config,
  env: Environment,
  within = '',
): Promise<ManifestFacts> {
  const folders = await foldersAt(commonDir, commit, within);
  const programs = programsOf(folders);
  return { folders, programs, there: await programsThere(programs, config, env) };
}

/**
 * What is configured wins; what is not is found in the target's own files.
 * @param within the folder somebody stands in, from the top: its manifest goes before the root's.
 */
export async function detect(
  checkout: CheckoutFacts,
  config: Config,
  mode: RunMode,
  { env }: Pick<Context, 'env'>,
  within = '',
): Promise<Commands> {
  const command = config.gate.policy === 'none' ? 'none' : config.gate.command;
  // Nobody works on branches that are there: without a gate nothing is run, and nothing need be set up.
  if (command === 'none' && mode === 'land') return { gate: 'none', setup: 'none', why: [] };
  if (command !== undefined && config.setup !== undefined)
    return { gate: command, setup: config.setup, why: [] };
  if (!checkout.isRepository || !checkout.targetCommit)
    return { gate: command, setup: config.setup, why: [] };
  const { commonDir, targetCommit: commit } = checkout;
  const { folders, there } = await manifestFacts({ commonDir, commit }, config, env, within);
  const found = detectCommands(folders, (program) => there.has(program));
  // A setup nobody asked for is only taken when its programs are there for the sandbox to run.
  const isRunnable = found.missing.length === 0;
  const setup = config.setup ?? (isRunnable ? found.setup : undefined);
  return { gate: command ?? found.gate, setup, why: [...found.why, ...missingText(found)], found };
}

/** Told beside what was found; a clause that says what is not there begins with `no`. */
function missingText({ setup, missing }: Detected): readonly string[] {
  if (missing.length === 0) return [];
  const named = `no ${missing.join(' and no ')} in the sandbox`;
  return [setup === undefined ? named : `no setup: ${named}`];
}
