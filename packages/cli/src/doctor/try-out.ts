/** What `swarm init` wrote, tried as the doctor tries it: programs inside the sandbox, and the gate where that is asked for. */
import { repositoryPaths } from '../finding/paths.ts';
import { programPlaces } from '../places.ts';
import { gather } from '../preparing/gather.ts';
import type { Located } from '../preparing/locate.ts';
import type { Context } from '../program/context.ts';
import type { Check } from './check.ts';
import { gateChecks, programsOf } from './gate-checks.ts';
import { configuration } from './look.ts';

/** Without a gate, or with a configuration that cannot be used, there is nothing to try: the doctor says why. */
export async function tryOut(
  located: Located,
  isGateWanted: boolean,
  context: Context,
): Promise<readonly Check[]> {
  const { loaded } = await configuration(located, context);
  if (!loaded) return [];
  // Nobody's model is asked: branches that are there need none.
  const run = await gather(located, loaded, 'land', programPlaces(), context);
  const programs = await programsOf(run, loaded, context);
  if (!isGateWanted) return programs;
  const paths = run.checkout.isRepository
    ? await repositoryPaths(located.path, located.isBare, context.env)
    : undefined;
  return [...programs, ...(await gateChecks(run, paths, loaded, programs, context))];
}
