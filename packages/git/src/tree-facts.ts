/** What of a commit's files is not the same for everybody who checks it out. */
import type { CommitId } from '@swarm/core/model/ids';
import { type Git, splitNul } from './git.ts';
import { folded, shown } from './path-lint.ts';
import { moduleFolders, submodulesOf } from './submodules.ts';

export interface TreeFacts {
  /** Names of the filters that its `.gitattributes` ask for. */
  readonly filters: readonly string[];
  /** Files or folders that are one on disks which tell neither case nor accents apart. */
  readonly alike: readonly (readonly [string, string])[];
  /** Submodules that nothing is known of here but the pointer. */
  readonly absent: readonly string[];
}

/** Names of the files of a whole tree. */
const NAMES_MAX = 1024 * 1024 * 1024;
const ATTRIBUTES = /(?:^|\/)\.gitattributes$/;

/** @param gitDir of the repository; more of them: where else it keeps submodules. */
export async function treeFacts(
  git: Git,
  gitDir: string,
  commit: CommitId,
  ...more: readonly string[]
): Promise<TreeFacts> {
  const args = ['-r', '-z', '--full-tree', '--end-of-options', commit];
  const listed = await git.run({ gitDir }, 'ls-tree', args, { maxBytes: NAMES_MAX });
  const rows = splitNul(Buffer.from(listed.stdout.toString('latin1')));
  const paths = rows.map((row) => row.slice(row.indexOf('\t') + 1));
  const attributes = rows
    .filter((_, i) => ATTRIBUTES.test(paths[i]!))
    .map((row) => row.split(/[ \t]/, 3)[2]!);
  const links = rows.some((row) => row.startsWith('160000 '));
  const modules = links ? await submodulesOf(git, { gitDir }, commit, moduleFolders(gitDir, ...more)) : [];
  const absent = modules.filter((one) => one.gitDir === undefined).map(({ path }) => path);
  return { filters: await filtersOf(git, gitDir, attributes), alike: alikeIn(paths), absent };
}

async function filtersOf(git: Git, gitDir: string, blobs: readonly string[]): Promise<readonly string[]> {
  if (blobs.length === 0) return [];
  const stdin = blobs.map((blob) => `${blob}\n`).join('');
  const told = await git.text({ gitDir }, 'cat-file', ['--batch'], { stdin });
  const lines = told.split('\n').filter((line) => !line.trimStart().startsWith('#'));
  const named = lines.flatMap((line) => [...line.matchAll(/\sfilter=([\w.-]{1,64})(?=\s|$)/g)]);
  return [...new Set(named.map(([, name = '']) => name))].sort();
}

/** @param paths a byte a character. */
function alikeIn(paths: readonly string[]): readonly (readonly [string, string])[] {
  const seen = new Map<string, string>();
  const found = new Map<string, readonly [string, string]>();
  const look = (path: string): void => {
    const bytes = Buffer.from(path, 'latin1');
    const key = folded(bytes);
    const other = seen.get(key);
    if (other === undefined) seen.set(key, path);
    else if (other !== path) found.set(path, [shown(Buffer.from(other, 'latin1')), shown(bytes)]);
  };
  let last = '';
  for (const path of paths) {
    // A folder's files come one after the other: it is looked at when it changes.
    for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
      const folder = path.slice(0, at + 1);
      if (!last.startsWith(folder)) look(folder);
    }
    look(path);
    last = path;
  }
  return [...found.values()];
}
