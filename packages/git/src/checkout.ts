/**
 * Facts of the user's own repository, for preflight. Read only: nothing is written, not even a refreshed index.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import { type CommitId, parseCommitId } from '@swarm/core/model/ids';
import type { SimpleGit } from 'simple-git';
import { Git } from './git.ts';
import { type OngoingOperation, operationIn } from './operation.ts';
import { type OperatorEnv, operatorGit } from './operator.ts';
import { isPartialClone, unusable } from './origin.ts';
import { lackingIn, shellWord } from './origin-fetch.ts';
import { withoutFilters } from './quiet.ts';
import { lastOfEach } from './settings.ts';

export type { OngoingOperation };

export type CheckoutFacts =
  | { readonly isRepository: false; readonly what: string; readonly why: string; readonly fix: string }
  | ({ readonly isRepository: true } & RepositoryFacts);

export interface RepositoryFacts {
  /** As `git --version` says it: `2.39.5`. */
  readonly gitVersion: string;
  readonly isBare: boolean;
  /** Top of the work tree; undefined in a bare repository. */
  readonly topLevel: string | undefined;
  /** This work tree's git directory. */
  readonly gitDir: string;
  /** What all work trees of the repository share. */
  readonly commonDir: string;
  readonly isShallow: boolean;
  readonly isPartial: boolean;
  /** Files and folders of the target's last commit that a partial clone left at its remote. */
  readonly lacking: number;
  readonly isLinkedWorktree: boolean;
  readonly isSubmodule: boolean;
  /** The branch HEAD names, without `refs/heads/`; undefined when HEAD is detached. */
  readonly branch: string | undefined;
  /** True when no branch has a commit. */
  readonly isEmpty: boolean;
  readonly branches: readonly string[];
  /** The target's commit; undefined when there is no such branch. */
  readonly targetCommit: CommitId | undefined;
  readonly operation: OngoingOperation | undefined;
  /** Tracked files that differ from HEAD, staged or not. */
  readonly dirtyTracked: number;
  readonly untracked: number;
  /** Folders of swarm's own with tracked files, in the index or on the target: `.swarm/runs`, a hub below `.swarm`. */
  readonly tracksOwn: readonly string[];
  /** From the operator's git configuration. */
  readonly userName: string | undefined;
  readonly userEmail: string | undefined;
}

/** Throws SW0306 when there is no git. Anything else that is wrong with the folder is `isRepository: false`. */
export async function readCheckout(path: string, target: string, env: OperatorEnv): Promise<CheckoutFacts> {
  if (!existsSync(path)) return { isRepository: false, ...unusable(path, `${path} does not exist`) };
  const user = operatorGit(path, env);
  const gitVersion = await versionOf(user);
  const layout = await layoutOf(user).catch((error: Error) => error);
  if (layout instanceof Error) return { isRepository: false, ...unusable(path, layout.message) };
  if (!(await isAround(path, layout))) return { isRepository: false, ...unnameable(await realpath(path)) };
  const git = new Git({ PATH: env.PATH });
  const [refs, dirt, identity, isPartial] = await Promise.all([
    refsOf(git, layout.commonDir, target),
    dirtOf(git, layout),
    identityOf(user),
    isPartialClone(git, { gitDir: layout.gitDir }),
  ]);
  const lacking =
    isPartial && refs.targetCommit ? await lackingIn(git, layout.commonDir, refs.targetCommit) : 0;
  const tracksOwn = await tracksOwnIn(git, layout, lacking > 0 ? undefined : refs.targetCommit);
  const operation = operationIn(layout.gitDir);
  const branch = await user.raw('symbolic-ref', '--quiet', '--short', 'HEAD').catch(() => '');
  const named = { branch: branch.trim() || undefined, gitVersion, isPartial, lacking, operation, tracksOwn };
  return { isRepository: true, ...layout, ...refs, ...dirt, ...identity, ...named };
}

/** False where a name was read as another, which may be that of another repository. */
async function isAround(path: string, { gitDir, topLevel }: Where): Promise<boolean> {
  const top = topLevel ?? gitDir;
  if (!existsSync(gitDir) || !existsSync(top)) return false;
  return topLevel === undefined || `${await realpath(path)}/`.startsWith(`${await realpath(top)}/`);
}

/** Git tells folders by line, and so does whoever reads its answers. */
function unnameable(path: string): { what: string; why: string; fix: string } {
  const parts = path.split('/');
  const odd = parts.findIndex((part) => /\n|^\s|\s$/.test(part)) + 1;
  const folder = parts.slice(0, odd || undefined).join('/');
  const plain = [...parts.slice(0, odd - 1), parts[odd - 1]?.trim().replace(/\s/g, '-')].join('/');
  return {
    what: `git cannot name the folder of the repository at ${path}`,
    why: 'it tells folders line by line: none may have a line break in its name, or blanks at an end of it',
    fix: `mv ${shellWord(folder)} ${shellWord(plain)}`,
  };
}

async function versionOf(user: SimpleGit): Promise<string> {
  const version = await user.version();
  if (version.installed) return `${version.major}.${version.minor}.${version.patch}`;
  throw new SwarmError({ code: 'SW0306', what: 'git is not installed', fix: 'apt-get install git' });
}

type Where = Pick<
  RepositoryFacts,
  'isBare' | 'topLevel' | 'gitDir' | 'commonDir' | 'isShallow' | 'isLinkedWorktree' | 'isSubmodule'
>;

