/** Other ways to land the same branches, each in a repository of its own. */
import { join } from 'node:path';
import type { CommitId } from '../packages/core/src/model/ids.ts';
import { commitBody } from '../packages/git/src/commit-body.ts';
import { Git } from '../packages/git/src/git.ts';
import { writeLoose } from '../packages/git/src/loose.ts';
import { Merges } from '../packages/git/src/merges.ts';
import { RefWriter } from '../packages/git/src/ref-writer.ts';
import { git, IDENTITY } from './landing-repo.ts';

/** Lands branch number `n`. */
export type Land = (n: number) => Promise<void>;

/** What a script would do: check the branch out, rebase it, fast-forward main, push; into an origin as durable as ours. */
export async function rebaseLoop(origin: string, folder: string): Promise<Land> {
  await git(origin, ['config', 'core.fsync', 'all']);
  const clone = join(folder, 'rebase-clone');
  await git(folder, ['clone', '--quiet', origin, clone]);
  return async (n) => {
    await git(clone, ['checkout', '--quiet', '-B', 'landing', `origin/work/${n}`]);
    await git(clone, ['rebase', '--quiet', 'main']);
    await git(clone, ['checkout', '--quiet', 'main']);
    await git(clone, ['merge', '--quiet', '--ff-only', 'landing']);
    await git(clone, ['push', '--quiet', 'origin', 'main']);
  };
}

/** The same settings our own landings have: everything durable before it is named. */
const DURABLE = ['-c', 'core.fsync=all', '-c', 'merge.directoryRenames=false'];

/** merge-tree, commit-tree and update-ref, a process each, in one repository: nothing is looked at or sent. */
export async function oneShot(repository: string): Promise<Land> {
  let head = await git(repository, ['rev-parse', 'main']);
  return async (n) => {
    const run = (...args: string[]) => git(repository, [...DURABLE, ...args]);
    const tree = await run('merge-tree', '--write-tree', head, `work/${n}`);
    const commit = await run('commit-tree', tree, '-p', head, '-m', `Change ${n}`);
    await run('update-ref', 'refs/heads/main', commit, head);
    head = commit;
  };
}

/** The same through processes that stay: the floor under any landing made of git's own merges. */
export async function floor(repository: string): Promise<{ land: Land; close(): Promise<void> }> {
  const place = { gitDir: repository };
  const [runner, who] = [new Git(), `${IDENTITY.name} <${IDENTITY.email}> 1700000000 +0000`];
  const merges = new Merges(runner, place);
  const refs = new RefWriter(runner, place);
  let head = (await git(repository, ['rev-parse', 'main'])) as CommitId;
  const names = (await git(repository, ['for-each-ref', '--format=%(refname) %(objectname)'])).split('\n');
  const works = new Map(names.map((line) => line.split(' ') as [string, CommitId]));
  const land: Land = async (n) => {
    const merged = await merges.mergeInTurn(head, works.get(`refs/heads/work/${n}`)!);
    if (merged.kind === 'conflict') throw new Error(`work/${n} conflicts`);
    const body = commitBody({ tree: merged.tree, parents: [head], who, message: `Change ${n}\n` });
    const [commit] = await writeLoose(join(repository, 'objects'), 'sha1', [{ type: 'commit', body }]);
    await refs.write([`update refs/heads/main ${commit} ${head}`]);
    head = commit as CommitId;
  };
  return { land, close: async () => void (await Promise.all([merges.close(), refs.close()])) };
}
