/** The few figures that whoever watches a run sees first. Cheap: asked many times a second, of runs of any size. */
import { tokensOf } from '../model/usage.ts';
import { greenNow } from '../rules/green.ts';
import { isOpened, type State } from '../state.ts';
import { remainingMs } from './remaining.ts';
import { type Verdict, verdictOf } from './verdict.ts';

export interface Pulse {
  readonly verdict: Verdict;
  /** Since it was opened, up to now or to its end, ms. */
  readonly elapsedMs: number;
  /** Undefined: it cannot be known, or it takes longer than was thought. */
  readonly remainingMs: number | undefined;
  readonly tasks: number;
  readonly landed: number;
  /** Landed, per hour of work on the run. Undefined: it has worked for too short a time to have a pace. */
  readonly landedPerHour: number | undefined;
  readonly working: number;
  readonly workers: number;
  readonly queued: number;
  readonly pending: number;
  readonly failed: number;
  readonly tokens: Spent;
  readonly usd: Spent & { readonly isPriced: boolean };
  readonly green: boolean | 'unknown';
}

export interface Spent {
  readonly used: number;
  /** Undefined: none was set. */
  readonly limit: number | undefined;
}

const PACE_FROM_MS = 60_000;

/** @param now ms since the epoch. */
export function pulse(s: State, now: number): Pulse {
  const { spending, run, closed, byState, activeMs, landedCount } = s;
  const left = isOpened(s) ? remainingMs(s) : undefined;
  const limits = run?.request.limits;
  return {
    verdict: verdictOf(s),
    elapsedMs: run === undefined ? 0 : Math.max(0, (closed?.at ?? now) - run.openedAt),
    remainingMs: left === undefined || left <= now - s.at ? undefined : left - (now - s.at),
    tasks: s.tasks.size,
    landed: landedCount,
    landedPerHour: activeMs >= PACE_FROM_MS ? (landedCount * 3_600_000) / activeMs : undefined,
    working: s.liveAttempts.size,
    workers: s.workers,
    queued: s.queue.size,
    pending: byState.pending.size,
    failed: byState.failed.size,
    tokens: { used: tokensOf(spending.used), limit: limits?.tokens },
    usd: { used: spending.used.costUsd, limit: limits?.usd, isPriced: spending.used.priced },
    green: greenNow(s),
  };
}
