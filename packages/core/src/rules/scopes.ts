/**
 * Which tasks would touch the same files. The answer errs one way: it may call two scopes overlapping that are
 * not, never the other way round. Paths are compared without regard to case, as some file systems keep them. A
 * path stands for itself and everything below it (against a glob, a name like `a.ts` is a file; a folder of such a
 * name is written with `/`), `dir/` for everything below it. An empty scope is unknown and
 * overlaps nothing: the merge is its judge.
 */
import {
  fixedNames,
  isFileName,
  isGlob,
  type Pattern,
  pathPattern,
  patternsMeet,
  patternsOf,
} from './glob.ts';

/** Globs of one scope that are followed exactly; the rest stand for everything under their fixed beginning. */
const EXACT_GLOBS_MAX = 16;

/** A scope made ready to be compared: worth keeping where it is compared often. */
export interface FoldedScope {
  /** Plain paths, folded, without a `/` at the end. */
  readonly paths: readonly string[];
  readonly globs: readonly FoldedGlob[];
}
interface FoldedGlob {
  /** As written, folded. */
  readonly entry: string;
  /** Every path of it lies in this folder; '' is the whole repository. */
  readonly folder: string;
  readonly patterns: readonly Pattern[];
}

/** Paths that are folded as they stand: most of them, and taking them apart is what costs. */
const NOT_SIMPLE = /[^a-z0-9_./-]|\/\/|\/$/;
const NO_GLOBS: readonly FoldedGlob[] = [];

/** @param scope entries as a TaskSpec has them: normalised (see scope-path.ts). */
export function foldScope(scope: readonly string[]): FoldedScope {
  if (!scope.some((entry) => NOT_SIMPLE.test(entry))) {
    return { paths: scope.length > 1 ? [...new Set(scope)] : scope, globs: NO_GLOBS };
  }
  const paths: string[] = [];
  const globs: FoldedGlob[] = [];
  for (const raw of scope) {
    const folded = raw.normalize('NFC').toLowerCase();
    const entry = folded.endsWith('/') && isFileName(folded.slice(0, -1)) ? `${folded}**` : folded;
    if (isGlob(entry)) globs.push(foldGlob(entry, globs.length < EXACT_GLOBS_MAX));
    else paths.push(entry.endsWith('/') || entry.includes('//') ? fixedNames(entry).join('/') : entry);
  }
  return { paths: paths.length > 1 ? [...new Set(paths)] : paths, globs };
}

/** @param paths of files, as git has them: a `[id].tsx` among them is a name, not a glob. */
export function foldPaths(paths: readonly string[]): FoldedScope {
  const folded = paths.map((path) => path.normalize('NFC').toLowerCase());
  return { paths: folded.length > 1 ? [...new Set(folded)] : folded, globs: NO_GLOBS };
}

/** Everything either scope names. */
export function joinScopes(a: FoldedScope, b: FoldedScope): FoldedScope {
  if (b.paths.length === 0 && b.globs.length === 0) return a;
  const globs = b.globs.length === 0 ? a.globs : [...a.globs, ...b.globs];
  return { paths: [...new Set([...a.paths, ...b.paths])], globs };
}

function foldGlob(entry: string, isExact: boolean): FoldedGlob {
  const fixed = fixedNames(entry);
  return { entry, folder: fixed.join('/'), patterns: isExact ? patternsOf(entry) : [[...fixed, '**']] };
}

/** Whether two tasks with these scopes could touch the same file. Symmetric. */
export function overlaps(a: readonly string[], b: readonly string[]): boolean {
  const index = new ScopeIndex();
  index.add('a', foldScope(a));
  return index.first(foldScope(b)) !== undefined;
}

/** Told of every overlap found; answers true to stop the search. */
type Visit = (id: string, entry: string) => boolean;

/**
 * Scopes in use, asked which of them another one overlaps. Plain paths are found by hash; globs, and what lies
 * below a named folder, one by one: what is in use at any time is bounded by the workers.
 */
