/** A repository's files in few lines: folders are opened as long as there is room, and the rest is counted. */
import type { TreeFile } from '@swarm/core/ports/git';

interface Folder {
  /** `` for the top, else with a slash at its end. */
  readonly path: string;
  readonly folders: Map<string, Folder>;
  readonly files: TreeFile[];
  count: number;
}

/** @param max lines. Near the top first, and of two folders at one height the one with fewer files. */
export function shownTree(files: readonly TreeFile[], max: number): readonly string[] {
  const top = folderOf(files);
  const opened = new Set<Folder>([top]);
  let lines = widthOf(top);
  if (lines > max) return [...linesOf(top, opened).slice(0, max), `[… ${lines - max} more entries]`];
  let waiting = [...top.folders.values()];
  while (waiting.length > 0) {
    const next: Folder[] = [];
    for (const folder of waiting.sort((a, b) => a.count - b.count || (a.path < b.path ? -1 : 1))) {
      if (lines + widthOf(folder) > max) continue;
      opened.add(folder);
      lines += widthOf(folder);
      next.push(...folder.folders.values());
    }
    waiting = next;
  }
  return linesOf(top, opened);
}

const widthOf = (folder: Folder): number => folder.folders.size + folder.files.length;

function folderOf(files: readonly TreeFile[]): Folder {
  const top: Folder = { path: '', folders: new Map(), files: [], count: 0 };
  for (const file of files) {
    let at = top;
    at.count += 1;
    for (const name of file.path.split('/').slice(0, -1)) {
      const path = `${at.path}${name}/`;
      const inner = at.folders.get(name) ?? { path, folders: new Map(), files: [], count: 0 };
      at.folders.set(name, inner);
      inner.count += 1;
      at = inner;
    }
    at.files.push(file);
  }
  return top;
}

function linesOf(folder: Folder, opened: ReadonlySet<Folder>): readonly string[] {
  const inner = [...folder.folders.values()].flatMap((f) =>
    opened.has(f)
      ? [f.path, ...linesOf(f, opened)]
      : [`${f.path} (${f.count} ${f.count === 1 ? 'file' : 'files'})`],
  );
  return [...inner, ...folder.files.map(lineOf)];
}

const lineOf = ({ path, kind }: TreeFile): string => (kind === 'file' ? path : `${path} (${kind})`);
