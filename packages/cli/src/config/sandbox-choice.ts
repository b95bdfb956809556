/** Which sandboxes a configuration comes to, and what each of them is made with. */
import { join } from 'node:path';
import { type Choices, engineEnv, type ProviderName } from '@swarm/sandbox';
import type { Environment } from '../finding/paths.ts';
import type { Config } from './resolved.ts';

/** Providers a name may stand for, the strongest first: of `auto` those that need no choice, or have one. */
export function candidates({ workers, boxes }: Pick<Config, 'workers' | 'boxes'>): readonly ProviderName[] {
  if (workers.sandbox !== 'auto') return [workers.sandbox];
  const ofSystem = process.platform === 'darwin' ? 'seatbelt' : 'bubblewrap';
  return boxes?.docker ? [ofSystem, 'docker'] : [ofSystem];
}

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
