/** What each part of a worker's prompt is worth: the mechanic's score with it, and without it. */
import { type Score, type Trial, tryPackage } from '../mechanic/trial.ts';
import { inPool } from '../pool.ts';
import { PARTS, type Part, workerWithout } from './without.ts';

export const ORDINARY: Trial = { package: 'csv', seed: 4 };
/** With little patience one attempt is not enough, so that a next one has something to be told. */
const IMPATIENT: Trial = { ...ORDINARY, patience: 3 };

const trialFor = (part: Part): Trial => (part === 'earlier_attempts' ? IMPATIENT : ORDINARY);

export interface Ablated {
  readonly part: Part;
  readonly whole: Score;
  readonly without: Score;
}

/** @param parts those that are tried; the score of the whole prompt is taken once for each trial. */
export async function ablate(parts: readonly Part[] = PARTS): Promise<readonly Ablated[]> {
  const trials = [...new Set(parts.map(trialFor))];
  const wholes = new Map(await inPool(trials, async (trial) => [trial, await tryPackage(trial)] as const));
  return inPool(parts, async (part) => {
    const trial = trialFor(part);
    const without = await tryPackage({ ...trial, prompts: { 'worker.md': workerWithout(part) } });
    return { part, whole: wholes.get(trial)!, without };
  });
}

/** It mends less, needs more attempts for what it mends, or more calls. */
export const isWorse = (without: Score, whole: Score): boolean =>
  without.passed < whole.passed || without.landed < whole.landed || costOf(without) > costOf(whole);

const costOf = ({ attempts, calls }: Score): number => attempts * 100 + calls;
