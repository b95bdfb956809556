/** The name of a run that is about to begin. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { makeRunId, parseRunId, type RunId } from '@swarm/core/model/ids';
import type { Environment, RepositoryPaths } from './paths.ts';
import { recordPath } from './records.ts';
import { foldersOfRuns } from './runs.ts';

/** After every run there is in the repository, and unlike any this operator began elsewhere. */
export async function freshRunId(repository: RepositoryPaths, env: Environment, now: number): Promise<RunId> {
  const names = await Promise.all(
    foldersOfRuns(repository).map((folder) => readdir(folder).catch((): string[] => [])),
  );
  const newest = names
    .flat()
    .flatMap((name) => parseRunId(name) ?? [])
    .sort()
    .at(-1);
  let id = makeRunId(now, Math.random, newest);
  while (existsSync(recordPath(env, id))) id = makeRunId(now, Math.random, id);
  return id;
}
