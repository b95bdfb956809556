/** How a configuration names a sandbox, and what each name stands for. The providers' own table has the kinds. */
import { join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import { type Choices, engineEnv, PROVIDER_NAMES, PROVIDERS, type ProviderName } from '@swarm/sandbox';
import type { Environment } from '../finding/paths.ts';
import type { Config } from './resolved.ts';

/** What `workers.sandbox` and `--sandbox` may say. */
export const SANDBOX_NAMES = ['auto', ...PROVIDER_NAMES] as const;
export type SandboxName = (typeof SANDBOX_NAMES)[number];
/** As a sentence has them. */
export const SANDBOX_WORDS = `${SANDBOX_NAMES.slice(0, -1).join(', ')} or ${SANDBOX_NAMES.at(-1)}`;

const contains = (name: ProviderName): boolean => PROVIDERS[name].contains;

/** The best provider that contains what it runs: the first that `auto` tries. */
export const CONTAINED: ProviderName = first(contains);
/** The provider that contains nothing. */
export const OPEN: ProviderName = first((name) => !contains(name));

/** Providers a name may stand for, the strongest first: of `auto` those that need no choice, or have one. */
export function candidates({ workers, boxes }: Pick<Config, 'workers' | 'boxes'>): readonly ProviderName[] {
  if (workers.sandbox !== 'auto') return [workers.sandbox];
  const ofSystem = process.platform === 'darwin' ? 'seatbelt' : 'bubblewrap';
  return boxes?.docker ? [ofSystem, 'docker'] : [ofSystem];
}

/** Whether what runs under this name can do everything the operator can. */
export const isOpen = (name: SandboxName): boolean => name !== 'auto' && !contains(name);

/**
 * What the operator configured for the kinds that need it.
 * @param state the folder in which what is left of a killed run is found.
 */
export function choicesOf(
  { boxes, endpoints }: Pick<Config, 'boxes' | 'endpoints'>,
  env: Environment,
  state: string,
): Choices {
  const { docker, command } = boxes ?? {};
  const keys = new Set(['OPENAI_API_KEY', ...endpoints.flatMap(({ keyEnv }) => keyEnv ?? [])]);
  const given = Object.entries(env).filter(([name, value]) => value !== undefined && !keys.has(name));
  const own = Object.fromEntries(given) as Record<string, string>;
  return {
    ...(docker && { docker: { ...docker, env: engineEnv(env) } }),
    ...(command && { command: { ...command, env: own, records: join(state, 'boxes') } }),
  };
}

function first(is: (name: ProviderName) => boolean): ProviderName {
  const found = PROVIDER_NAMES.find(is);
  if (found === undefined)
    throw new SwarmError({ code: 'SW0801', what: 'a kind is missing from the table of sandbox providers' });
  return found;
}
