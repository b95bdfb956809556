/** What earlier runs of a repository used, newest first: what the next one's forecast is made from. */
import { SwarmError } from '@swarm/core/errors';
import { RECORDED_MAX, type RecordedRun } from '@swarm/core/rules/forecast';
import { recordedRun } from '@swarm/core/views/recorded';
import { knownRun } from './door.ts';
import { readKnown } from './opened-run.ts';
import type { Environment, RepositoryPaths } from './paths.ts';
import { listRuns } from './runs.ts';

/** What cannot be read, or is not this operator's, tells nothing here; `swarm runs` says why. */
export async function recordedRuns(
  repository: RepositoryPaths,
  env: Environment,
): Promise<readonly RecordedRun[]> {
  const found: RecordedRun[] = [];
  // One after another: a journal may be large, and only its sums are kept.
  for (const paths of await listRuns(repository, env)) {
    if (found.length === RECORDED_MAX) break;
    const run = await stateOf(repository, paths, env);
    if (run) found.push(run);
  }
  return found;
}

async function stateOf(
  repository: RepositoryPaths,
  paths: Parameters<typeof knownRun>[1],
  env: Environment,
): Promise<RecordedRun | undefined> {
  try {
    return recordedRun((await readKnown(await knownRun(repository, paths, env))).state);
  } catch (error) {
    if (error instanceof SwarmError) return undefined;
    throw error;
  }
}
