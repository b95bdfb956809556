/** Laws of the target: who moved it, and who is blamed for what is on it. */
import type { CommitId } from '@swarm/core/model/ids';
import { brokenFiles } from '../twins/sandbox.ts';
import type { Law } from './law.ts';
import type { World } from './world.ts';

/** P13: where a landing of ours was found nobody has moved the target, unless they took something away. */
const movesWhatMoved: Law = (e, { before }) => {
  if (e.type !== 'target.moved' || e.lost.length > 0 || e.to !== before.line.foundAt) return [];
  return [`P13: the target is said to be moved to ${e.to.slice(0, 8)}, which was found there`];
};

/** Runs that end in no truthful word of the commit they look at. */
const MISLEADING = ['gate', 'full'] as const;

/**
 * A failure is blamed on the commit that brought it: it is there, and was not there before. The target may have been at
 * a commit more than once, where a person took it back there.
 */
const blamesTheCulprit: Law = (e, { before, base, world }) => {
  const file = e.type === 'culprit.found' && /no BREAK in (\S+)$/.exec(e.signature)?.[1];
  if (!file || MISLEADING.some((fault) => world.seenFaults.has(fault))) return [];
  const line = [base, ...before.line.steps];
  const places = line.flatMap((commit, at) => (commit === e.commit ? [at] : []));
  const name = e.commit.slice(0, 8);
  if (places.length === 0) return [`culprit: ${name} is blamed, and never was on the target`];
  if (!isBroken(world, e.commit, file)) return [`culprit: ${name} is blamed for ${file}, and has it whole`];
  return places.every((at) => at > 0 && isBroken(world, line[at - 1]!, file))
    ? [`culprit: ${name} is blamed for ${file}, which was broken before`]
    : [];
};

const isBroken = ({ objects }: World, commit: CommitId, file: string): boolean =>
  brokenFiles(objects.treeOf(commit)).includes(file);

export const TARGET_LAWS: readonly Law[] = [movesWhatMoved, blamesTheCulprit];
