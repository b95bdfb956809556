/**
 * The one way to a repository's runs. Every command that acts on a run, or reads one, comes in here; nothing else reads
 * run.json, and nothing else chooses a run.
 */
import { existsSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import { trackedOwn } from '@swarm/git';
import type { Context } from '../program/context.ts';
import type { RunChoice } from '../program/options.ts';
import { type RunFile, readRunFile, writeRunFile } from '../running/run-file.ts';
import {
  clonePath,
  type Environment,
  findRepository,
  type RepositoryPaths,
  type RunPaths,
  repositoryPaths,
} from './paths.ts';
import { pinnedHash, type RunRecord, readRecord, writeRecord } from './records.ts';
import { isRepositoryUrl } from './repository-url.ts';
import { chooseRun } from './runs.ts';
import { type OwnFolderFacts, ownFolderProblems, runProblem } from './trust.ts';
import { folderName, workTreeOf } from './work-trees.ts';

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
  await refuseOwnFolders(paths, context.env);
  return paths;
}

/** The run a command means, where it is this operator's. Errors: as above; SW0104, SW0203, SW0315. */
export async function enterRun(choice: RunChoice, context: Context): Promise<KnownRun> {
  const repository = await enterRepository(choice, context);
  const paths = await chooseRun(repository, choice.run, context.env);
  return knownRun(repository, paths, context.env);
}

/** Errors: SW0203, SW0307, SW0315. */
export async function knownRun(here: RepositoryPaths, paths: RunPaths, env: Environment): Promise<KnownRun> {
  await refuseWithin(here, paths);
  const [file, record] = await Promise.all([readRunFile(paths), readRecord(env, paths.run)]);
  const isShared = isAmongShared(here, paths);
  const problem = runProblem({
    run: paths.run,
    folder: paths.folder,
    repository: { path: here.repository, folder: await folderName(here.repository) },
    ...(isShared && { gitDir: { path: here.gitDir, folder: await folderName(here.gitDir) } }),
    record,
    pinned: pinnedHash(file),
  });
  if (problem) throw new SwarmError(problem);
  const repository = isShared ? await workTreeOf(here, record!, env) : here;
  if (repository !== here) await refuseOwnFolders(repository, env);
  const { control: _, ...pinned } = file;
  return {
    repository,
    paths,
    file: record?.control === undefined ? pinned : { ...pinned, control: record.control },
  };
}

/** Whether a run is this operator's, where that is a question and no condition. */
export const isKnownRun = (repository: RepositoryPaths, run: RunPaths, env: Environment): Promise<boolean> =>
  knownRun(repository, run, env).then(
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
    ...(await begunIn(repository)),
    pinned: pinnedHash(file),
    ...(next && { next: pinnedHash(next) }),
    ...(file.control !== undefined && { control: file.control }),
  });
}

/** A work tree that is gone is named still: the run's state is found by its path. */
async function begunIn({ repository, gitDir, begunIn }: RepositoryPaths): Promise<Begun> {
  return {
    repository: begunIn?.path ?? repository,
    folder: begunIn?.folder ?? (await folderName(repository)),
    gitDir,
    gitFolder: await folderName(gitDir),
  };
}

type Begun = Pick<RunRecord, 'repository' | 'folder' | 'gitDir' | 'gitFolder'>;

/** The operator has read what the run pins, and wants it to count. Links and tracked files never do. */
export async function adopt(choice: RunChoice, context: Context): Promise<void> {
  const repository = await enterRepository(choice, context);
  const paths = await chooseRun(repository, choice.run, context.env);
  await refuseWithin(repository, paths);
  const record = await readRecord(context.env, paths.run);
  const isOfHere = isAmongShared(repository, paths) && record?.gitDir === repository.gitDir;
  const begun = isOfHere ? await workTreeOf(repository, record, context.env) : repository;
  await remember(begun, await readRunFile(paths), context.env);
}

/**
 * A run of another machine, whose files were put where runs lie as the operator asked, becomes one of this machine.
 * Errors: SW0203, also where its run.json is another run's.
 */
export async function admit(
  repository: RepositoryPaths,
  paths: RunPaths,
  env: Environment,
): Promise<KnownRun> {
  const { control: _control, cassette: _cassette, ...pinned } = await readRunFile(paths);
  if (pinned.run !== paths.run)
    throw new SwarmError({
      code: 'SW0203',
      what: `the reference of ${paths.run} does not carry a run`,
      where: `refs/swarm/${paths.run}`,
      why: `its run.json is of ${pinned.run}`,
    });
  const file: RunFile = { ...pinned, repository: repository.repository, isBare: repository.isBare };
  await writeRunFile(paths, file);
  await remember(repository, file, env);
  return { repository, paths, file };
}

const isAmongShared = ({ sharedRuns }: RepositoryPaths, { folder }: RunPaths): boolean =>
  dirname(folder) === sharedRuns;

function refuse(problems: ReturnType<typeof ownFolderProblems>): void {
  if (problems.length > 0) throw new SwarmError(problems);
}

/** What no work tree may hold where runs are kept, or were kept by older versions. */
async function refuseOwnFolders(paths: RepositoryPaths, env: Environment): Promise<void> {
  const tracked = paths.isBare ? [] : await trackedOwn(paths.repository, { PATH: env.PATH ?? '' });
  refuse(ownFolderProblems({ repository: paths.repository, tracked, ...(await foldersAbove(paths)) }));
}

type Placed = Pick<OwnFolderFacts, 'links' | 'foreign'>;

/** Symbolic links, and folders of other users, where the folders of swarm's own would be. */
export async function foldersAbove({ gitDir, sharedRuns, oldRuns }: RepositoryPaths): Promise<Placed> {
  const shared = [dirname(sharedRuns), sharedRuns];
  const old = oldRuns === undefined ? [] : [dirname(oldRuns), oldRuns];
  return { links: await linksAmong([...old, ...shared]), foreign: await foreignAmong(shared, gitDir) };
}

async function refuseWithin(here: RepositoryPaths, paths: RunPaths): Promise<void> {
  const { repository, gitDir } = here;
  const { folder } = paths;
  const within = [folder, ...(await readdir(folder)).map((name) => join(folder, name))];
  const foreign = isAmongShared(here, paths) ? await foreignAmong(within, gitDir) : [];
  refuse(ownFolderProblems({ repository, links: await linksAmong(within), foreign, tracked: [] }));
}

async function linksAmong(paths: readonly string[]): Promise<readonly string[]> {
  const facts = await Promise.all(paths.map((path) => lstat(path).catch(() => undefined)));
  return paths.filter((_, i) => facts[i]?.isSymbolicLink());
}

/** Of another user. For root the git directory's owner will do too: some file systems give everything one owner. */
async function foreignAmong(paths: readonly string[], gitDir: string): Promise<OwnFolderFacts['foreign']> {
  const user = process.getuid?.();
  if (user === undefined) return [];
  const allowed = user === 0 ? [0, (await lstat(gitDir)).uid] : [user];
  const facts = await Promise.all(paths.map((path) => lstat(path).catch(() => undefined)));
  return paths.flatMap((path, i) => {
    const owner = facts[i]?.uid;
    return owner === undefined || allowed.includes(owner) ? [] : [{ path, owner }];
  });
}
