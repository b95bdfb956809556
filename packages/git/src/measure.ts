import type { CommitId, MeasuredChange } from '@swarm/core';
import { mergeBase } from './candidate.ts';
import type { HubContext } from './context.ts';

/** What a commit changes relative to its merge base with `target`; binary files count no lines. */
export async function measure(
  hub: HubContext,
  commit: CommitId,
  target: CommitId,
): Promise<MeasuredChange | undefined> {
  const base = await mergeBase(hub, commit, target);
  if (!base) return undefined;
  const args = ['-r', '-z', '--numstat', '--no-renames', '--no-ext-diff', '--no-textconv'];
  const records = await hub.git.records(hub.hub, 'diff-tree', [...args, '--end-of-options', base, commit]);
  const rows = records.map(numstat);
  if (rows.length === 0) return undefined;
  const sum = (pick: (row: Row) => number) => rows.reduce((total, row) => total + pick(row), 0);
  const filesChanged = rows.map((row) => row.path);
  return { commit, base, filesChanged, linesAdded: sum((r) => r.added), linesRemoved: sum((r) => r.removed) };
}

interface Row {
  readonly path: string;
  readonly added: number;
  readonly removed: number;
}

/** `added TAB removed TAB path`; a binary file has `-` for both. */
function numstat(record: string): Row {
  const [added = '', removed = '', ...path] = record.split('\t');
  return { path: path.join('\t'), added: Number(added) || 0, removed: Number(removed) || 0 };
}
