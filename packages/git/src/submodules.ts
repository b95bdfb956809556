/**
 * Puts the files of submodules into a workspace, from where the user's own git keeps their repositories: nothing is
 * fetched, no address and no command of `.gitmodules` is ever used, only which name stands for which folder. What is not
 * there stays an empty folder. The files are no work: a save tells of changes in them, and takes a pointer that moved.
 */
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CommitId } from '@swarm/core/model/ids';
import type { HubContext } from './context.ts';
import { type Git, type Place, splitNul } from './git.ts';
import { withoutFilters } from './quiet.ts';

export interface Submodule {
  /** Its folder, from the top of the repository it is part of. */
  readonly path: string;
  /** The commit that is wanted of it. */
  readonly commit: string;
  /** Its repository here, which has that commit. Undefined: there is none, or it has not. */
  readonly gitDir: string | undefined;
}

/** Most of one repository, and most within one another. */
const MODULES_MAX = 256;
const DEPTH_MAX = 4;
const NAMES_MAX = 1024 * 1024 * 1024;
const LINK = /^160000 commit ([0-9a-f]+)\t/;
/** All that a workspace's own settings would say, over those of the user's repository. */
const PLAIN = ['core.fsync=none', 'core.sparseCheckout=false', 'core.autocrlf=false', 'core.symlinks=true'];

/** Where the user's git keeps the repositories of submodules. A linked work tree has its own. */
export const moduleFolders = (...gitDirs: readonly string[]): readonly string[] =>
  [...new Set(gitDirs)].map((gitDir) => join(gitDir, 'modules'));

/** Those of a commit, by its folders and its own `.gitmodules`. */
export async function submodulesOf(
  git: Git,
  place: Place,
  commit: string,
  folders: readonly string[],
): Promise<readonly Submodule[]> {
  const args = ['-r', '-z', '--full-tree', '--end-of-options', commit];
  const listed = await git.records(place, 'ls-tree', args, { maxBytes: NAMES_MAX });
  const links = listed.filter((row) => LINK.test(row)).slice(0, MODULES_MAX);
  if (links.length === 0) return [];
  const names = await namesOf(git, place, commit);
  return Promise.all(
    links.map(async (row) => {
      const path = row.slice(row.indexOf('\t') + 1);
      const wanted = LINK.exec(row)![1]!;
      return { path, commit: wanted, gitDir: await repositoryOf(git, names.get(path), wanted, folders) };
    }),
  );
}

/** Folder to name. What git cannot read names nothing. */
async function namesOf(git: Git, place: Place, commit: string): Promise<ReadonlyMap<string, string>> {
  const keys = String.raw`^submodule\..*\.path$`;
  const args = ['--blob', `${commit}:.gitmodules`, '-z', '--get-regexp', keys];
  const told = await git.run(place, 'config', args, { codes: [0, 1, 128] });
  const rows = told.code === 0 ? splitNul(told.stdout) : [];
  return new Map(
    rows.map((row) => {
      const end = row.indexOf('\n');
      return [row.slice(end + 1), row.slice('submodule.'.length, end - '.path'.length)];
    }),
  );
}

/** As git does: a name that climbs is none. */
const isPlain = (name: string): boolean =>
  name !== '' && !name.startsWith('/') && !name.split('/').some((part) => part === '..' || part === '.git');

async function repositoryOf(
  git: Git,
  name: string | undefined,
  commit: string,
  folders: readonly string[],
): Promise<string | undefined> {
  if (name === undefined || !isPlain(name)) return undefined;
  for (const gitDir of folders.map((folder) => join(folder, name))) {
    if (!existsSync(join(gitDir, 'HEAD'))) continue;
    const told = await git.run({ gitDir }, 'cat-file', ['-t', commit], { codes: [0, 128] });
    if (told.stdout.toString().trim() === 'commit') return gitDir;
  }
  return undefined;
}

/** @param path of the workspace, in which no agent was yet. */
export async function fillSubmodules(
  { git, hub, origin }: Pick<HubContext, 'git' | 'hub' | 'origin'>,
  path: string,
  commit: CommitId,
): Promise<void> {
  const folders = (origin.modules ?? []).filter((folder) => existsSync(folder));
  if (folders.length > 0) await fill({ git, place: hub, path, inside: '', depth: 0 }, commit, folders);
}

interface Filling {
  readonly git: Git;
  /** The repository the submodules are part of. */
  readonly place: Place;
  /** The workspace's top, and the folder of that repository in it. */
  readonly path: string;
  readonly inside: string;
  readonly depth: number;
}

async function fill(at: Filling, commit: string, folders: readonly string[]): Promise<void> {
  for (const one of await submodulesOf(at.git, at.place, commit, folders)) {
    const inside = join(at.inside, one.path);
    if (!one.gitDir || !(await fillOne(at, inside, one.gitDir, one.commit))) continue;
    const next = { ...at, place: { gitDir: one.gitDir }, inside, depth: at.depth + 1 };
    if (next.depth < DEPTH_MAX) await fill(next, one.commit, moduleFolders(one.gitDir));
  }
}

/** False where not all of it is there: then nothing of it is. */
async function fillOne({ git, path }: Filling, inside: string, gitDir: string, commit: string) {
  const workTree = join(path, inside);
  const index = join(path, '.git/swarm-submodules', `${inside}.index`);
  await mkdir(dirname(index), { recursive: true });
  await mkdir(workTree, { recursive: true });
  const place = { gitDir, workTree };
  const env = { ...(await withoutFilters(git, place)), GIT_INDEX_FILE: index };
  const options = { env, config: PLAIN, codes: [0, 1, 128] };
  if ((await git.run(place, 'read-tree', ['-m', '-u', commit], options)).code === 0) return true;
  await rm(index, { force: true });
  await rm(workTree, { recursive: true, force: true });
  await mkdir(workTree);
  return false;
}
