/** What a finished change is held against: the scope its task declared. */
import { type FoldedScope, foldPaths, foldScope, isWithin, ScopeIndex } from './scopes.ts';

/** What follows when a change leaves its task’s scope: it is said, or the handoff is rejected. */
export type OutsideRule = 'warn' | 'hold';

/**
 * Changed paths the declared scope does not cover, in their order. Errs one way, as scopes do: what might be covered
 * is. An empty scope is unknown and covers everything.
 * @param scope entries as a TaskSpec has them. @param paths as git has them; none is taken for a glob.
 */
export function outsideScope(scope: readonly string[], paths: readonly string[]): readonly string[] {
  if (scope.length === 0 || paths.every((path) => scope.includes(path))) return [];
  const declared = foldScope(scope);
  // Asked of every handoff a journal holds: a few plain entries are compared without an index of them.
  const isShort = declared.globs.length === 0 && declared.paths.length <= SHORT;
  return isShort ? outsideOf(declared, paths) : outsideIndexed(declared, paths);
}
const SHORT = 8;

function outsideOf(declared: FoldedScope, paths: readonly string[]): readonly string[] {
  return paths.filter((path) => {
    const [folded] = foldPaths([path]).paths as [string];
    return !declared.paths.some((entry) => isWithin(folded, entry) || isWithin(entry, folded));
  });
}

/** The same for any scope. */
export function outsideIndexed(declared: FoldedScope, paths: readonly string[]): readonly string[] {
  const index = new ScopeIndex();
  index.add('', declared);
  return paths.filter((path) => index.first(foldPaths([path])) === undefined);
}
