/**
 * Finds the user's repository, or makes our bare clone of a URL, and refuses what swarm cannot work with. It is
 * only ever read here.
 */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import type { Git, Place } from './git.ts';
import type { ObjectFormat } from './identity.ts';
import { type OperatorEnv, operatorGit } from './operator.ts';
import { settings } from './settings.ts';
import { moduleFolders } from './submodules.ts';

export interface Origin {
  /** Absolute path of the repository proper: shared by all of its work trees. */
  readonly gitDir: string;
  /**
   * Top of the main work tree, where it is the one that was named: a git directory that lies elsewhere does not know
   * its work tree.
   */
  readonly workTree?: string;
  readonly objectFormat: ObjectFormat;
  /** Files made in it get permissions of its own (`core.sharedRepository`). */
  readonly isShared: boolean;
  /** Objects of its history may have been left at a remote. */
  readonly isPartial: boolean;
  /** Where it keeps the repositories of its submodules. */
  readonly modules: readonly string[];
}

const URL_LIKE = /^(?:https?|ssh|git|file):\/\/|^[\w.-]+@[\w.-]+:/;
export const isUrl = (repository: string): boolean => URL_LIKE.test(repository);

/**
 * Throws SW0301 when there is no repository at `path`.
 * @param operator whose git decides whether a repository that belongs to somebody else is trusted; absent: none is.
 */
export async function locate(git: Git, path: string, operator?: OperatorEnv): Promise<Origin> {
  const ask = (args: readonly string[]): Promise<string> =>
    operator
      ? operatorGit(path, operator).revparse(['--path-format=absolute', ...args])
      : git.text({ discoverFrom: path }, 'rev-parse', ['--path-format=absolute', ...args]);
  const told = await ask(FACTS).catch((cause: unknown) => {
    throw notARepository(path, cause);
  });
  const [gitDir = '', ownDir, format, inside] = told.split('\n');
  const said = await settings(git, { gitDir }, `${PARTIAL}|^core\\.sharedrepository$`);
  const isShared = !NOT_SHARED.includes(said.get('core.sharedrepository') ?? '');
  const isPartial = [...said.keys()].some((name) => name !== 'core.sharedrepository');
  const modules = moduleFolders(gitDir, ownDir ?? gitDir);
  const isMain = inside === 'true' && ownDir === gitDir;
  const workTree = isMain ? await ask(['--show-toplevel']) : undefined;
  const objectFormat = format === 'sha256' ? 'sha256' : 'sha1';
  return { gitDir, ...(workTree && { workTree }), objectFormat, isShared, isPartial, modules };
}

const FACTS = ['--git-common-dir', '--git-dir', '--show-object-format', '--is-inside-work-tree'];

/** Environment of a git that fetches from the repository. */
type Served = Readonly<Record<'GIT_CONFIG_GLOBAL', string>>;

/**
 * The one setting of our own that git reads from a file: it may serve this repository, which the operator's own git
 * trusts, though it may belong to somebody else. A fetch starts a git there that hears nothing of our command line.
 */
export async function trusting(origin: Origin, file: string): Promise<Origin & { readonly served: Served }> {
  const { gitDir, workTree } = origin;
  const rows = [gitDir, workTree ?? gitDir].map(
    (path) => `\tdirectory = "${path.replace(/["\\]/g, '\\$&')}"\n`,
  );
  await writeFile(file, `[safe]\n${rows.join('')}`);
  return { ...origin, served: { GIT_CONFIG_GLOBAL: file } };
}

const NOT_SHARED = ['', 'umask', 'false', '0'];
const PARTIAL = String.raw`^(extensions\.partialclone|remote\..*\.promisor)$`;

/** True when objects may be left at a remote, to be fetched when first asked for. */
export async function isPartialClone(git: Git, place: Place): Promise<boolean> {
  return (await settings(git, place, PARTIAL)).size > 0;
}

/**
 * Our bare clone of a URL at `to`, made whole or not at all; one that is there is fetched anew.
 * @param network a Git whose environment may reach the operator's ssh agent and credentials.
 */
export async function cloneOrigin(network: Git, url: string, to: string): Promise<void> {
  const options = { timeoutMs: 3_600_000, unpinned: true };
  if (existsSync(to)) {
    // Not forced: a branch that went another way there stays as it is here, and git answers 1.
    const args = ['--quiet', '--no-auto-maintenance', '--end-of-options', url, 'refs/heads/*:refs/heads/*'];
    await network.run({ gitDir: to }, 'fetch', args, { ...options, codes: [0, 1] });
    return;
  }
  const making = `${to}.making`;
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true });
  const args = ['--bare', '--quiet', '--template=', '--', url, making];
  await network.run({ discoverFrom: making }, 'clone', args, options);
  await rename(making, to);
}

function notARepository(path: string, cause: unknown): SwarmError {
  const why = cause instanceof SwarmError ? (cause.problems[0]?.why ?? cause.message) : String(cause);
  return new SwarmError({ code: 'SW0301', ...unusable(path, why) }, { cause });
}

/** What is wrong where git finds no repository it will use. Where there is one, none is to be made. */
export function unusable(path: string, said: string): { what: string; why: string; fix: string } {
  const why = said.trim();
  const foreign = /dubious ownership in repository at '(.+)'/.exec(why)?.[1];
  if (foreign !== undefined)
    return {
      what: `the repository at ${path} belongs to another user, and git does not trust it`,
      why: 'its files say what git runs; whoever may write them would command you',
      fix: `git config --global --add safe.directory ${shellWord(foreign)}`,
    };
  if (isWithin(path)) {
    const fix = `git -C ${shellWord(path)} status`;
    return { what: `the git repository at ${path} cannot be read`, why, fix };
  }
  const fix =
    '--repo <path to the repository>   (a new one: git init && git add -A && git commit -m "Initial commit")';
  return { what: `there is no git repository at ${path}`, why, fix };
}

const shellWord = (text: string): string =>
  /^[\w./@:+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** Whether there is something here, or above, that names itself a repository. */
function isWithin(path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return true;
    if (dirname(at) === at) return existsSync(join(path, 'HEAD')) && existsSync(join(path, 'objects'));
  }
}
