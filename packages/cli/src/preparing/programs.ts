/**
 * Which programs a sandbox will have, told without starting one where they are this machine's, and what would show those
 * it does not have.
 */
import { realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { findOnPath } from '@swarm/sandbox';
import type { Config } from '../config/resolved.ts';
import { isOpen } from '../config/sandboxes.ts';
import { holds, whyNotShown } from '../config/shown.ts';
import { type Environment, homeOf } from '../finding/paths.ts';
import { sandboxPath } from '../places.ts';
import { lookSandbox } from '../running/look-sandbox.ts';
import { placesInside } from './inside.ts';
import { ownProvider } from './sandbox-probe.ts';
import { type FoundProgram, type Offer, offerFor } from './toolchains.ts';

/** Shown in every sandbox. */
const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib64', '/nix/store'];

type Shown = Pick<Config, 'workers' | 'shown'>;

/** Those of `programs` that the sandbox of this configuration will have. */
export async function programsThere(
  programs: readonly string[],
  config: Config,
  env: Environment,
): Promise<ReadonlySet<string>> {
  const provider = await ownProvider(config, env);
  if (provider === undefined) return new Set((await filesThere(programs, config, env)).keys());
  const places = await placesInside(lookSandbox(config, provider, env), programs);
  // Nothing is held against a sandbox that does not say what it has.
  return 'unknown' in places ? new Set(programs) : new Set(places.keys());
}

/** A program of the sandbox that is not the operator's own, which no sandbox shows. */
export interface Other {
  readonly there: string;
  readonly yours: string;
}

/** Those of `programs` that the sandbox will have, but not as the operator has them: another version, most often. */
export async function othersThere(
  programs: readonly string[],
  config: Config,
  env: Environment,
): Promise<ReadonlyMap<string, Other>> {
  const others = new Map<string, Other>();
  if ((await ownProvider(config, env)) !== undefined) return others;
  for (const [program, there] of await filesThere(programs, config, env)) {
    const yours = findOnPath(program, sandboxPath(env).join(delimiter));
    if (yours !== undefined && realOf(yours) !== realOf(there)) others.set(program, { there, yours });
  }
  return others;
}

/** What a sandbox will start, by program. */
async function filesThere(
  programs: readonly string[],
  config: Shown,
  env: Environment,
): Promise<ReadonlyMap<string, string>> {
  const shown = shownFolders(config);
  const isSeen = (path: string): boolean =>
    isOpen(config.workers.sandbox) || shown.some((one) => holds(one, path));
  const there = new Map<string, string>();
  for (const program of programs) {
    // The first on PATH that is seen, link and all: what a link in a shown folder leads to may not be.
    for (const folder of sandboxPath(env).filter((one) => isSeen(one) || isSeen(realOf(one)))) {
      const file = findOnPath(program, folder);
      if (file !== undefined && isSeen(realOf(file))) {
        there.set(program, file);
        break;
      }
    }
  }
  return there;
}

function shownFolders({ shown }: Shown): readonly string[] {
  const node = dirname(realOf(process.execPath));
  return [
    ...SYSTEM,
    dirname(process.execPath),
    join(node, '..', 'lib', 'node_modules'),
    ...(shown?.mounts ?? []),
  ];
}

/** What the operator would show to give a sandbox these programs; those that are nowhere on PATH have no offer. */
export async function offersFor(
  programs: readonly string[],
  env: Environment,
): Promise<ReadonlyMap<string, Offer>> {
  const isShowable = (folder: string): boolean =>
    (whyNotShown(folder, env) ?? whyNotShown(realOf(folder), env)) === undefined;
  const offers = new Map<string, Offer>();
  for (const program of programs) {
    const found = await onPath(program, env);
    const offer = found && offerFor(found, homeOf(env), isShowable);
    if (offer) offers.set(program, offer);
  }
  return offers;
}

async function onPath(program: string, env: Environment): Promise<FoundProgram | undefined> {
  const file = findOnPath(program, env.PATH ?? '');
  if (file === undefined) return undefined;
  return { program, file, real: realOf(file), folder: realOf(dirname(file)) };
}

/** Folders of all offers, each once. */
export const foldersOf = (offers: ReadonlyMap<string, Offer>): readonly string[] => [
  ...new Set([...offers.values()].flatMap(({ folders }) => folders)),
];

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
