/**
 * What the merge queue has learnt of the gate so far: how often a handoff fails it, how often it lies, how long it
 * runs. Means of Beta distributions with a weak prior; older verdicts count less, so that a run may change its mind.
 */

export interface Estimates {
  /** Handoffs that landed, and that the gate refused. */
  good: number;
  bad: number;
  /** Single changes, to be run again had they failed, that passed at once; and that passed when run again. */
  clean: number;
  flaky: number;
  /** Mean time of one run, ms; 0 before the first. */
  gateMs: number;
}

export const noEstimates = (): Estimates => ({ good: 0, bad: 0, clean: 0, flaky: 0, gateMs: 0 });

/** Weight of what was known before, at each new verdict: about the last 200 handoffs, the last 1,000 runs. */
const HANDOFFS_KEPT = 0.995;
const RUNS_KEPT = 0.999;
const TIMES_KEPT = 0.8;

/** Before anything is known: one handoff in twenty fails, as if ten had been seen. */
const PRIOR_BAD = 0.5;
const PRIOR_HANDOFFS = 10;
/** Before anything is known: one run in a hundred lies, as if ten had been seen. */
const PRIOR_FLAKY = 0.1;
const PRIOR_RUNS = 10;

/** Chance that a handoff fails the gate, in (0, 1). */
export const failRate = (e: Estimates): number => (PRIOR_BAD + e.bad) / (PRIOR_HANDOFFS + e.good + e.bad);

/** Chance that the gate fails on something good, in (0, 1). */
export const flakeRate = (e: Estimates): number => (PRIOR_FLAKY + e.flaky) / (PRIOR_RUNS + e.clean + e.flaky);

/** A careful estimate of the same (Laplace's rule of succession): a half before anything is known. */
const flakeRateAtWorst = (e: Estimates): number => (1 + e.flaky) / (2 + e.clean + e.flaky);

export function countHandoff(e: Estimates, isGood: boolean): void {
  e.good = e.good * HANDOFFS_KEPT + (isGood ? 1 : 0);
  e.bad = e.bad * HANDOFFS_KEPT + (isGood ? 0 : 1);
}

/**
 * A single change passed that would have been run again had it failed. Only these count: a failure nobody looks at
 * twice tells nothing, and counting the passes beside it would make any gate look honest.
 */
export function countRun(e: Estimates, isFlaky: boolean): void {
  e.clean = e.clean * RUNS_KEPT + (isFlaky ? 0 : 1);
  e.flaky = e.flaky * RUNS_KEPT + (isFlaky ? 1 : 0);
}

export function countTime(e: Estimates, durationMs: number): void {
  e.gateMs = e.gateMs === 0 ? durationMs : TIMES_KEPT * e.gateMs + (1 - TIMES_KEPT) * durationMs;
}

/** A rejection costs an attempt, which costs about as much as twenty runs of the gate. */
const WORTH_A_RUN = 1 / 20;

/**
 * Is one more run worth its time before a single change is refused that failed `failures` times? It is while the
 * change may well be innocent, by what is known of the gate at its worst.
 */
export function isRetryWorth(e: Estimates, failures: number): boolean {
  const guilty = failRate(e);
  const innocent = (1 - guilty) * flakeRateAtWorst(e) ** failures;
  return innocent / (innocent + guilty) > WORTH_A_RUN;
}