async function layoutOf(user: SimpleGit): Promise<Where> {
  const ask = ['--path-format=absolute', '--git-dir', '--git-common-dir', '--is-bare-repository'];
  const told = await user.revparse([...ask, '--is-shallow-repository', '--is-inside-work-tree']);
  const [gitDir = '', commonDir = '', bare, shallow, inside] = told.split('\n');
  // The superproject's line is only there where there is one.
  const [topLevel, superproject] =
    inside === 'true'
      ? (await user.revparse(['--path-format=absolute', '--show-toplevel', SUPERPROJECT])).split('\n')
      : [];
  return {
    gitDir,
    commonDir,
    topLevel,
    isBare: bare === 'true',
    isShallow: shallow === 'true',
    isLinkedWorktree: gitDir !== commonDir,
    isSubmodule: Boolean(superproject),
  };
}

const SUPERPROJECT = '--show-superproject-working-tree';

async function refsOf(git: Git, commonDir: string, target: string) {
  const format = '--format=%(objectname) %(refname:lstrip=2)';
  const told = await git.text({ gitDir: commonDir }, 'for-each-ref', [format, 'refs/heads/']);
  const rows = told.split('\n').filter((row) => row !== '');
  const commits = new Map(
    rows.map((row) => [row.slice(row.indexOf(' ') + 1), row.slice(0, row.indexOf(' '))]),
  );
  const targetCommit = parseCommitId(commits.get(target) ?? '');
  return { branches: [...commits.keys()], isEmpty: commits.size === 0, targetCommit };
}

/** Through our own runner: the repository may name programs (`core.fsmonitor`, filters) that status would start. */
async function dirtOf(git: Git, { topLevel, gitDir }: Where) {
  if (topLevel === undefined) return { dirtyTracked: 0, untracked: 0 };
  const place = { gitDir, workTree: topLevel };
  const args = [
    '--porcelain=v2',
    '-z',
    '--untracked-files=normal',
    '--no-renames',
    '--ignore-submodules=dirty',
  ];
  const rows = await git.records(place, 'status', args, { env: await withoutFilters(git, place) });
  const untracked = rows.filter((row) => row.startsWith('? ')).length;
  return { untracked, dirtyTracked: rows.length - untracked };
}

async function identityOf(user: SimpleGit) {
  // Where nothing matches git says nothing, and ends with a 1 that counts as no failure without a word.
  const told = await user.raw('config', '-z', '--get-regexp', String.raw`^user\.(name|email)$`);
  const said = lastOfEach(told);
  return { userName: said.get('user.name'), userEmail: said.get('user.email') };
}

async function tracksOwnIn(git: Git, where: Where, target: CommitId | undefined): Promise<readonly string[]> {
  const { gitDir, topLevel } = where;
  const onTarget = target ? ['-r', '--name-only', target] : undefined;
  const paths = [
    ...(onTarget ? await git.records({ gitDir }, 'ls-tree', [...onTarget, ...BELOW]) : []),
    ...(topLevel ? await git.records({ gitDir, workTree: topLevel }, 'ls-files', BELOW) : []),
  ];
  return ownFolders(paths);
}

/**
 * The folders of swarm's own that the index of a work tree tracks. Nothing of the repository's is discovered or obeyed.
 * @throws SwarmError SW0702 when git cannot tell.
 */
export async function trackedOwn(
  topLevel: string,
  { PATH }: Pick<OperatorEnv, 'PATH'>,
): Promise<readonly string[]> {
  const place = { gitDir: await gitDirOf(topLevel), workTree: topLevel };
  // Where the file system does not tell `.Swarm` from `.swarm`, they are one folder.
  const alike = (await readdir(topLevel)).filter((name) => name.toLowerCase() === '.swarm');
  const names = [...new Set(['.swarm', ...alike])];
  return ownFolders(await new Git({ PATH }).records(place, 'ls-files', ['-z', '--', ...names]));
}

/** A linked work tree and a submodule have a file there that names the folder. */
export async function gitDirOf(topLevel: string): Promise<string> {
  const dotGit = join(topLevel, '.git');
  if ((await stat(dotGit)).isDirectory()) return dotGit;
  const named = /^gitdir: (.+?)\r?\n?$/.exec(await readFile(dotGit, 'utf8'))?.[1];
  return named === undefined ? dotGit : resolve(topLevel, named);
}

/**
 * What all work trees of a repository share, as a real path. Nothing is discovered from a folder around it.
 * @param repository the work tree's top, or the bare repository.
 * @throws SwarmError SW0702 when git cannot tell.
 */
export async function commonDirOf(
  repository: string,
  isBare: boolean,
  { PATH }: { readonly PATH?: string | undefined },
): Promise<string> {
  const gitDir = isBare ? repository : await gitDirOf(repository);
  // Where no file names another folder, it is this one: https://git-scm.com/docs/gitrepository-layout (commondir).
  if (existsSync(join(gitDir, 'HEAD')) && !existsSync(join(gitDir, 'commondir'))) return realpath(gitDir);
  const ask = ['--path-format=absolute', '--git-common-dir'];
  return realpath(await new Git(PATH ? { PATH } : {}).text({ gitDir }, 'rev-parse', ask));
}

const BELOW = ['-z', '--', '.swarm'];
const OWN_FOLDER = /^\.swarm$|^\.swarm\/runs(?=\/|$)|^.*\/hub\.git(?=\/HEAD$)/i;

const ownFolders = (paths: readonly string[]): readonly string[] => [
  ...new Set(paths.flatMap((path) => OWN_FOLDER.exec(path)?.[0] ?? [])),
];
