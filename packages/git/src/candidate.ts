/**
 * Builds the commit under test without a work tree or an index. A conflict is a value.
 * The same inputs give the same bytes, on any machine and after any restart.
 */
import type { CandidateOutcome, CommitId, Hub, TreeId } from '@swarm/core';
import { commitBody } from './commit.ts';
import type { HubContext } from './context.ts';
import { mergeBase } from './fork.ts';
import { expectObject } from './git.ts';
import { writeLoose } from './loose.ts';

type Ask = Parameters<Hub['buildCandidate']>[0];

export async function buildCandidate(hub: HubContext, ask: Ask): Promise<CandidateOutcome> {
  if (!(await hub.objects.findCommit(ask.work))) return { kind: 'missing' };
  const fork = await mergeBase(hub, ask.onto, ask.work);
  if (!fork)
    return { kind: 'conflict', files: [], detail: 'the work has no commit in common with the target' };
  // Objects are written by this read-looking command: it is a write.
  const merging = hub.mutex.run(() => hub.merges.merge(ask.onto, ask.work));
  const [merged, own] = await Promise.all([merging, changedPaths(hub, fork, ask.work)]);
  if (merged.kind === 'conflict') return merged;
  const onto = (await hub.objects.commit(ask.onto)).tree;
  if (merged.tree === onto) return { kind: 'empty' };
  // At once: a commit nobody uses, now and then, costs less than waiting every time.
  const [paths, commit] = await Promise.all([
    hub.diffs.paths(onto, merged.tree),
    writeCommit(hub, ask, merged.tree),
  ]);
  const collateral = notIn(paths, own);
  if (collateral.length > 0) return { kind: 'collateral', paths: collateral };
  return { kind: 'clean', commit, tree: merged.tree, paths };
}

async function changedPaths(hub: HubContext, from: CommitId, to: CommitId): Promise<readonly string[]> {
  const [old, now] = [await hub.objects.commit(from), await hub.objects.commit(to)];
  return hub.diffs.paths(old.tree, now.tree);
}

function notIn(paths: readonly string[], allowed: readonly string[]): string[] {
  const known = new Set(allowed);
  return paths.filter((path) => !known.has(path));
}

async function writeCommit(hub: HubContext, ask: Ask, tree: TreeId): Promise<CommitId> {
  const who = await hub.author.at(ask.atSeconds);
  const body = commitBody({ tree, parent: ask.onto, who, message: ask.message(tree) });
  const object = { type: 'commit', body } as const;
  const [name = ''] = await hub.mutex.run(() =>
    writeLoose(hub.layout.hubObjects, hub.objectFormat, [object]),
  );
  const commit = expectObject(name, 'the commit written');
  hub.objects.remember(commit, { tree, parents: [ask.onto] });
  return commit;
}
