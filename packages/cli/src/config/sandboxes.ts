/** How a configuration names a sandbox, and what each name stands for. The providers' own table has the kinds. */
import { SwarmError } from '@swarm/core/errors';
import { PROVIDER_NAMES, PROVIDERS, type ProviderName } from '@swarm/sandbox';

/** What `workers.sandbox` and `--sandbox` may say. */
export const SANDBOX_NAMES = ['auto', ...PROVIDER_NAMES] as const;
export type SandboxName = (typeof SANDBOX_NAMES)[number];

const contains = (name: ProviderName): boolean => PROVIDERS[name].contains;

/** The best provider that contains what it runs: the first that `auto` tries. */
export const CONTAINED: ProviderName = first(contains);
/** The provider that contains nothing. */
export const OPEN: ProviderName = first((name) => !contains(name));

/** Whether what runs under this name can do everything the operator can. */
export const isOpen = (name: SandboxName): boolean => name !== 'auto' && !contains(name);

/** Whether what runs under it reaches only the hosts that are named for it. */
export const keepsWayOut = (name: ProviderName): boolean => PROVIDERS[name].keepsWayOut;

function first(is: (name: ProviderName) => boolean): ProviderName {
  const found = PROVIDER_NAMES.find(is);
  if (found === undefined)
    throw new SwarmError({ code: 'SW0801', what: 'a kind is missing from the table of sandbox providers' });
  return found;
}
