/** The branches of the user's repository, by the names a person says. Nothing a person said reaches git here. */
import { type CommitId, parseCommitId } from '@swarm/core/model/ids';
import type { Git } from './git.ts';

export interface BranchAt {
  /** `fix-login`, or `origin/fix-login` for what a remote had when it was last fetched. */
  readonly name: string;
  readonly commit: CommitId;
}

/** Local branches first; a remote's branch never hides a local one of the same name. */
export async function listBranches(git: Git, gitDir: string): Promise<readonly BranchAt[]> {
  const format = '--format=%(objectname)%00%(symref)%00%(refname)';
  const told = await git.text({ gitDir }, 'for-each-ref', [format, 'refs/heads/', 'refs/remotes/']);
  const found = new Map<string, BranchAt>();
  for (const line of told.split('\n')) {
    const [id = '', symbolicTo, ref = ''] = line.split('\0');
    const commit = parseCommitId(id);
    const name = ref.replace(/^refs\/(?:heads|remotes)\//, '');
    if (commit && symbolicTo === '' && !found.has(name)) found.set(name, { name, commit });
  }
  return [...found.values()];
}
