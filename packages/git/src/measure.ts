import type { MeasuredChange } from '@swarm/core/model/handoff';
import type { CommitId } from '@swarm/core/model/ids';
import { patchOf } from './changes.ts';
import { conflictsLeft } from './conflict-marks.ts';
import type { HubContext } from './context.ts';
import type { GrowingLine } from './fork.ts';

/** What a commit changes relative to its merge base with `target`; binary files count no lines. */
export async function measure(
  hub: HubContext,
  line: GrowingLine,
  commit: CommitId,
  target: CommitId,
): Promise<MeasuredChange | undefined> {
  const base = await line.fork(target, commit);
  if (!base) return undefined;
  const [before, after] = [await hub.objects.commit(base), await hub.objects.commit(commit)];
  const rows = (await hub.diffs.lines(before.tree, after.tree)).map(numstat);
  if (rows.length === 0) return undefined;
  const sum = (pick: (row: Row) => number) => rows.reduce((total, row) => total + pick(row), 0);
  const filesChanged = rows.map((row) => row.path);
  const left = await conflictsLeft(hub, before.tree, after.tree);
  const patch = hub.namesChanges && (await patchOf(hub, before.tree, after.tree));
  return {
    commit,
    base,
    filesChanged,
    ...(left.length > 0 && { conflictsLeft: left }),
    linesAdded: sum((r) => r.added),
    linesRemoved: sum((r) => r.removed),
    ...(patch && { patch }),
  };
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
