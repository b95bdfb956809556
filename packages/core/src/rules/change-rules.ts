/** What a finished change is held against: the scope its task declared. */
import { foldPaths, foldScope, ScopeIndex } from './scopes.ts';

/** What follows when a change leaves its task’s scope: it is said, or the handoff is rejected. */
export type OutsideRule = 'warn' | 'hold';

/**
 * Changed paths the declared scope does not cover, in their order. Errs one way, as scopes do: what might be covered
 * is. An empty scope is unknown and covers everything.
 * @param scope entries as a TaskSpec has them. @param paths as git has them; none is taken for a glob.
 */
export function outsideScope(scope: readonly string[], paths: readonly string[]): readonly string[] {
  if (scope.length === 0 || paths.every((path) => scope.includes(path))) return [];
  const declared = new ScopeIndex();
  declared.add('', foldScope(scope));
  return paths.filter((path) => declared.first(foldPaths([path])) === undefined);
}
