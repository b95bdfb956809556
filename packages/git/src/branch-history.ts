/**
 * What branches have that the target has not: read of all of them with one question, and told of each by following
 * parents. Of a branch that is not one line git is asked alone.
 */
import { type CommitId, parseCommitId } from '@swarm/core/model/ids';
import { type Git, type Place, splitNul } from './git.ts';

/** What a branch is about, in its own words: hostile text, capped. */
export interface BranchWords {
  /** Of its oldest own commit: what the branch set out to do. Empty when it has none. */
  readonly subject: string;
  /** Of its own commits, oldest first; merges are not among them. */
  readonly subjects: readonly string[];
}

const SUBJECTS_MAX = 50;
const SUBJECT_MAX = 200;
/** Most bytes read of all branches together; of more, each is asked for alone. */
const BYTES_MAX = 32 * 1024 * 1024;

interface Step {
  readonly parents: readonly CommitId[];
  readonly subject: string;
}

/** Commits the target has not, by name. */
export type History = ReadonlyMap<CommitId, Step>;

const FIELDS = '--format=%H%x00%P%x00%s';
const LOG = ['-z', '--no-show-signature'];

/** Empty when together they are too much to be read at once. */
export async function historyOf(
  git: Git,
  place: Place,
  commits: readonly CommitId[],
  base: CommitId,
): Promise<History> {
  const stdin = [...commits, `^${base}`, ''].join('\n');
  const asked = git.run(place, 'log', [...LOG, FIELDS, '--stdin'], { stdin, maxBytes: BYTES_MAX });
  const told = await asked.then(({ stdout }) => splitNul(stdout)).catch(() => []);
  const history = new Map<CommitId, Step>();
  for (let i = 0; i + 2 < told.length; i += 3) {
    const [name, parents = '', subject = ''] = [parseCommitId(told[i]!), told[i + 1], told[i + 2]];
    if (!name) continue;
    const known = parents.split(' ').flatMap((parent) => parseCommitId(parent) ?? []);
    history.set(name, { parents: known, subject: subject.slice(0, SUBJECT_MAX) });
  }
  return history;
}

/**
 * Of one line of commits: where it leaves the target, and what it says. Undefined: it is not, or it has no start there.
 * @param below commits that others speak of, with all before them.
 */
export function lineOf(
  history: History,
  commit: CommitId,
  below: ReadonlySet<CommitId> = new Set(),
): { readonly fork: CommitId; readonly words: BranchWords } | undefined {
  const subjects: string[] = [];
  let at = commit;
  let isOwn = true;
  for (let step = history.get(at); step; step = history.get(at)) {
    if (step.parents.length !== 1) return undefined;
    isOwn &&= at === commit || !below.has(at);
    if (isOwn && subjects.length < SUBJECTS_MAX) subjects.push(step.subject);
    at = step.parents[0]!;
  }
  if (at === commit) return undefined;
  subjects.reverse();
  return { fork: at, words: { subject: subjects[0] ?? '', subjects } };
}

export async function wordsAlone(
  git: Git,
  place: Place,
  commit: CommitId,
  base: CommitId,
): Promise<BranchWords> {
  const args = [...LOG, '--no-merges', '--topo-order', `--max-count=${SUBJECTS_MAX}`, '--format=%s'];
  const told = await git.records(place, 'log', [...args, '--end-of-options', commit, `^${base}`]);
  const subjects = told.map((subject) => subject.slice(0, SUBJECT_MAX)).reverse();
  return { subject: subjects[0] ?? '', subjects };
}

/** A branch, and what the others were that it is built on: the nearest ones. */
export interface Stacked {
  readonly commit: CommitId;
  readonly upon: readonly CommitId[];
}

/** As given, but each behind those it is built on. */
export function stackedOrder(
  parentsOf: (commit: CommitId) => readonly CommitId[],
  given: readonly CommitId[],
): readonly Stacked[] {
  const all = new Set(given);
  const uponOf = new Map(given.map((commit) => [commit, nearest(parentsOf, commit, all)]));
  const placed = new Set<CommitId>();
  const open = given.toReversed();
  for (let commit = open.at(-1); commit; commit = open.at(-1)) {
    const first = uponOf.get(commit)!.filter((below) => !placed.has(below));
    if (first.length === 0) placed.add(open.pop()!);
    else open.push(...first.toReversed());
  }
  return [...placed].map((commit) => ({ commit, upon: uponOf.get(commit)! }));
}

function nearest(
  parentsOf: (commit: CommitId) => readonly CommitId[],
  commit: CommitId,
  all: ReadonlySet<CommitId>,
): readonly CommitId[] {
  const seen = new Set(parentsOf(commit));
  for (const each of seen) if (!all.has(each)) for (const parent of parentsOf(each)) seen.add(parent);
  return [...seen].filter((each) => all.has(each));
}
