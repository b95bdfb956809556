/**
 * The one way to a repository's runs. Every command that acts on a run, or reads one, comes in here; nothing else reads
 * run.json, and nothing else chooses a run.
 */
import { existsSync } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import type { RunId } from '@swarm/core/model/ids';
import { trackedOwn } from '@swarm/git';
import type { Context } from '../program/context.ts';
import type { RunChoice } from '../program/options.ts';
import { type RunFile, readRunFile } from '../running/run-file.ts';
import {
  chooseRun,
  clonePath,
  type Environment,
  findRepository,
  type RepositoryPaths,
  type RunPaths,
  repositoryPaths,
  runPaths,
} from './paths.ts';
import { pinnedHash, readRecord, writeRecord } from './records.ts';
import { isRepositoryUrl } from './repository-url.ts';
import { ownFolderProblems, runProblem } from './trust.ts';

/** A run this operator began, with what it pinned. */
export interface KnownRun {
  readonly repository: RepositoryPaths;
  readonly paths: RunPaths;
  readonly file: RunFile;
}

/** The repository a command means. Errors: SW0301; SW0307 where what lies there for runs is not swarm's own. */
export async function enterRepository(
  choice: Pick<RunChoice, 'repo'>,
  context: Context,
): Promise<RepositoryPaths> {
  const { repo = '.' } = choice;
  const isUrl = isRepositoryUrl(repo);
  const folder = isUrl ? clonePath(repo, context.env) : resolve(context.cwd, repo);
  const found = existsSync(folder) ? await findRepository(folder) : undefined;
  if (!found)
    throw new SwarmError({
      code: 'SW0301',
      what: isUrl ? `${repo} was never worked on here` : `there is no git repository at ${folder}`,
      where: folder,
      fix: '--repo <path to the repository>',
    });
  const paths = await repositoryPaths(found.path, found.isBare, context.env);
  const links = await linksAbove(paths);
  const tracked = paths.isBare ? [] : await trackedOwn(paths.repository, { PATH: context.env.PATH ?? '' });
  refuse(ownFolderProblems({ repository: paths.repository, links, tracked }));
  return paths;
}

/** The run a command means, where it is this operator's. Errors: as above; SW0104, SW0203, SW0315. */
export async function enterRun(choice: RunChoice, context: Context): Promise<KnownRun> {
  const repository = await enterRepository(choice, context);
  const paths = await chooseRun(repository, choice.run);
  return knownRun(repository, paths, context.env);
}

/** Errors: SW0203, SW0307, SW0315. */
export async function knownRun(
  repository: RepositoryPaths,
  paths: RunPaths,
  env: Environment,
): Promise<KnownRun> {
  await refuseLinksIn(repository, paths);
  const [file, record] = await Promise.all([readRunFile(paths), readRecord(env, paths.run)]);
  const problem = runProblem({
    run: paths.run,
    folder: paths.folder,
    repository: { path: repository.repository, folder: await folderName(repository.repository) },
    record,
    pinned: pinnedHash(file),
  });
  if (problem) throw new SwarmError(problem);
  const { control: _, ...pinned } = file;
  return {
    repository,
    paths,
    file: record?.control === undefined ? pinned : { ...pinned, control: record.control },
  };
}

/** Whether a run is this operator's, where that is a question and no condition. */
export const isKnownRun = (repository: RepositoryPaths, run: RunId, env: Environment): Promise<boolean> =>
  knownRun(repository, runPaths(repository, run), env).then(
    () => true,
    (error: unknown) => {
      if (error instanceof SwarmError) return false;
      throw error;
    },
  );

/**
 * Keeps that this operator made the run so. Before anything is done by it. Errors: SW0701.
 * @param next what its run.json is about to become.
 */
export async function remember(
  repository: RepositoryPaths,
  file: RunFile,
  env: Environment,
  next?: RunFile,
): Promise<void> {
  await writeRecord(env, {
    v: 1,
    run: file.run,
    repository: repository.repository,
    folder: await folderName(repository.repository),
    pinned: pinnedHash(file),
    ...(next && { next: pinnedHash(next) }),
    ...(file.control !== undefined && { control: file.control }),
  });
}

/** The operator has read what the run pins, and wants it to count. Links and tracked files never do. */
export async function adopt(choice: RunChoice, context: Context): Promise<void> {
  const repository = await enterRepository(choice, context);
  const paths = await chooseRun(repository, choice.run);
  await refuseLinksIn(repository, paths);
  await remember(repository, await readRunFile(paths), context.env);
}

function refuse(problems: ReturnType<typeof ownFolderProblems>): void {
  if (problems.length > 0) throw new SwarmError(problems);
}

/** Symbolic links where the folders of swarm's own would be, in a work tree. */
export const linksAbove = ({
  repository,
  isBare,
  runs,
}: Pick<RepositoryPaths, 'repository' | 'isBare' | 'runs'>) =>
  isBare ? Promise.resolve([]) : linksAmong([join(repository, '.swarm'), runs]);

async function refuseLinksIn({ repository }: RepositoryPaths, { folder }: RunPaths): Promise<void> {
  const inside = (await readdir(folder)).map((name) => join(folder, name));
  refuse(ownFolderProblems({ repository, links: await linksAmong([folder, ...inside]), tracked: [] }));
}

async function linksAmong(paths: readonly string[]): Promise<readonly string[]> {
  const facts = await Promise.all(paths.map((path) => lstat(path).catch(() => undefined)));
  return paths.filter((_, i) => facts[i]?.isSymbolicLink());
}

async function folderName(path: string): Promise<string> {
  const { dev, ino } = await stat(path, { bigint: true });
  return `${dev}:${ino}`;
}
