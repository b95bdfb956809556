/**
 * What one task's work is, for the operator to look at: as a difference, as a branch, as a work tree of its own. It is
 * read from the hub, or from the repository where it has landed; of that repository no program is run.
 */
import type { CommitId } from '@swarm/core/model/ids';
import { gitDirOf } from './checkout.ts';
import { Git, type Place } from './git.ts';
import { withoutFilters } from './quiet.ts';

/** Most bytes of one difference, or of the objects one task's work is made of. */
const WORK_BYTES_MAX = 1024 * 1024 * 1024;

export interface WorkPlaces {
  /** Swarm's own bare repository; it may be gone. */
  readonly hub: string | undefined;
  /** The work tree's top, or the bare repository. */
  readonly repository: string;
  readonly isBare: boolean;
}

export interface Work {
  readonly commit: CommitId;
  /** Undefined: the commit's own parent. */
  readonly base: CommitId | undefined;
}

/** A patch; undefined where nobody has the work any more. @param isWhole with what a program needs, binary files too. */
export async function workDiff(
  places: WorkPlaces,
  { commit, base }: Work,
  isWhole: boolean,
): Promise<string | undefined> {
  const git = new Git();
  const place = await placeOf(git, places, commit);
  if (!place) return undefined;
  const plain = [
    '-r',
    '-p',
    '--no-commit-id',
    '--no-color',
    '--no-ext-diff',
    '--no-textconv',
    '--find-renames',
  ];
  const whole = isWhole ? ['--binary', '--full-index'] : [];
  const args = [...plain, ...whole, '--end-of-options', base ?? `${commit}^1`, commit];
  return git.text(place, 'diff-tree', args, { maxBytes: WORK_BYTES_MAX });
}

export type KeptBranch =
  | { readonly kind: 'made' | 'there' }
  /** It names another commit, and is the operator's. */
  | { readonly kind: 'taken'; readonly commit: string }
  | { readonly kind: 'lost' };

/** A branch of the operator's repository on the work; one that is there already is left as it is. */
export async function keepBranch(places: WorkPlaces, branch: string, { commit }: Work): Promise<KeptBranch> {
  const git = new Git();
  const origin = await originOf(places);
  const ref = `refs/heads/${branch}`;
  const there = await git.text(origin, 'for-each-ref', ['--format=%(objectname)', ref]);
  if (there !== '') return there === commit ? { kind: 'there' } : { kind: 'taken', commit: there };
  const from = await placeOf(git, places, commit);
  if (!from) return { kind: 'lost' };
  if (!(await has(git, origin, commit))) await send(git, from, origin, commit);
  await git.run(origin, 'update-ref', ['--stdin', '-m', 'swarm: checkout'], {
    stdin: `create ${ref} ${commit}\n`,
  });
  return { kind: 'made' };
}

/** A new work tree on a branch. Errors: SW0702 with git's own words, such as that the folder is not empty. */
export async function addWorkTree(places: WorkPlaces, branch: string, folder: string): Promise<void> {
  const git = new Git();
  const origin = await originOf(places);
  const env = await withoutFilters(git, origin);
  await git.run(origin, 'worktree', ['add', '--quiet', '--', folder, branch], { env });
}

const originOf = async ({ repository, isBare }: WorkPlaces): Promise<{ gitDir: string }> => ({
  gitDir: isBare ? repository : await gitDirOf(repository),
});

async function placeOf(git: Git, places: WorkPlaces, commit: CommitId): Promise<Place | undefined> {
  const hub = places.hub === undefined ? undefined : { gitDir: places.hub };
  if (hub && (await has(git, hub, commit))) return hub;
  const origin = await originOf(places);
  return (await has(git, origin, commit)) ? origin : undefined;
}

const has = async (git: Git, place: Place, commit: CommitId): Promise<boolean> =>
  (await git.run(place, 'cat-file', ['-e', `${commit}^{commit}`], { codes: [0, 1, 128] })).code === 0;

/** All of it but what branches of the repository have; unpacked by git, which knows its permissions. */
async function send(git: Git, from: Place, origin: Place, commit: CommitId): Promise<void> {
  const heads = await git.text(origin, 'for-each-ref', ['--format=%(objectname)', 'refs/heads/']);
  const known = await Promise.all(
    [...new Set(heads.split('\n').filter(Boolean))].map(async (id) =>
      (await has(git, from, id as CommitId)) ? [`^${id}`] : [],
    ),
  );
  const packed = await git.run(from, 'pack-objects', ['--revs', '--stdout', '-q'], {
    stdin: [commit, ...known.flat(), ''].join('\n'),
    maxBytes: WORK_BYTES_MAX,
  });
  await git.run(origin, 'unpack-objects', ['-q'], { stdin: packed.stdout });
}
