/** A sandbox to look into, and to try something in, outside every run. */
import type { Sandbox } from '@swarm/core/ports/running';
import { PROVIDERS, type ProviderName } from '@swarm/sandbox';
import type { Inside } from '../agents/found.ts';
import type { Config } from '../config/resolved.ts';
import { type Environment, stateHome } from '../finding/paths.ts';
import { programPlaces } from '../places.ts';
import { placesInside } from '../preparing/inside.ts';
import { sandboxOf } from './run-sandbox.ts';

/** As a run would make it. What a killed look left is noted where all of them note it, and taken away by the next. */
export const lookSandbox = (config: Config, provider: ProviderName, env: Environment): Sandbox =>
  sandboxOf({ file: { sandbox: provider, config }, state: stateHome(env), places: programPlaces(), env });

/** Where programs lie in a sandbox that has its own; of one that does not answer, nowhere. Else undefined. */
export function insideOf(config: Config, provider: ProviderName, env: Environment): Inside | undefined {
  if (!PROVIDERS[provider].hasOwnPrograms) return undefined;
  return async (programs) => {
    const places = await placesInside(lookSandbox(config, provider, env), programs);
    return 'unknown' in places ? new Map() : places;
  };
}
