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

/** Of one line of commits: where it leaves the target, and what it says. Undefined: it is not, or it has no start there. */
export function lineOf(
  history: History,
  commit: CommitId,
): { readonly fork: CommitId; readonly words: BranchWords } | undefined {
  const subjects: string[] = [];
  let at = commit;
  for (let step = history.get(at); step; step = history.get(at)) {
    if (step.parents.length !== 1) return undefined;
    if (subjects.length < SUBJECTS_MAX) subjects.push(step.subject);
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
