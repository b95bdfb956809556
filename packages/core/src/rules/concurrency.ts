/**
 * How many workers a run wants, from how its handoffs fare: it starts with all the operator gave, halves on evidence
 * that more workers land less, and comes back one at a time (additive up, multiplicative down). Evidence is a window
 * of verdicts since the last change, so a healthy run, and one too short to judge, is never slowed.
 *
 * Many conflicts over one file are that file’s trouble: scheduling keeps its tasks apart (footprint.ts), and fewer
 * workers would only slow the others. Conflicts over many different files are too many workers. So in a window
 * conflicts count once for each file they began with.
 */

/** Verdicts before anything is judged. */
export const VERDICTS_MIN = 20;
/** Share of a window's handoffs, %, that must land without a conflict of their own. */
export const LANDED_PERCENT_MIN = 70;
/** A queue that was always longer than so many gate runs' worth of handoffs … */
export const BACKLOG_GATES = 3;
/** … and than so many handoffs for each worker, and does not shrink, is a backlog. */
export const BACKLOG_WORKERS = 2;
/** Landings in good times that bring one worker back. */
export const LANDINGS_PER_WORKER = 3;

/** What is remembered of the handoffs judged since the number of workers last changed. */
export interface Flow {
  /** The most workers the operator allows. */
  ceiling: number;
  /** In order, `VERDICTS_MIN` at most; for a conflict the first file of it. */
  readonly verdicts: ('landed' | { readonly conflict: string })[];
  /** The queue's length after each of them. */
  readonly backlog: number[];
  /** Landings and members of theirs: how many handoffs one gate run lands. */
  landings: number;
  landed: number;
}

export const emptyFlow = (): Flow => ({ ceiling: 0, verdicts: [], backlog: [], landings: 0, landed: 0 });

export function noteScaled(flow: Flow, ceiling: number): void {
  flow.ceiling = ceiling;
  flow.verdicts.length = 0;
  flow.backlog.length = 0;
}

/**
 * @param now how many handoffs wait to land, and how many attempts run. More than there are workers were begun before
 * the number came down: what comes of them says nothing of it.
 */
export function noteVerdict(
  flow: Flow,
  verdict: Flow['verdicts'][number],
  { queued, running, workers }: { queued: number; running: number; workers: number },
): void {
  if (running > workers) return;
  flow.verdicts.push(verdict);
  flow.backlog.push(queued);
  if (flow.verdicts.length <= VERDICTS_MIN) return;
  flow.verdicts.shift();
  flow.backlog.shift();
}

export interface Scaling {
  readonly workers: number;
  readonly reason: string;
}

/** @param workers wanted now. @returns undefined when that is right. */
export function scaling(workers: number, flow: Flow): Scaling | undefined {
  return comeDown(workers, flow) ?? comeBack(workers, flow);
}

function comeDown(workers: number, flow: Flow): Scaling | undefined {
  if (workers <= 1 || flow.verdicts.length < VERDICTS_MIN) return undefined;
  const half = Math.max(1, Math.floor(workers / 2));
  const percent = landedPercent(flow);
  if (percent < LANDED_PERCENT_MIN) {
    return {
      workers: half,
      reason: `conflicts over many files: ${percent} % of the last ${VERDICTS_MIN} handoffs landed without`,
    };
  }
  const least = Math.min(...flow.backlog);
  // What is left of a backlog that shrinks needs nothing but time.
  const isShrinking = flow.backlog.at(-1)! < flow.backlog[0]!;
  if (isShrinking || least <= Math.max(BACKLOG_WORKERS * workers, backlogMax(flow))) return undefined;
  return {
    workers: half,
    reason: `the merge queue is behind: at least ${least} handoffs waited all the time`,
  };
}

function comeBack(workers: number, flow: Flow): Scaling | undefined {
  if (workers >= flow.ceiling || flow.verdicts.length < LANDINGS_PER_WORKER) return undefined;
  const recent = flow.verdicts.slice(-LANDINGS_PER_WORKER);
  const isGood = recent.every((verdict) => verdict === 'landed') && flow.backlog.at(-1)! <= backlogMax(flow);
  if (!isGood) return undefined;
  return { workers: workers + 1, reason: `the last ${LANDINGS_PER_WORKER} handoffs landed` };
}

const backlogMax = (flow: Flow): number =>
  BACKLOG_GATES * (flow.landings === 0 ? 1 : flow.landed / flow.landings);

function landedPercent({ verdicts }: Flow): number {
  const files = new Set(verdicts.flatMap((v) => (v === 'landed' ? [] : [v.conflict])));
  return Math.round(100 * (1 - files.size / verdicts.length));
}
