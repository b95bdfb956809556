/** P5: nothing changed that no branch changed. */
import type { Member } from '../claims.ts';
import { type Facts, landedMembers, ownLandings } from '../facts.ts';
import { count, short, some } from '../words.ts';

export function collateralChanges(facts: Facts): string[] {
  const single = landedMembers(facts.claims).flatMap((m) => collateralOf(facts, m.task, m.commit, [m]));
  const batches = ownLandings(facts).filter((landing) => landing.members.length > 1);
  return [...single, ...batches.flatMap((l) => collateralOf(facts, l.id, l.candidate.commit, l.members))];
}

function collateralOf(facts: Facts, name: string, commit: string, members: readonly Member[]): string[] {
  const changed = facts.changed.get(commit);
  if (!changed) return [];
  const branches = members.map(
    (m) => facts.branchPaths.get(m.attempt) ?? facts.claims.paths.get(m.attempt)?.files,
  );
  if (branches.includes(undefined))
    return [`${name} (${short(commit)}) landed and no branch was handed in for it`];
  const allowed = new Set(branches.flat());
  const extra = changed.filter((path) => !allowed.has(path));
  return extra.length === 0
    ? []
    : [`${name} (${short(commit)}) also changes ${some(extra.map((p) => JSON.stringify(p)))}`];
}

export function wrongMeasures({ claims, branchPaths }: Facts): string[] {
  return [...branchPaths].flatMap(([attempt, paths]) => {
    const told = new Set(claims.paths.get(attempt)!.files);
    const isSame = told.size === paths.length && paths.every((path) => told.has(path));
    return isSame ? [] : [`${attempt} changed ${count(paths.length, 'path')}, the journal says ${told.size}`];
  });
}
