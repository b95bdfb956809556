/** Models that a host asks itself, by its operator's own endpoints. What they cost is the host's; home is told, and cannot check it. */
import { SwarmError } from '@swarm/core/errors';
import type { Log } from '@swarm/core/ports/world';
import { type EndpointConfig, type Gateway, startGateway } from '@swarm/llm';
import { loadConfig, NO_FLAGS } from '../config/load.ts';
import type { Config } from '../config/resolved.ts';
import { type Environment, operatorConfigFile } from '../finding/paths.ts';
import type { ProgramPlaces } from '../places.ts';
import { systemClock } from '../running/clock.ts';
import { endpointsOf, modelNames, pricesOf, profilesOf } from '../running/models.ts';
import type { Terms } from './terms.ts';

export interface OwnEndpoints {
  readonly config: Config['endpoints'];
  /** With their keys. */
  readonly ready: readonly EndpointConfig[];
}

/** Errors: those of the operator's configuration, and SW0401 where it names no endpoint. */
export async function ownEndpoints(env: Environment): Promise<OwnEndpoints> {
  const { config } = await loadConfig({ env, flags: NO_FLAGS, isTrustGiven: false });
  if (config.endpoints.length === 0)
    throw new SwarmError({
      code: 'SW0401',
      what: 'this host is to ask models itself, and has no endpoint to ask',
      where: operatorConfigFile(env),
      fix: 'export OPENAI_API_KEY=…   # or [[endpoints]] in that file',
    });
  return { config: config.endpoints, ready: endpointsOf({ config }, env) };
}

interface Ask {
  readonly own: OwnEndpoints;
  readonly terms: Terms;
  /** Short, private, and there already. */
  readonly sockets: string;
  readonly places: ProgramPlaces;
  readonly env: Environment;
  readonly log: Log;
}

/** Under the limits that home gave each attempt, which the host keeps of its own will. */
export function openOwnModels({ own, terms, sockets, places, env, log }: Ask): Gateway {
  return startGateway({
    endpoints: [...own.ready],
    models: modelNames(terms),
    prices: pricesOf(places, env),
    profiles: profilesOf(places, terms),
    clock: systemClock,
    rng: Math.random,
    socketDir: sockets,
    onHealth: ({ kind, why }) => log.write(`endpoint.${kind}`, { msg: why, level: 'warn' }),
    onRefused: ({ attempt, why }) =>
      log.write('endpoint.down', { msg: `${attempt}: ${why}`, attempt, level: 'warn' }),
  });
}
