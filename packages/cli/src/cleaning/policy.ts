/** Which runs' records and which environments are old enough to go. Pure. */
import type { RunId } from '@swarm/core/model/ids';

export interface CleanPolicy {
  /** Environments unused, and runs over, for longer than this. */
  readonly olderThanMs: number;
  /** Whether records of runs go at all. */
  readonly isWithRuns: boolean;
  /** The newest runs that stay, whatever their age. */
  readonly keep: number;
}

export interface KnownRun {
  readonly id: RunId;
  /** The run is over and delivered: there is nothing left to resume or to deliver. */
  readonly isFinished: boolean;
  /** ms since the epoch of its last decision. */
  readonly lastAt: number;
}

export const isOld = (ageMs: number, policy: CleanPolicy): boolean => ageMs > policy.olderThanMs;

/** @param runs newest first. */
export function chooseRuns(runs: readonly KnownRun[], policy: CleanPolicy, now: number): readonly RunId[] {
  if (!policy.isWithRuns) return [];
  return runs
    .slice(policy.keep)
    .filter((run) => run.isFinished && isOld(now - run.lastAt, policy))
    .map((run) => run.id);
}
