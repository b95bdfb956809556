/**
 * Landings put together anew for branches that people look at: a change upon another commit, taken back there, or joined
 * with what came into its base. Three trees are merged without a work tree; nobody has tested what comes of it.
 */
import type { CommitId, TreeId } from '@swarm/core/model/ids';
import type { Rebuilt } from '@swarm/core/ports/forge';
import { writeCommit, writeLanding } from './commit.ts';
import type { HubContext } from './context.ts';
import { isAncestor } from './landed.ts';
import { stepOf } from './revert.ts';

export async function replay(
  hub: HubContext,
  { onto, change }: { readonly onto: CommitId; readonly change: CommitId },
): Promise<Rebuilt> {
  const facts = await hub.objects.commit(change);
  if (facts.parents.length === 1 && facts.parents[0] === onto) return { kind: 'commit', commit: change };
  const step = (await stepOf(hub, change))!;
  const { message, atSeconds } = await wordsOf(hub, change);
  return built(hub, {
    onto,
    merge: { base: step.before, theirs: step.after },
    parents: [onto],
    // The gate looked at the landing, and not at this.
    message: message.replace(/^Swarm-Gate: .*\n/m, ''),
    atSeconds,
  });
}

export async function takeBack(
  hub: HubContext,
  { onto, change, message }: { readonly onto: CommitId; readonly change: CommitId; readonly message: string },
): Promise<Rebuilt> {
  const step = (await stepOf(hub, change))!;
  const { atSeconds } = await wordsOf(hub, onto);
  const merge = { base: step.after, theirs: step.before };
  return built(hub, { onto, merge, parents: [onto], message, atSeconds });
}

export async function join(
  hub: HubContext,
  ask: {
    readonly tip: CommitId;
    readonly base: CommitId;
    readonly since?: CommitId;
    readonly message: string;
  },
): Promise<Rebuilt> {
  const { tip, base, since, message } = ask;
  if (await isAncestor(hub, base, tip)) return { kind: 'commit', commit: tip };
  const parents = [tip, base];
  const atSeconds = Math.max((await wordsOf(hub, tip)).atSeconds, (await wordsOf(hub, base)).atSeconds);
  if (since) {
    const merge = {
      base: (await hub.objects.commit(since)).tree,
      theirs: (await hub.objects.commit(base)).tree,
    };
    return built(hub, { onto: tip, merge, parents, message, atSeconds });
  }
  const merged = await hub.mutex.run(() => hub.merges.merge(tip, base));
  if (merged.kind === 'conflict') return { kind: 'conflict', files: merged.files };
  return {
    kind: 'commit',
    commit: await writeLanding(hub, { tree: merged.tree, parents, atSeconds, message }),
  };
}

interface Ask {
  readonly onto: CommitId;
  readonly merge: { readonly base: TreeId; readonly theirs: TreeId };
  readonly parents: readonly CommitId[];
  readonly message: string;
  readonly atSeconds: number;
}

/** Git 2.39 takes no base for a merge: commits are made that have only that one in common. Nothing refers to them. */
async function built(hub: HubContext, { onto, merge, parents, message, atSeconds }: Ask): Promise<Rebuilt> {
  const { tree } = await hub.objects.commit(onto);
  const scratch = (of: TreeId, above: readonly CommitId[]): Promise<CommitId> =>
    writeCommit(hub, { tree: of, parents: above, atSeconds: 0, message: 'standing' });
  const base = await scratch(merge.base, []);
  const ours = await scratch(tree, [base]);
  const theirs = await scratch(merge.theirs, [base]);
  const merged = await hub.mutex.run(() => hub.merges.merge(ours, theirs));
  if (merged.kind === 'conflict') return { kind: 'conflict', files: merged.files };
  if (merged.tree === tree && parents.length === 1) return { kind: 'commit', commit: onto };
  return {
    kind: 'commit',
    commit: await writeLanding(hub, { tree: merged.tree, parents, atSeconds, message }),
  };
}

async function wordsOf(hub: HubContext, commit: CommitId): Promise<{ message: string; atSeconds: number }> {
  const args = [
    '-1',
    '--no-show-signature',
    '--encoding=UTF-8',
    '--format=%ct%n%B',
    '--end-of-options',
    commit,
  ];
  const told = await hub.git.text(hub.hub, 'log', args);
  const end = told.indexOf('\n');
  return { atSeconds: Number(told.slice(0, end)), message: `${told.slice(end + 1).trimEnd()}\n` };
}
