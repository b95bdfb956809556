/** The forge a pull request would go to is asked what a run asks it; nothing is written there. */
import { SwarmError } from '@swarm/core/errors';
import type { Environment } from '../finding/paths.ts';
import { forgeReady } from '../preparing/forge.ts';
import type { Found } from '../preparing/found.ts';
import { LEAST_SCOPES } from '../running/forge-token.ts';
import { type Check, failed, note, ok } from './check.ts';

export async function forgeChecks(run: Found, env: Environment): Promise<Check[]> {
  try {
    const ready = await forgeReady(run, env);
    if (!ready) return [];
    const { place, base, remote, headSlug, token } = ready.found;
    const whose = ready.login === undefined ? '' : ` of ${ready.login}`;
    const way = `pull requests to ${base} of ${place.slug} on ${place.host}, from ${headSlug} (${remote})`;
    return [
      ok('forge', `${way}; nothing was opened`),
      ok('forge token', `${token.from}${whose}; it takes ${LEAST_SCOPES[place.kind]}`),
      ...ready.notices.map((text) => note('forge', text)),
    ];
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    return error.problems.map((problem) => failed('forge', problem));
  }
}
