/** Every kind of sandbox there is, named here and nowhere else. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import type { WholeOptions } from '../policy.ts';
import type { Provider } from '../provider.ts';
import { type Wall, wallsWithout } from '../walls.ts';
import { createBubblewrap, SYSTEM_PATH } from './bubblewrap.ts';
import { createCommand } from './command.ts';
import { createDocker } from './docker.ts';
import { Engine, type EngineChoice } from './engine.ts';
import { createNone } from './none.ts';
import { createSeatbelt } from './seatbelt.ts';

export interface ProviderKind {
  /** Whether what it runs is kept from everything it was not given. */
  readonly contains: boolean;
  /** Whether a command with a way out reaches only the hosts it may. */
  readonly keepsWayOut: boolean;
  /** The programs in it are its own: what this machine has says nothing of them. */
  readonly hasOwnPrograms: boolean;
  /** Throws SwarmError SW0304 where it is not installed: there is no falling back to another. */
  create(options: WholeOptions): Provider;
}

export const PROVIDERS = {
  bubblewrap: {
    contains: true,
    keepsWayOut: true,
    hasOwnPrograms: false,
    create: (options) =>
      createBubblewrap({ ...options, bwrap: installed('bubblewrap', SYSTEM_PATH, 'bwrap') }),
  },
  docker: {
    contains: true,
    keepsWayOut: true,
    hasOwnPrograms: true,
    create: (options) => {
      return createDocker({ ...options, engine: engineOf(options.docker ?? missing('docker')) });
    },
  },
  /** Its network is what the operator's box gives. */
  command: {
    contains: true,
    keepsWayOut: false,
    hasOwnPrograms: true,
    create: (options) => createCommand({ ...options, choice: options.command ?? missing('command') }),
  },
  /** macOS. */
  seatbelt: { contains: true, keepsWayOut: true, hasOwnPrograms: false, create: createSeatbelt },
  none: { contains: false, keepsWayOut: false, hasOwnPrograms: false, create: createNone },
} as const satisfies Readonly<Record<string, ProviderKind>>;

export type ProviderName = keyof typeof PROVIDERS;

/** As a configuration may name them, the best first. */
export const PROVIDER_NAMES = Object.keys(PROVIDERS) as [ProviderName, ...ProviderName[]];

/** For controls of attacks alone. */
export const bubblewrapWithout = (walls: readonly Wall[], options: WholeOptions): Provider =>
  createBubblewrap({
    ...options,
    bwrap: installed('bubblewrap', SYSTEM_PATH, 'bwrap'),
    walls: wallsWithout(walls),
  });

/** @throws SwarmError SW0304 where it is not installed. */
export const engineOf = (choice: EngineChoice): Engine =>
  new Engine(installed(choice.engine, ENGINE_PATH), choice);

/** Engines are installed where their makers say, besides the system's folders. */
const ENGINE_PATH = `${SYSTEM_PATH}:/opt/homebrew/bin`;

function installed(name: string, path: string, program: string = name): string {
  const file = path
    .split(':')
    .map((folder) => join(folder, program))
    .find((place) => existsSync(place));
  if (file !== undefined) return file;
  throw new SwarmError({
    code: 'SW0304',
    what: `${name} is not installed`,
    where: path,
    why: 'agents and gates are run contained, or not at all',
    fix: `apt-get install -y ${name}`,
  });
}

/** Preflight asks for it first. */
function missing(name: string): never {
  throw new SwarmError({
    code: 'SW0304',
    what: `the sandbox ${name} is not configured`,
    fix: `[sandbox.${name}]`,
  });
}
