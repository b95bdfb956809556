/**
 * What one commit reaches and another does not, where that is little: then its objects get second names beside those that
 * are lent already, and no program is started to pack them.
 */
import { join } from 'node:path';
import type { CommitId } from '@swarm/core/model/ids';
import type { HubContext } from './context.ts';
import { newIdsOf } from './diffs.ts';
import { makeReadable } from './loose.ts';
import { copyLoose } from './loose-copies.ts';

/** Most objects of a step. */
const OBJECTS_MAX = 64;
/** Most commits of a step. */
const COMMITS_MAX = 16;
/** Commits on the way down from what is lent: where a step meets none of them, it is not little. */
const LENT_MAX = 128;

type Ends = Pick<HubContext, 'objects' | 'diffs' | 'layout' | 'objectFormat'>;

/** Gives `folder` all that `commit` reaches and `lent` does not. False where that is not little. */
export async function lendStep(
  hub: Ends,
  folder: string,
  commit: CommitId,
  lent: CommitId,
): Promise<boolean> {
  const names = await objectsSince(hub, commit, lent);
  if (!names) return false;
  for (const name of names) makeReadable(join(folder, name.slice(0, 2)));
  return copyLoose(hub, folder, names);
}

async function objectsSince(
  hub: Ends,
  commit: CommitId,
  lent: CommitId,
): Promise<readonly string[] | undefined> {
  const commits = await commitsSince(hub, commit, await nearest(hub, lent));
  if (!commits) return undefined;
  const names = new Set<string>(commits);
  for (const one of commits) {
    const { tree, parents } = await hub.objects.commit(one);
    // What its first parent reaches is lent, or of this step itself.
    const before = await hub.objects.commit(parents[0]!);
    for (const id of newIdsOf(await hub.diffs.entries(before.tree, tree))) names.add(id);
    names.add(tree);
    if (names.size > OBJECTS_MAX) return undefined;
  }
  return [...names];
}

/** Undefined where a line ends, or goes on too long, before it meets what is lent. */
async function commitsSince(
  { objects }: Ends,
  commit: CommitId,
  lent: ReadonlySet<CommitId>,
): Promise<readonly CommitId[] | undefined> {
  const since = new Set<CommitId>([commit]);
  for (const at of since) {
    const { parents } = await objects.commit(at);
    if (parents.length === 0 || since.size > COMMITS_MAX) return undefined;
    for (const parent of parents) if (!lent.has(parent)) since.add(parent);
  }
  return [...since];
}

async function nearest({ objects }: Ends, lent: CommitId): Promise<ReadonlySet<CommitId>> {
  const found = new Set<CommitId>([lent]);
  for (const at of found) {
    if (found.size >= LENT_MAX) break;
    for (const parent of (await objects.commit(at)).parents) found.add(parent);
  }
  return found;
}
