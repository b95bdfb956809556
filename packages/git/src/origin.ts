/**
 * Finds the user's repository, or makes our bare clone of a URL, and refuses what swarm cannot work with. It is
 * only ever read here.
 */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { SwarmError } from '@swarm/core/errors';
import type { Git, Place } from './git.ts';
import type { ObjectFormat } from './identity.ts';

export interface Origin {
  /** Absolute path of the repository proper: shared by all of its work trees. */
  readonly gitDir: string;
  readonly objectFormat: ObjectFormat;
  /** Files made in it get permissions of its own (`core.sharedRepository`). */
  readonly isShared: boolean;
}

const URL_LIKE = /^(?:https?|ssh|git|file):\/\/|^[\w.-]+@[\w.-]+:/;
export const isUrl = (repository: string): boolean => URL_LIKE.test(repository);

/** Throws SW0301 when there is no repository at `path`, SW0311 when it is of a kind that cannot be used. */
export async function locate(git: Git, path: string): Promise<Origin> {
  const ask = [
    '--path-format=absolute',
    '--git-common-dir',
    '--is-shallow-repository',
    '--show-object-format',
  ];
  const told = await git.text({ discoverFrom: path }, 'rev-parse', ask).catch((cause: unknown) => {
    throw notARepository(path, cause);
  });
  const [gitDir = '', shallow, format] = told.split('\n');
  if (shallow === 'true') throw shallowClone(path);
  if (await isPartialClone(git, { gitDir })) throw partialClone(path);
  const isShared = await hasSharedFiles(git, { gitDir });
  return { gitDir, objectFormat: format === 'sha256' ? 'sha256' : 'sha1', isShared };
}

async function hasSharedFiles(git: Git, place: Place): Promise<boolean> {
  const asked = await git.run(place, 'config', ['--get', 'core.sharedRepository'], { codes: [0, 1] });
  return !['', 'umask', 'false', '0'].includes(asked.stdout.toString().trim());
}

/** True when objects may be left at a remote, to be fetched when first asked for. */
export async function isPartialClone(git: Git, place: Place): Promise<boolean> {
  const keys = ['--name-only', '--get-regexp', String.raw`^(extensions\.partialclone|remote\..*\.promisor)$`];
  return (await git.run(place, 'config', keys, { codes: [0, 1] })).code === 0;
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

const notARepository = (path: string, cause: unknown) =>
  new SwarmError(
    {
      code: 'SW0301',
      what: `there is no git repository at ${path}`,
      why: cause instanceof SwarmError ? (cause.problems[0]?.why ?? cause.message) : String(cause),
      fix: 'git init && git add -A && git commit -m "Initial commit"',
    },
    { cause },
  );

const shallowClone = (path: string) =>
  new SwarmError({
    code: 'SW0311',
    what: `the repository at ${path} is a shallow clone`,
    why: 'merges need the whole history of the target',
    fix: `git -C ${path} fetch --unshallow`,
  });

const partialClone = (path: string) =>
  new SwarmError({
    code: 'SW0311',
    what: `the repository at ${path} is a partial clone`,
    why: 'objects it lacks would have to be fetched with your credentials in the middle of a run',
    fix: `git clone "$(git -C ${path} remote get-url origin)" whole-clone`,
  });
