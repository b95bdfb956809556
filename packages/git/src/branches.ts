/** The branches of the user's repository, by the names a person says. Nothing a person said reaches git here. */
import { type CommitId, parseCommitId } from '@swarm/core/model/ids';
import type { Git } from './git.ts';

export interface BranchAt {
  /** `fix-login`, or `origin/fix-login` for what a remote had when it was last fetched. */
  readonly name: string;
  readonly commit: CommitId;
  /** The remote whose branch it is, as it was last fetched; absent: a branch of the place itself. */
  readonly remote?: string;
}

/** Local branches first: a remote's branch may be called like one here, and then comes behind it. */
export async function listBranches(git: Git, gitDir: string): Promise<readonly BranchAt[]> {
  const format = '--format=%(objectname)%00%(symref)%00%(refname)';
  const told = await git.text({ gitDir }, 'for-each-ref', [format, 'refs/heads/', 'refs/remotes/']);
  return told.split('\n').flatMap((line) => {
    const [id = '', symbolicTo, ref = ''] = line.split('\0');
    const commit = parseCommitId(id);
    const [, kind, name = ''] = /^refs\/(heads|remotes)\/(.*)$/s.exec(ref) ?? [];
    if (!commit || symbolicTo !== '') return [];
    return { name, commit, ...(kind === 'remotes' && { remote: name.split('/')[0]! }) };
  });
}

export async function listTags(git: Git, gitDir: string): Promise<readonly string[]> {
  const told = await git.text({ gitDir }, 'for-each-ref', ['--format=%(refname)', 'refs/tags/']);
  return told
    .split('\n')
    .map((ref) => ref.slice('refs/tags/'.length))
    .filter((name) => name !== '');
}
