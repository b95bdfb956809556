/** How a configuration names a sandbox, and what each name stands for. The providers' own table has the kinds. */
import { type Problem, SwarmError } from '@swarm/core/errors';
import { PROVIDER_NAMES, PROVIDERS, type ProviderName } from '@swarm/sandbox';

/** Kinds the configuration has a word for and this version does not carry. */
const NOT_CARRIED = ['docker', 'command'] as const;

/** What `workers.sandbox` and `--sandbox` may say. */
export const SANDBOX_NAMES = ['auto', ...PROVIDER_NAMES, ...NOT_CARRIED] as const;
export type SandboxName = (typeof SANDBOX_NAMES)[number];

const contains = (name: ProviderName): boolean => PROVIDERS[name].contains;

/** The best provider that contains what it runs: what `auto` stands for. */
export const CONTAINED: ProviderName = first(contains);
/** The provider that contains nothing. */
export const OPEN: ProviderName = first((name) => !contains(name));

/** Returns the provider a name stands for; undefined: this version does not carry it. */
export const providerOf = (name: SandboxName): ProviderName | undefined =>
  name === 'auto' ? CONTAINED : PROVIDER_NAMES.find((carried) => carried === name);

/** Whether what runs under this name can do everything the operator can. */
export function isOpen(name: SandboxName): boolean {
  const provider = providerOf(name);
  return provider !== undefined && !contains(provider);
}

/** Throws SwarmError SW0304 for a name this version does not carry. */
export function carriedProvider(name: SandboxName): ProviderName {
  const provider = providerOf(name);
  if (provider === undefined) throw new SwarmError(notCarried(name));
  return provider;
}

/** The name of a kind that this version does not carry was given. */
export const notCarried = (name: SandboxName): Problem => ({
  code: 'SW0304',
  what: `the sandbox ${name} is not part of this version`,
  where: '--sandbox',
  fix: `--sandbox ${CONTAINED}`,
});

function first(is: (name: ProviderName) => boolean): ProviderName {
  const found = PROVIDER_NAMES.find(is);
  if (found === undefined)
    throw new SwarmError({ code: 'SW0801', what: 'a kind is missing from the table of sandbox providers' });
  return found;
}
