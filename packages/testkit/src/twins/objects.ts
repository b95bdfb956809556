import { createHash } from 'node:crypto';
import type { CommitId, TreeId } from '@swarm/core/model/ids';

/** Path → content. Never changed once it is stored. */
export type Tree = ReadonlyMap<string, string>;

export interface CommitObject {
  readonly id: CommitId;
  readonly parents: readonly CommitId[];
  readonly tree: TreeId;
  readonly message: string;
  /** One more than the highest of its parents': what lies further back is smaller. */
  readonly generation: number;
}

export type Merged =
  | { readonly kind: 'clean'; readonly tree: Tree }
  | { readonly kind: 'conflict'; readonly tree: Tree; readonly files: readonly string[] };

/** What a merge leaves in a file both sides changed. */
export const CONFLICT_MARKER = '<<<<<<<';

/**
 * Git's objects in memory: immutable commits and trees, named by their content, so that the same bytes have the
 * same name here as there. Merges are three-way by whole files: finer ones only make fewer conflicts.
 */
export class Objects {
  readonly #commits = new Map<CommitId, CommitObject>();
  readonly #trees = new Map<TreeId, Tree>();

  commit(ask: {
    readonly parents: readonly CommitId[];
    readonly tree: Tree;
    readonly message: string | ((tree: TreeId) => string);
    readonly atSeconds: number;
  }): CommitObject {
    const tree = this.#storeTree(ask.tree);
    const message = typeof ask.message === 'string' ? ask.message : ask.message(tree);
    const id = nameOf(JSON.stringify([ask.parents, tree, message, ask.atSeconds])) as CommitId;
    const generation = 1 + Math.max(0, ...ask.parents.map((p) => this.get(p).generation));
    const made = { id, parents: ask.parents, tree, message, generation };
    this.#commits.set(id, made);
    return made;
  }

  has(id: CommitId): boolean {
    return this.#commits.has(id);
  }

  get(id: CommitId): CommitObject {
    const found = this.#commits.get(id);
    if (!found) throw new Error(`no commit ${id} in the twin`);
    return found;
  }

  treeOf(id: CommitId): Tree {
    return this.#trees.get(this.get(id).tree)!;
  }

  /** The commit itself and everything before it. */
  ancestors(id: CommitId): ReadonlySet<CommitId> {
    const seen = new Set<CommitId>([id]);
    for (const each of seen) for (const parent of this.get(each).parents) seen.add(parent);
    return seen;
  }

  isAncestor(ancestor: CommitId, of: CommitId): boolean {
    return this.ancestors(of).has(ancestor);
  }

  /** The youngest commit both have. */
  mergeBase(a: CommitId, b: CommitId): CommitId {
    const mine = this.ancestors(a);
    let best: CommitObject | undefined;
    for (const id of this.ancestors(b)) {
      const each = this.get(id);
      if (mine.has(id) && (!best || each.generation > best.generation)) best = each;
    }
    if (!best) throw new Error(`${a} and ${b} have no history in common`);
    return best.id;
  }

  merge(ours: CommitId, theirs: CommitId): Merged {
    const base = this.treeOf(this.mergeBase(ours, theirs));
    const [mine, other] = [this.treeOf(ours), this.treeOf(theirs)];
    const tree = new Map(mine);
    const files: string[] = [];
    for (const path of changedPaths(base, other)) {
      const [b, m, o] = [base.get(path), mine.get(path), other.get(path)];
      if (m === o) continue;
      if (m !== b) {
        files.push(path);
        tree.set(path, `${CONFLICT_MARKER}\n${m ?? ''}\n=======\n${o ?? ''}\n>>>>>>>`);
      } else if (o === undefined) tree.delete(path);
      else tree.set(path, o);
    }
    return files.length > 0 ? { kind: 'conflict', tree, files } : { kind: 'clean', tree };
  }

  /** First parents from `head` down to and without `base`, oldest first; all of them when `base` is not there. */
  firstParents(base: CommitId | undefined, head: CommitId): readonly CommitObject[] {
    const line: CommitObject[] = [];
    for (let id: CommitId | undefined = head; id && id !== base; ) {
      const each = this.get(id);
      line.push(each);
      id = each.parents[0];
    }
    return line.reverse();
  }

  #storeTree(tree: Tree): TreeId {
    const sorted = [...tree].sort(([a], [b]) => (a < b ? -1 : 1));
    const id = nameOf(JSON.stringify(sorted)) as TreeId;
    if (!this.#trees.has(id)) this.#trees.set(id, new Map(sorted));
    return id;
  }
}

/** Paths that are not the same in both. */
export function changedPaths(a: Tree, b: Tree): readonly string[] {
  const all = new Set([...a.keys(), ...b.keys()]);
  return [...all].filter((path) => a.get(path) !== b.get(path)).sort();
}

export const sameTree = (a: Tree, b: Tree): boolean => changedPaths(a, b).length === 0;

export const nameOf = (text: string): string => createHash('sha1').update(text).digest('hex');

/** The value of a trailer: in the last paragraph, at the beginning of a line. */
export const trailer = (message: string, name: string): string | undefined => trailers(message, name)[0];

/** Its values, where it is there several times. */
export function trailers(message: string, name: string): readonly string[] {
  const last = message.trimEnd().split('\n\n').at(-1)!;
  const lines = last.split('\n').filter((l) => l.startsWith(`${name}: `));
  return lines.map((line) => line.slice(name.length + 2));
}

/** The chain a batch's merge was made of, oldest first; nothing for any other commit. */
export function membersOf(objects: Objects, { parents, message }: CommitObject): readonly CommitObject[] {
  const [onto, tip, more] = parents;
  if (!tip || more || !trailer(message, 'Swarm-Gate')) return [];
  return objects.firstParents(onto, tip);
}

/** Which lines are added and taken away, in words: the same wherever they stand. */
export function linesChanged(a: Tree, b: Tree): string {
  return changedPaths(a, b)
    .map((path) => {
      const [before, after] = [linesIn(a.get(path)), linesIn(b.get(path))];
      const added = after.filter((line) => !before.includes(line)).map((line) => `+${line}`);
      const gone = before.filter((line) => !after.includes(line)).map((line) => `-${line}`);
      return `${path}: ${[...gone, ...added].join(' ')}`;
    })
    .join('; ');
}

const linesIn = (text: string | undefined): readonly string[] => text?.split('\n') ?? [];
