/** A merge that conflicts, with the three versions of each file, as the objects they are. */
import { SwarmError } from '@swarm/core/errors';
import type { CommitId, TreeId } from '@swarm/core/model/ids';
import type { HubContext } from './context.ts';
import { expectObject } from './git.ts';

export interface Sides {
  readonly onto: CommitId;
  readonly work: CommitId;
}

export interface Stage {
  readonly mode: string;
  readonly blob: string;
}
/** By number: 1 the base, 2 ours, 3 theirs. */
export type Stages = ReadonlyMap<string, Stage>;

export interface Merge {
  readonly tree: TreeId;
  readonly files: ReadonlyMap<string, Stages>;
  /** Paths of which more conflicts than the content: renames, deletions, modes, folders. */
  readonly odd: readonly string[];
}

/** Asked again, with the three versions of each file: only when there is a conflict. */
export async function mergeStages(hub: HubContext, { onto, work }: Sides): Promise<Merge> {
  const args = ['--write-tree', '-z', '--messages', '--end-of-options', onto, work];
  const done = await hub.mutex.run(() => hub.git.run(hub.hub, 'merge-tree', args, { codes: [0, 1] }));
  const [tree = '', ...rest] = done.stdout.toString('latin1').split('\0').slice(0, -1);
  const end = rest.indexOf('');
  return {
    tree: expectObject(tree, 'git merge-tree') as string as TreeId,
    files: stagesOf(rest.slice(0, end)),
    odd: oddPaths(rest.slice(end + 1)),
  };
}

/** Records of mode, object and stage before a tab, and the path behind it. */
function stagesOf(records: readonly string[]): ReadonlyMap<string, Stages> {
  const files = new Map<string, Map<string, Stage>>();
  for (const record of records) {
    const tab = record.indexOf('\t');
    const [mode = '', blob = '', stage = ''] = record.slice(0, tab).split(' ');
    const path = record.slice(tab + 1);
    files.set(path, (files.get(path) ?? new Map()).set(stage, { mode, blob }));
  }
  return files;
}

/** A file that is not merged by lines, as the attributes will have it, is told of as binary. */
const ORDINARY = new Set(['Auto-merging', 'CONFLICT (contents)', 'CONFLICT (binary)']);

/**
 * From groups of a count, that many paths, a short kind and a message: paths of the kinds no rule is made for. Asked
 * of the messages, because a conflict need not show among the files (git-merge-tree(1), "Mistakes to avoid").
 */
function oddPaths(fields: readonly string[]): readonly string[] {
  const odd: string[] = [];
  for (let i = 0; i < fields.length; ) {
    const kindAt = i + 1 + Number(fields[i]);
    const kind = fields[kindAt];
    if (kind === undefined)
      throw unreadable('git merge-tree told of its conflicts in another form than expected');
    if (!ORDINARY.has(kind)) odd.push(...fields.slice(i + 1, kindAt));
    i = kindAt + 2;
  }
  return odd;
}

/** Git said what we do not know how to read. */
export const unreadable = (what: string): SwarmError => new SwarmError({ code: 'SW0702', what });
