/**
 * What a run is likely to use, before anything starts: from its plan, and from what earlier runs used. Each figure is a
 * range in which eight of ten runs should end.
 */
import { longestPath } from './longest-path.ts';
import type { TaskDraft } from './task-format.ts';

/** What one run used that has ended. */
export interface RecordedRun {
  /** Those that were worked on. */
  readonly tasks: number;
  /** Of everybody: workers, planner, reconciler. */
  readonly tokens: number;
  /** Undefined: not every call had a price. */
  readonly usd: number | undefined;
  readonly activeMs: number;
  readonly workers: number;
  /** Of all attempts together, and of the longest chain of tasks that waited for each other. */
  readonly workMs: number;
  readonly chainMs: number;
}

export interface Range {
  readonly low: number;
  readonly likely: number;
  readonly high: number;
}

export interface Forecast {
  readonly tasks: number;
  /** Labels of the longest chain of tasks that wait for each other. */
  readonly criticalPath: readonly string[];
  readonly tokens: Range;
  /** Undefined where what was used had no price. */
  readonly usd: Range | undefined;
  readonly wallMs: Range;
  /** What it is made from; no runs: the figures of one published run of another system (`PUBLISHED`). */
  readonly from: { readonly runs: number; readonly tasks: number };
}

/**
 * A run with fifty workers whose log was published in February 2026: the mean of its 90 planned tasks. Better than
 * nothing before a first run, and said to be no more.
 */
export const PUBLISHED = { tokens: 465_000, workMs: 324_000 } as const;

/** Runs whose figures count, the newest of them. */
export const RECORDED_MAX = 20;

/** So many runs show how much they differ. */
const SPREAD_FROM = 3;
/** How much that is before, as a share of their mean. */
const SPREAD_UNKNOWN = 0.4;
/**
 * Half a range in standard deviations. 80 % of a normal distribution is 1.28; more, for the spread is itself a guess, and
 * single runs of two to nine tasks lie further from their mean: `forecast-coverage.test.ts` says how often it holds.
 */
const REACH = 2;
/** A range is at most fourfold: a wider one tells nothing. */
const WIDTH_MAX = 4;

/** @param tasks with how many try each, where that is more than one. @param runs newest first. */
export function forecast(
  tasks: readonly Pick<TaskDraft, 'label' | 'dependsOn' | 'candidates'>[],
  workers: number,
  runs: readonly RecordedRun[],
): Forecast {
  const known = runs.filter((run) => run.tasks > 0).slice(0, RECORDED_MAX);
  const chain = longestChain(tasks);
  const count = sum(known, (run) => run.tasks);
  const priced = known.filter(({ usd }) => usd !== undefined);
  const perTask = (run: RecordedRun, used: number) => used / run.tasks;
  const taskMs = count === 0 ? PUBLISHED.workMs : sum(known, ({ workMs }) => workMs) / count;
  const work = sum(tasks, ({ candidates = 1 }) => candidates);
  const ideal = idealMs(work * taskMs, chain.length * taskMs, workers);
  return {
    tasks: tasks.length,
    criticalPath: chain,
    tokens: rangeOf(
      known.map((run) => perTask(run, run.tokens)),
      work,
      PUBLISHED.tokens,
    ),
    usd:
      priced.length === 0
        ? undefined
        : rangeOf(
            priced.map((run) => perTask(run, run.usd!)),
            work,
            0,
          ),
    wallMs: wallOf(known, taskMs, ideal),
    from: { runs: known.length, tasks: count },
  };
}

/** What of a run's time its tasks are held for at least: runs of one size do not tell how a larger one grows. */
const GROWTH_MIN = 0.5;

/**
 * A run takes some time whatever it does, and more with its tasks: a line by least squares through what is known, against
 * what the rule would have said of each run beforehand, so that a range has in it how much tasks differ from run to run.
 */
function wallOf(known: readonly RecordedRun[], taskMs: number, ideal: number): Range {
  const foreseen = known.map((run) =>
    Math.max(1, idealMs(run.workMs, run.chainMs, run.workers) * scaleTo(taskMs, run)),
  );
  const [ofIdeal, ofRun] = [meanOf(foreseen), meanOf(known.map(({ activeMs }) => activeMs))];
  const ratio = known.length === 0 ? 1 : ofRun / ofIdeal;
  const squares = sum(foreseen, (x) => (x - ofIdeal) ** 2);
  const fitted =
    known.reduce((n, run, i) => n + (foreseen[i]! - ofIdeal) * (run.activeMs - ofRun), 0) / squares;
  const isTold = known.length >= SPREAD_FROM && Number.isFinite(fitted);
  const growth = isTold ? Math.min(Math.max(fitted, GROWTH_MIN * ratio), ratio) : ratio;
  // No time is negative, whatever rounding makes of nothing.
  const lineAt = (x: number): number => Math.max(0, ofRun + growth * (x - ofIdeal));
  const likely = known.length === 0 ? ideal : lineAt(ideal);
  // Runs that took no time at all tell nothing of how times differ.
  const shareOf = (run: RecordedRun, line: number): number => (line > 0 ? run.activeMs / line : 1);
  const shares = known.map((run, i) => shareOf(run, lineAt(foreseen[i]!)));
  return rangeOf(shares, likely, 1);
}

/** From the times of its own tasks to those of all that are known. */
const scaleTo = (taskMs: number, { workMs, tasks }: RecordedRun): number =>
  workMs > 0 ? (taskMs * tasks) / workMs : 1;

const meanOf = (samples: readonly number[]): number =>
  samples.length === 0 ? 0 : sum(samples, (x) => x) / samples.length;

/** No schedule is shorter than its longest chain, or than the work shared out (R. L. Graham, 1966). */
const idealMs = (workMs: number, chainMs: number, workers: number): number =>
  Math.max(chainMs, workMs / Math.max(1, workers));

/** @param samples one of each recorded run. @param times how often one is wanted. @param unknown where there are none. */
function rangeOf(samples: readonly number[], times: number, unknown: number): Range {
  const mean = samples.length === 0 ? unknown : meanOf(samples);
  const half = Math.min(Math.exp(REACH * spreadOf(samples, mean)), Math.sqrt(WIDTH_MAX));
  return { low: (times * mean) / half, likely: times * mean, high: times * mean * half };
}

/** Of one more run beside those that are known: their own spread, and that of their mean. */
function spreadOf(samples: readonly number[], mean: number): number {
  const n = samples.length;
  if (n < SPREAD_FROM || mean === 0) return SPREAD_UNKNOWN;
  const variance = sum(samples, (x) => (x - mean) ** 2) / (n - 1);
  return (Math.sqrt(variance) / mean) * Math.sqrt(1 + 1 / n);
}

/** Labels in order. What a label of another plan, or a circle, depends on counts for nothing. */
export function longestChain(tasks: readonly Pick<TaskDraft, 'label' | 'dependsOn'>[]): readonly string[] {
  const steps = longestPath(tasks.map(({ label, dependsOn }) => ({ id: label, after: dependsOn, ms: 1 })));
  return steps.map(({ id }) => id);
}

const sum = <T>(all: readonly T[], of: (one: T) => number): number => all.reduce((n, one) => n + of(one), 0);
