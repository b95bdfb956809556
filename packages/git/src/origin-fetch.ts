/**
 * Brings commits of the user's repository into one of ours. Nothing is written there, and nothing is fetched there from
 * elsewhere: where a partial clone lacks an object the fetch fails, instead of asking its remote with the user's keys.
 */
import { SwarmError } from '@swarm/core/errors';
import type { CommitId } from '@swarm/core/model/ids';
import type { HubContext } from './context.ts';
import type { Git, Place } from './git.ts';

/** Also of a git that knows no other way: https://git-scm.com/docs/git#Documentation/git.txt-GITALLOWPROTOCOL */
const SERVER = '--upload-pack=GIT_ALLOW_PROTOCOL=none git-upload-pack';
const QUIET = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance'];
/** A whole history, the first time. */
const TIMEOUT_MS = 3_600_000;
/** Git's own word for no end. */
const NO_END = 2_147_483_647;
/** Looked at before all of a history is asked for. */
const LAST_FEW = 64;
/** Names of all objects of a few commits. */
const LISTED_MAX = 1024 * 1024 * 1024;

type Ends = Pick<HubContext, 'git' | 'hub' | 'origin'>;

interface Wanted {
  readonly commit: CommitId;
  readonly ref: string;
}

/**
 * The commit a run starts from, with as much of its history as is there. A partial clone has it whole, once everything
 * was fetched into it, or for less than its last few commits: then it ends at the base.
 */
export async function fetchBase(hub: Ends, commit: CommitId, ref: string): Promise<void> {
  const { gitDir, isPartial } = hub.origin;
  const fetch = (depth: number) => fetchHere(hub, hub.hub, gitDir, [{ commit, ref }], [`--depth=${depth}`]);
  if (!isPartial) return fetch(NO_END);
  if ((await lackingIn(hub.git, gitDir, commit, LAST_FEW)) > 0) return fetch(1);
  return fetch(NO_END).catch(() => fetch(1));
}

/** How many objects of the last commits were left at a remote. Nothing is fetched to find out. */
export async function lackingIn(git: Git, gitDir: string, commit: CommitId, commits = 1): Promise<number> {
  const args = ['--objects', '--no-object-names', '--missing=print', `--max-count=${commits}`, commit];
  const told = await git.text({ gitDir }, 'rev-list', args, { maxBytes: LISTED_MAX });
  return told.split('\n').filter((line) => line.startsWith('?')).length;
}

/** A commit that came after the base, with what is new in it. */
export function fetchFromOrigin(hub: Ends, commit: CommitId, ref: string): Promise<void> {
  return fetchHere(hub, hub.hub, hub.origin.gitDir, [{ commit, ref }]);
}

/** @throws SwarmError SW0311 when a partial clone has not all of it, SW0702 otherwise. */
export async function fetchHere(
  { git, origin }: Pick<HubContext, 'git' | 'origin'>,
  into: Place,
  from: string,
  wanted: readonly Wanted[],
  more: readonly string[] = [],
): Promise<void> {
  const flags = [...QUIET, '--no-recurse-submodules', '--update-shallow', SERVER, ...more];
  const stdin = wanted.map(({ commit, ref }) => `+${commit}:${ref}\n`).join('');
  const options = { stdin, env: { ...origin.served, GIT_ALLOW_PROTOCOL: 'file' }, timeoutMs: TIMEOUT_MS };
  await git.run(into, 'fetch', [...flags, '--stdin', '--', from], options).catch((error: unknown) => {
    throw origin.isPartial ? notWhole(origin.gitDir, error) : error;
  });
}

function notWhole(gitDir: string, cause: unknown): SwarmError {
  const said = cause instanceof SwarmError ? cause.problems[0] : undefined;
  const words = (said?.why ?? said?.what ?? String(cause)).trim();
  return new SwarmError(
    {
      code: 'SW0311',
      what: 'the repository is a partial clone, and a commit that is needed is not all here',
      where: gitDir,
      why: `swarm fetches nothing with your keys behind your back; git says: ${/could not fetch .*/.exec(words)?.[0] ?? words}`,
      fix: refetch(gitDir),
    },
    { cause },
  );
}

/** What makes a partial clone whole. The tidying that follows by itself has been seen to drop again what just came. */
export const refetch = (path: string): string =>
  `git -C ${shellWord(path)} -c gc.auto=0 fetch --refetch --no-filter`;

export const shellWord = (text: string): string =>
  /^[\w./@:+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
