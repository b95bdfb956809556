/** Where a bridge is and what opens it: a token of the operator's, or, on this machine, the one of the repository's own pages. */
import type { BridgeAt } from '@swarm/bridge/client';
import type { Environment, RepositoryPaths } from '../finding/paths.ts';
import { isLoopback } from '../serving/names.ts';
import { knownToken } from '../serving/token.ts';

export const BRIDGE_TOKEN = 'SWARM_BRIDGE_TOKEN';

/** The pages' token is said to this machine alone, whatever address is given. */
export async function bridgeAt(
  url: string,
  repository: Pick<RepositoryPaths, 'state'>,
  env: Environment,
): Promise<BridgeAt> {
  const host = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
  const token = env[BRIDGE_TOKEN] || (isLoopback(host) ? await knownToken(repository) : undefined);
  return { url, ...(token !== undefined && { token }) };
}
