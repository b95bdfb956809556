/**
 * Builds the commit under test without a work tree or an index. A conflict is a value.
 * The same inputs give the same bytes, on any machine and after any restart; where commits are signed, the same but
 * for the signature.
 */
import type { CommitId } from '@swarm/core/model/ids';
import type { CandidateOutcome, Hub } from '@swarm/core/ports/git';
import { type AfterRules, afterRules } from './by-rule.ts';
import { patchOf } from './changes.ts';
import { writeLanding } from './commit.ts';
import type { HubContext } from './context.ts';
import { pathsOf } from './diffs.ts';
import type { GrowingLine } from './fork.ts';
import type { NameClashes } from './name-clash.ts';
import type { Stacks } from './stacks.ts';
import { unpackFew } from './transfer.ts';

type Ask = Parameters<Hub['buildCandidate']>[0];

/** What is remembered from one candidate to the next. */
export interface Memory {
  readonly line: GrowingLine;
  readonly stacks: Stacks;
  readonly clashes: NameClashes;
}

export async function buildCandidate(
  hub: HubContext,
  { line, stacks, clashes }: Memory,
  ask: Ask,
): Promise<CandidateOutcome> {
  const { onto, work } = ask;
  if (!(await hub.objects.findCommit(work))) return { kind: 'missing' };
  const fork = await line.fork(onto, work);
  if (!fork)
    return { kind: 'conflict', files: [], detail: 'the work has no commit in common with the target' };
  const { commit, bases } = await stacks.join(onto, work, fork);
  const changed = changedPaths(hub, bases ?? [fork], work);
  const [merged, own] = await Promise.all([mergeTrees(hub, { onto: commit, work }), changed]);
  if (merged.kind === 'conflict') return { ...merged, detail: merged.detail.replaceAll(commit, onto) };
  const { tree } = await hub.objects.commit(onto);
  // At once, as a clash is rare: the commit that is then made for nothing is nobody's.
  const looked = clashes.find(fork, tree, merged.tree);
  const [clash, built] = await Promise.all([looked, candidateOf(hub, ask, merged, own)]);
  return clash ? { kind: 'conflict', files: [clash.path], detail: clash.why } : built;
}

/** The files in which two commits conflict; see `Hub.probe`. */
export async function probe(hub: HubContext, a: CommitId, b: CommitId): Promise<readonly string[]> {
  const found = await Promise.all([hub.objects.findCommit(a), hub.objects.findCommit(b)]);
  if (!found.every(Boolean)) return [];
  const merged = await hub.mutex.run(() => hub.merges.merge(a, b));
  return merged.kind === 'conflict' ? merged.files : [];
}

async function mergeTrees(hub: HubContext, ask: Pick<Ask, 'onto' | 'work'>): Promise<AfterRules> {
  // Objects are written by this read-looking command: it is a write.
  const plain = await hub.mutex.run(() => hub.merges.merge(ask.onto, ask.work));
  return plain.kind === 'conflict' ? afterRules(hub, ask, plain) : plain;
}

/** @param own paths the work changed: the merge may change no other (P5). */
async function candidateOf(
  hub: HubContext,
  ask: Ask,
  { tree, resolved }: AfterRules & { kind: 'tree' },
  own: readonly string[],
): Promise<CandidateOutcome> {
  const onto = (await hub.objects.commit(ask.onto)).tree;
  if (tree === onto) return { kind: 'empty' };
  // At once: a commit nobody uses, now and then, costs less than waiting every time.
  const { atSeconds } = ask;
  const written = writeLanding(hub, { tree, parents: [ask.onto], atSeconds, message: ask.message(tree) });
  const [paths, commit] = await Promise.all([hub.diffs.paths(onto, tree), written]);
  const collateral = notIn(paths, own);
  if (collateral.length > 0) return { kind: 'collateral', paths: collateral };
  const patch = hub.namesChanges && (await patchOf(hub, onto, tree));
  return { kind: 'clean', commit, tree, paths, ...(resolved && { resolved }), ...(patch && { patch }) };
}

/** While git merges, the files it will mostly take over as they are become files of the hub: to be linked, once tested. */
async function changedPaths(
  hub: HubContext,
  from: readonly CommitId[],
  to: CommitId,
): Promise<readonly string[]> {
  const now = await hub.objects.commit(to);
  const paths: string[] = [];
  for (const base of from) {
    const entries = await hub.diffs.entries((await hub.objects.commit(base)).tree, now.tree);
    await unpackFew(hub, entries);
    paths.push(...pathsOf(entries));
  }
  return paths;
}

function notIn(paths: readonly string[], allowed: readonly string[]): string[] {
  const known = new Set(allowed);
  return paths.filter((path) => !known.has(path));
}

/** The merge a batch lands as: its tree is that of the last in the chain. */
export async function sealBatch(hub: HubContext, ask: Parameters<Hub['sealBatch']>[0]) {
  const { tree } = await hub.objects.commit(ask.tip);
  const [parents, message] = [[ask.onto, ask.tip], ask.message(tree)];
  return { tree, commit: await writeLanding(hub, { tree, parents, atSeconds: ask.atSeconds, message }) };
}
