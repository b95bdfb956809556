/** In what order the names of two sides go together, where the order means nothing. */
import type { Lines } from './texts.ts';

export const isSorted = (names: Lines): boolean => names.every((name, i) => i === 0 || names[i - 1]! < name);

/** Ours in their order; each key theirs adds behind the key it follows there, and behind what ours added there. */
export function weave(ours: Lines, theirs: Lines, base: ReadonlySet<string>): Lines {
  const following = followers(new Set(ours), theirs);
  const woven: Lines[] = [];
  const waiting: Lines[] = [following.get(undefined) ?? []];
  for (const key of ours) {
    if (base.has(key)) woven.push(...waiting.splice(0));
    woven.push([key]);
    waiting.push(following.get(key) ?? []);
  }
  return [...woven, ...waiting].flat();
}

/** For each key of ours, the keys only theirs has that come next there; undefined stands for the beginning. */
function followers(ours: ReadonlySet<string>, theirs: Lines): ReadonlyMap<string | undefined, Lines> {
  const following = new Map<string | undefined, string[]>();
  let row: string[] = [];
  following.set(undefined, row);
  for (const key of theirs) {
    if (!ours.has(key)) row.push(key);
    else {
      row = [];
      following.set(key, row);
    }
  }
  return following;
}
