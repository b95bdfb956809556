/** Reads a reference of the hub. It is ours alone and nothing packs its references, so that each mostly is a file. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CommitId, parseCommitId } from '@swarm/core/model/ids';
import type { HubContext } from './context.ts';

/** Undefined when there is no such reference. */
export async function readOwnRef(
  { git, hub }: Pick<HubContext, 'git' | 'hub'>,
  ref: string,
): Promise<CommitId | undefined> {
  const file = join(hub.gitDir, ref);
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const commit = text.endsWith('\n') ? parseCommitId(text.slice(0, -1)) : undefined;
  if (commit) return commit;
  const isKeptElsewhere = ['packed-refs', 'reftable'].some((name) => existsSync(join(hub.gitDir, name)));
  if (text === '' && !isKeptElsewhere) return undefined;
  const told = await git.text(hub, 'for-each-ref', ['--format=%(objectname)', ref]);
  return parseCommitId(told);
}
