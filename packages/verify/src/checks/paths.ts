/** P5: nothing changed that no branch changed. */
import { type Facts, landedMembers } from '../facts.ts';
import { count, short, some } from '../words.ts';

export function collateralChanges(facts: Facts): string[] {
  return landedMembers(facts.claims).flatMap(({ task, attempt, commit }) => {
    const changed = facts.changed.get(commit);
    const branch = facts.branchPaths.get(attempt) ?? facts.claims.paths.get(attempt)?.files;
    if (!changed) return [];
    if (!branch) return [`${task} (${short(commit)}) landed and no branch was handed in for it`];
    const allowed = new Set(branch);
    const extra = changed.filter((path) => !allowed.has(path)).map((path) => JSON.stringify(path));
    return extra.length === 0 ? [] : [`${task} (${short(commit)}) also changes ${some(extra)}`];
  });
}

export function wrongMeasures({ claims, branchPaths }: Facts): string[] {
  return [...branchPaths].flatMap(([attempt, paths]) => {
    const told = new Set(claims.paths.get(attempt)!.files);
    const isSame = told.size === paths.length && paths.every((path) => told.has(path));
    return isSame ? [] : [`${attempt} changed ${count(paths.length, 'path')}, the journal says ${told.size}`];
  });
}
