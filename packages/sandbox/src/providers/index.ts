/** Every kind of sandbox there is, named here and nowhere else. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import type { WholeOptions } from '../policy.ts';
import type { Provider } from '../provider.ts';
import { createBubblewrap, SYSTEM_PATH } from './bubblewrap.ts';
import { createNone } from './none.ts';

export interface ProviderKind {
  /** Whether what it runs is kept from everything it was not given. */
  readonly contains: boolean;
  /** Throws SwarmError SW0304 where it is not installed: there is no falling back to another. */
  create(options: WholeOptions): Provider;
}

export const PROVIDERS = {
  bubblewrap: {
    contains: true,
    create: (options) => createBubblewrap({ ...options, bwrap: installedBubblewrap() }),
  },
  none: { contains: false, create: createNone },
} as const satisfies Readonly<Record<string, ProviderKind>>;

export type ProviderName = keyof typeof PROVIDERS;

/** As a configuration may name them, the best first. */
export const PROVIDER_NAMES = Object.keys(PROVIDERS) as [ProviderName, ...ProviderName[]];

function installedBubblewrap(): string {
  const places = SYSTEM_PATH.split(':').map((folder) => join(folder, 'bwrap'));
  const bwrap = places.find((file) => existsSync(file));
  if (bwrap !== undefined) return bwrap;
  throw new SwarmError({
    code: 'SW0304',
    what: 'bubblewrap is not installed',
    where: SYSTEM_PATH,
    why: 'agents and gates are run contained, or not at all',
    fix: 'apt-get install -y bubblewrap',
  });
}
