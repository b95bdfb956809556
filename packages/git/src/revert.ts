/**
 * Takes landings back without a work tree: for each commit a three-way merge with the commit as the base, what stands
 * now as ours and the commit's parent as theirs, as git-revert(1) does it. Git 2.39 takes no base for a merge, so
 * commits of our own are made whose only common ancestor is the one to be reverted; nothing refers to them.
 */
import type { CommitId, TreeId } from '@swarm/core/model/ids';
import type { Hub, RevertOutcome } from '@swarm/core/ports/git';
import { afterRules } from './by-rule.ts';
import { writeCommit, writeLanding } from './commit.ts';
import type { HubContext } from './context.ts';

type Ask = Parameters<Hub['buildRevert']>[0];

/** One commit to take back, with the trees before and after it. */
export interface Step {
  readonly commit: CommitId;
  readonly before: TreeId;
  readonly after: TreeId;
}

export async function buildRevert(hub: HubContext, ask: Ask): Promise<RevertOutcome> {
  const steps: Step[] = [];
  for (const commit of ask.commits) {
    const step = await stepOf(hub, commit);
    if (!step) return { kind: 'missing', of: commit };
    steps.push(step);
  }
  const before = (await hub.objects.commit(ask.onto)).tree;
  let now = { commit: ask.onto, tree: before };
  for (const step of steps) {
    const merged = await takeBack(hub, now.commit, step);
    if (merged.kind === 'conflict') return { ...merged, of: step.commit };
    now = { commit: await scratch(hub, merged.tree, ask.onto, 'standing'), tree: merged.tree };
  }
  return now.tree === before ? { kind: 'empty' } : outcomeOf(hub, ask, steps, before, now.tree);
}

/** Undefined for a commit that is not here, and for one that nothing came before. */
export async function stepOf(hub: HubContext, commit: CommitId): Promise<Step | undefined> {
  const facts = await hub.objects.findCommit(commit);
  const parent = facts?.parents[0];
  if (!facts || !parent) return undefined;
  return { commit, before: (await hub.objects.commit(parent)).tree, after: facts.tree };
}

/** @param ours a commit that has `step.commit` among its ancestors. */
export async function takeBack(hub: HubContext, ours: CommitId, step: Step) {
  const theirs = await scratch(hub, step.before, step.commit, 'without it');
  const plain = await hub.mutex.run(() => hub.merges.merge(ours, theirs));
  return plain.kind === 'conflict' ? afterRules(hub, { onto: ours, work: theirs }, plain) : plain;
}

/** What comes of it may change only what the commits had changed (P5). */
async function outcomeOf(
  hub: HubContext,
  ask: Ask,
  steps: readonly Step[],
  before: TreeId,
  tree: TreeId,
): Promise<RevertOutcome> {
  const own = new Set<string>();
  for (const step of steps) for (const path of await hub.diffs.paths(step.before, step.after)) own.add(path);
  const paths = await hub.diffs.paths(before, tree);
  const foreign = paths.filter((path) => !own.has(path));
  if (foreign.length > 0) return { kind: 'collateral', paths: foreign };
  const { onto, atSeconds } = ask;
  const commit = await writeLanding(hub, { tree, parents: [onto], atSeconds, message: ask.message(tree) });
  return { kind: 'clean', commit, tree, paths };
}

/** One of those nobody will see. */
const scratch = (hub: HubContext, tree: TreeId, parent: CommitId, message: string): Promise<CommitId> =>
  writeCommit(hub, { tree, parents: [parent], atSeconds: 0, message });
