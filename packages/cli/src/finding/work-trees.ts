/**
 * Which work tree a run is of. All work trees of a repository keep their runs in one place, and each has state and a lock
 * of its own: a run is of the one it was begun in. When that is gone, it is of every one that is left.
 */
import { stat } from 'node:fs/promises';
import { commonDirOf } from '@swarm/git';
import { type Environment, type RepositoryPaths, repositoryPaths, statePaths } from './paths.ts';
import type { RunRecord } from './records.ts';

type Begun = Pick<RunRecord, 'repository' | 'folder' | 'gitDir'>;

/**
 * Device, inode and time of birth: a folder that was moved is still the same, and one that got the number of a folder that
 * is gone is another. Where a file system keeps no time of birth a folder is known by its path alone.
 */
export async function folderName(path: string): Promise<string> {
  const { dev, ino, birthtimeNs } = await stat(path, { bigint: true });
  return birthtimeNs > 0n ? `${dev}:${ino}:${birthtimeNs}` : path;
}

/**
 * Whether a run that was begun there was begun here. What names a folder tells it only after the whole repository was
 * moved: as long as the git directory is where it was, a run stays with the path of its work tree.
 */
export async function isBegunHere({ repository, gitDir }: RepositoryPaths, begun: Begun): Promise<boolean> {
  if (begun.repository === repository) return true;
  return begun.gitDir !== gitDir && begun.folder === (await folderName(repository));
}

/** Whether a folder is a work tree of the repository still. */
export const isWorkTree = (folder: string, { gitDir }: RepositoryPaths, env: Environment): Promise<boolean> =>
  commonDirOf(folder, false, env).then(
    (found) => found === gitDir,
    () => false,
  );

/** The work tree a run was begun in, where that is none of the repository any more; another may stand in for it. */
export async function goneWorkTreeOf(
  here: RepositoryPaths,
  begun: Begun,
  env: Environment,
): Promise<string | undefined> {
  if (begun.gitDir !== here.gitDir || (await isBegunHere(here, begun))) return undefined;
  return (await isWorkTree(begun.repository, here, env)) ? undefined : begun.repository;
}

/** Where a run is worked on: where it was begun; where that is gone, from here with the state it left. */
export async function workTreeOf(
  here: RepositoryPaths,
  begun: Begun,
  env: Environment,
): Promise<RepositoryPaths> {
  if (await isBegunHere(here, begun)) return here;
  if (await isWorkTree(begun.repository, here, env)) return repositoryPaths(begun.repository, false, env);
  return {
    ...here,
    ...statePaths(begun.repository, env),
    begunIn: { path: begun.repository, folder: begun.folder },
  };
}
