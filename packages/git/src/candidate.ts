/**
 * Builds the commit under test without a work tree or an index: merge-tree, commit-tree. A conflict is a value.
 * The same inputs give the same bytes, on any machine and after any restart.
 */
import type { CandidateOutcome, CommitId, Hub, TreeId } from '@swarm/core';
import { type AfterRules, afterRules } from './by-rule.ts';
import { type HubContext, hasCommits, identityEnv } from './context.ts';
import { expectObject, splitNul } from './git.ts';

type Ask = Parameters<Hub['buildCandidate']>[0];

/** Most characters kept of what git says of conflicts. */
const DETAIL_MAX = 8 * 1024;

export async function buildCandidate(hub: HubContext, ask: Ask): Promise<CandidateOutcome> {
  if (!(await hasCommits(hub.git, hub.hub, [ask.work]))) return { kind: 'missing' };
  const fork = await mergeBase(hub, ask.onto, ask.work);
  if (!fork)
    return { kind: 'conflict', files: [], detail: 'the work has no commit in common with the target' };
  const [plain, own] = await Promise.all([mergeTrees(hub, ask), changedPaths(hub, fork, ask.work)]);
  const merged: AfterRules = plain.kind === 'conflict' ? await afterRules(hub, ask, plain) : plain;
  if (merged.kind === 'conflict') return merged;
  const paths = await changedPaths(hub, ask.onto, merged.tree);
  if (paths.length === 0) return { kind: 'empty' };
  const collateral = notIn(paths, own);
  if (collateral.length > 0) return { kind: 'collateral', paths: collateral };
  const { tree, resolved } = merged;
  const commit = await commitTree(hub, ask, tree);
  return { kind: 'clean', commit, tree, paths, ...(resolved && { resolved }) };
}

/** The best common ancestor; undefined when the two share no history. */
export async function mergeBase(hub: HubContext, a: CommitId, b: CommitId): Promise<CommitId | undefined> {
  const found = await hub.git.run(hub.hub, 'merge-base', ['--end-of-options', a, b], { codes: [0, 1] });
  return found.code === 1 ? undefined : expectObject(found.stdout.toString().trim(), 'git merge-base');
}

type Merged =
  | { readonly kind: 'tree'; readonly tree: TreeId }
  | { readonly kind: 'conflict'; readonly files: readonly string[]; readonly detail: string };

/** Attributes of the repository (`merge=union` and its like) are shut out twice: see also hub.ts. */
async function mergeTrees(hub: HubContext, ask: Ask): Promise<Merged> {
  const args = ['--write-tree', '-z', '--name-only', '--messages', '--end-of-options', ask.onto, ask.work];
  // Objects are written by this read-looking command: it is a write.
  const done = await hub.mutex.run(() => hub.git.run(hub.hub, 'merge-tree', args, { codes: [0, 1] }));
  const [tree, ...rest] = splitNul(done.stdout);
  if (done.code === 0)
    return { kind: 'tree', tree: expectObject(tree ?? '', 'git merge-tree') as string as TreeId };
  const end = rest.indexOf('');
  return { kind: 'conflict', files: rest.slice(0, end), detail: sayings(rest.slice(end + 1)) };
}

/** After the files: groups of a count, that many paths, a short kind, and the message we keep. */
function sayings(fields: readonly string[]): string {
  const lines: string[] = [];
  for (let i = 0; i < fields.length; ) {
    const kindAt = i + 1 + Number(fields[i]);
    if (!(kindAt > i)) break;
    if (fields[kindAt] !== 'Auto-merging') lines.push((fields[kindAt + 1] ?? '').trimEnd());
    i = kindAt + 2;
  }
  return lines.join('\n').slice(0, DETAIL_MAX);
}

/** Paths that differ, without following renames: both ends of one are named. */
export async function changedPaths(
  hub: HubContext,
  from: CommitId,
  to: CommitId | TreeId,
): Promise<readonly string[]> {
  const args = ['-r', '-z', '--name-only', '--no-renames', '--no-ext-diff', '--no-textconv'];
  return hub.git.records(hub.hub, 'diff-tree', [...args, '--end-of-options', from, to]);
}

function notIn(paths: readonly string[], allowed: readonly string[]): string[] {
  const known = new Set(allowed);
  return paths.filter((path) => !known.has(path));
}

/** commit-tree of git 2.39 knows no `--end-of-options`; all it is given are object names. */
async function commitTree(hub: HubContext, ask: Ask, tree: TreeId): Promise<CommitId> {
  const options = {
    stdin: ask.message(tree),
    env: identityEnv(hub.identity, ask.atSeconds),
    config: ['i18n.commitEncoding=UTF-8'],
  };
  return hub.mutex.run(() =>
    hub.git.objectName(hub.hub, 'commit-tree', [tree, '-p', ask.onto, '-F', '-'], options),
  );
}