export class ScopeIndex {
  readonly #scopes = new Map<string, FoldedScope>();
  /** Who has this plain path. */
  readonly #byPath = new Map<string, string[]>();
  /** Who has this glob, as written. */
  readonly #byGlob = new Map<string, string[]>();
  /**
   * How many different plain paths in use lie below a folder with a dot in its name, or, in a large index, below any.
   * Below others they are looked for one by one: scopes name files far more often than folders, and files have dots.
   */
  readonly #below = new Map<string, number>();
  /** Plain paths in use whose last name has no dot: those that are likely to be folders. */
  #undotted = 0;
  /** Who has globs that begin in this folder. */
  readonly #withGlobs = new Map<string, Set<string>>();
  readonly #isLarge: boolean;

  /** @param isLarge many more paths than there are workers: what lies below is counted for every folder. */
  constructor(isLarge = false) {
    this.#isLarge = isLarge;
  }

  get size(): number {
    return this.#scopes.size;
  }

  /** Adding an id again replaces its scope. */
  add(id: string, scope: FoldedScope): void {
    this.remove(id);
    this.#scopes.set(id, scope);
    for (const path of scope.paths) if (addTo(this.#byPath, path, id)) this.#count(path, 1);
    for (const { entry, folder } of scope.globs) {
      addTo(this.#byGlob, entry, id);
      this.#withGlobs.set(folder, (this.#withGlobs.get(folder) ?? new Set()).add(id));
    }
  }

  remove(id: string): void {
    const scope = this.#scopes.get(id);
    if (scope === undefined) return;
    this.#scopes.delete(id);
    for (const path of scope.paths) if (removeFrom(this.#byPath, path, id)) this.#count(path, -1);
    for (const { entry, folder } of scope.globs) {
      removeFrom(this.#byGlob, entry, id);
      const ids = this.#withGlobs.get(folder);
      if (ids?.delete(id) && ids.size === 0) this.#withGlobs.delete(folder);
    }
  }

  has(id: string): boolean {
    return this.#scopes.has(id);
  }

  /** Whether somebody has exactly this entry, written as `entries` and `first` write it. */
  hasEntry(entry: string): boolean {
    return this.#byPath.has(entry) || this.#byGlob.has(entry);
  }

  /** What the id was added with; nothing for an unknown one. */
  scopeOf(id: string): FoldedScope {
    return this.#scopes.get(id) ?? { paths: [], globs: NO_GLOBS };
  }

  /** What the id was added with, folded: plain paths, then globs. */
  entries(id: string): readonly string[] {
    const scope = this.#scopes.get(id);
    if (scope === undefined) return [];
    return scope.globs.length === 0
      ? scope.paths
      : [...scope.paths, ...scope.globs.map((glob) => glob.entry)];
  }

  /** Every id whose scope overlaps this one, in the order they were added. */
  blockers(scope: FoldedScope): string[] {
    return this.meetings(scope).map(({ id }) => id);
  }

  /** Every id whose scope overlaps this one, in the order they were added, and an entry of *its* scope that does. */
  meetings(scope: FoldedScope): { readonly id: string; readonly entry: string }[] {
    const found = new Map<string, string>();
    this.visit(scope, (id, entry) => {
      if (!found.has(id)) found.set(id, entry);
      return false;
    });
    const ids = found.size < 2 ? [...found.keys()] : [...this.#scopes.keys()].filter((id) => found.has(id));
    return ids.map((id) => ({ id, entry: found.get(id)! }));
  }

  /** One that overlaps, and the entry of *its* scope that does; undefined when the scope is free. */
  first(scope: FoldedScope): { readonly id: string; readonly entry: string } | undefined {
    let hit: { id: string; entry: string } | undefined;
    this.visit(scope, (id, entry) => {
      hit = { id, entry };
      return true;
    });
    return hit;
  }

  #count(path: string, by: 1 | -1): void {
    if (!isDotted(path)) this.#undotted += by;
    if (!this.#isLarge && !hasDottedFolder(path)) return;
    visitAbove(path, (folder) => {
      if (!this.#isLarge && !isDotted(folder)) return false;
      const now = (this.#below.get(folder) ?? 0) + by;
      if (now === 0) this.#below.delete(folder);
      else this.#below.set(folder, now);
      return false;
    });
  }

  /** Every overlap, in no order, an id as often as it has entries that do. @returns whether it was stopped. */
  visit(scope: FoldedScope, visit: Visit): boolean {
    return (
      scope.paths.some((path) => this.#visitPath(path, visit)) ||
      scope.globs.some((glob) => this.#visitGlob(glob, visit))
    );
  }

  #visitPath(path: string, visit: Visit): boolean {
    if (this.#visitHolders(path, visit)) return true;
    // A folder in use above it has a dot in its name or has not; mostly there is neither, and nothing to look up.
    const mayLieInOne = this.#undotted > 0 || hasDottedFolder(path);
    if (mayLieInOne && visitAbove(path, (folder) => this.#visitHolders(folder, visit))) return true;
    if (this.#visitBelow(path, (below) => this.#visitHolders(below, visit))) return true;
    return this.#withGlobs.size > 0 && this.#visitGlobs(path, [pathPattern(path)], visit);
  }

  #visitGlob({ folder, patterns }: FoldedGlob, visit: Visit): boolean {
    const visitIfMet = (path: string): boolean => {
      if (!this.#byPath.has(path)) return false;
      const pattern = pathPattern(path);
      return patterns.some((p) => patternsMeet(p, pattern)) && this.#visitHolders(path, visit);
    };
    if (visitIfMet(folder) || visitAbove(folder, visitIfMet)) return true;
    if (this.#visitBelow(folder, visitIfMet)) return true;
    return this.#visitGlobs(folder, patterns, visit);
  }

  #visitBelow(folder: string, visit: (path: string) => boolean): boolean {
    if ((this.#isLarge || isDotted(folder)) && !this.#below.has(folder)) return false;
    for (const path of this.#byPath.keys())
      if (path !== folder && isWithin(path, folder) && visit(path)) return true;
    return false;
  }

  #visitGlobs(folder: string, patterns: readonly Pattern[], visit: Visit): boolean {
    for (const [begin, ids] of this.#withGlobs) {
      if (!isWithin(begin, folder) && !isWithin(folder, begin)) continue;
      for (const id of ids) if (this.#visitGlobsOf(id, begin, patterns, visit)) return true;
    }
    return false;
  }

  #visitGlobsOf(id: string, begin: string, patterns: readonly Pattern[], visit: Visit): boolean {
    return this.#scopes.get(id)!.globs.some((glob) => {
      const isMet =
        glob.folder === begin && glob.patterns.some((p) => patterns.some((q) => patternsMeet(p, q)));
      return isMet && visit(id, glob.entry);
    });
  }

  #visitHolders(path: string, visit: Visit): boolean {
    const ids = this.#byPath.get(path);
    if (ids !== undefined) for (const id of ids) if (visit(id, path)) return true;
    return false;
  }
}

/** Every folder the path lies in, nearest first, '' last; stops when told true. */
function visitAbove(path: string, visit: (folder: string) => boolean): boolean {
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
    if (visit(path.slice(0, at))) return true;
  }
  return path !== '' && visit('');
}

/** Whether the last name of a path has a dot. */
const isDotted = (path: string): boolean => path.includes('.', path.lastIndexOf('/') + 1);

const hasDottedFolder = (path: string): boolean => {
  const end = path.lastIndexOf('/');
  return end > 0 && path.lastIndexOf('.', end) >= 0;
};

/** Whether the path is the folder or lies in it; '' is the whole repository. */
export const isWithin = (path: string, folder: string): boolean =>
  folder === '' || path === folder || path.startsWith(`${folder}/`);

/** @returns whether the key is new. */
function addTo(map: Map<string, string[]>, key: string, value: string): boolean {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
  return values === undefined;
}

/** @returns whether the key is gone. */
function removeFrom(map: Map<string, string[]>, key: string, value: string): boolean {
  const values = map.get(key);
  if (values === undefined) return false;
  if (values.length === 1) return map.delete(key);
  values.splice(values.indexOf(value), 1);
  return false;
}
