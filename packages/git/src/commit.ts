/** Commits of the hub. */
import type { CommitId } from '@swarm/core/model/ids';
import { type CommitParts, commitBody } from './commit-body.ts';
import type { HubContext } from './context.ts';
import { expectObject } from './git.ts';
import { writeLoose } from './loose.ts';

/** Makes a commit of the hub that is to land: signed, where the operator's are. @throws SW0313 when it cannot be. */
export async function writeLanding(hub: HubContext, ask: Omit<CommitParts, 'who'>): Promise<CommitId> {
  const { signer } = hub;
  if (!signer) return writeCommit(hub, ask);
  const parts = { ...ask, who: await hub.author.at(ask.atSeconds) };
  return remembered(hub, ask, await hub.mutex.run(() => signer.sign(parts)));
}

/** Makes a commit of the hub that nobody will see, or that is not signed. */
export async function writeCommit(hub: HubContext, ask: Omit<CommitParts, 'who'>): Promise<CommitId> {
  const body = commitBody({ ...ask, who: await hub.author.at(ask.atSeconds) });
  const object = { type: 'commit', body } as const;
  const [name = ''] = await hub.mutex.run(() =>
    writeLoose(hub.layout.hubObjects, hub.objectFormat, [object]),
  );
  hub.objects.keep(name, object);
  return remembered(hub, ask, expectObject(name, 'the commit written'));
}

function remembered(
  hub: HubContext,
  { tree, parents }: Omit<CommitParts, 'who'>,
  commit: CommitId,
): CommitId {
  hub.objects.remember(commit, { tree, parents });
  return commit;
}
