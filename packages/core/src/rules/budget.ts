/**
 * The budget is reserved before anything that can spend starts, and settled when it ends; what was lost in a
 * crash counts as spent in full. So used + lost + reserved never passes the limit by more than one call that
 * an endpoint answered longer than it was asked to.
 */
import { NO_RESERVATION, type Reservation } from '../model/attempt.ts';
import type { Limits } from '../model/request.ts';
import { tokensOf } from '../model/usage.ts';
import type { TicketLimits } from '../ports/models.ts';
import type { OpenedState, Spending } from '../state.ts';

/** Below this an attempt cannot do anything useful, so that the budget counts as reached. */
export const TOKENS_FLOOR = 10_000;
export const USD_FLOOR = 0.01;

export const tokensSpent = (s: Spending): number => tokensOf(s.used) + s.lost.tokens;
export const usdSpent = (s: Spending): number => s.used.costUsd + s.lost.usd;

/** What may still be reserved; Infinity where nothing bounds it. */
export function remaining(s: Spending, limits: Limits): Reservation {
  return {
    tokens: limits.tokens === undefined ? Infinity : limits.tokens - tokensSpent(s) - s.reserved.tokens,
    usd: limits.usd === undefined ? Infinity : limits.usd - usdSpent(s) - s.reserved.usd,
  };
}

export const covers = (left: Reservation, wanted: Reservation): boolean =>
  wanted.tokens <= left.tokens && wanted.usd <= left.usd;

/**
 * What one more attempt or iteration may consume, or undefined when not enough is left. The rest is shared
 * among the workers, so that one attempt cannot starve the others, and capped by the attempt's own limit.
 */
export function reservationFor(state: OpenedState): Reservation | undefined {
  const limits = state.run.request.limits;
  if (limits.tokens === undefined && limits.usd === undefined) return NO_RESERVATION;
  const left = remaining(state.spending, limits);
  const tokens = share(left.tokens, TOKENS_FLOOR, limits.attemptTokens, state.workers);
  const usd = share(left.usd, USD_FLOOR, limits.attemptUsd ?? Infinity, state.workers);
  if (tokens === undefined || usd === undefined) return undefined;
  return { tokens: Number.isFinite(tokens) ? tokens : 0, usd: Number.isFinite(usd) ? usd : 0 };
}

/** What a ticket may use of a reservation: dimensions the run does not bound are not bounded there. */
export function ticketLimits({ tokens, usd }: Limits, reserved: Reservation): TicketLimits {
  return {
    ...(tokens !== undefined && { tokens: reserved.tokens }),
    ...(usd !== undefined && { usd: reserved.usd }),
  };
}

function share(left: number, floor: number, most: number, workers: number): number | undefined {
  if (left < floor) return undefined;
  return Math.min(left, most, Math.max(floor, left / Math.max(1, workers)));
}

/** When the run's time is used up, ms since the epoch; undefined where nothing bounds it. */
export function timeIsUpAt(state: OpenedState): number | undefined {
  const { timeMs } = state.run.request.limits;
  return timeMs === undefined ? undefined : state.at + timeMs - state.activeMs;
}

/** The dimension whose limit leaves no room for anything more, once nothing in flight can give any back. */
export function reachedBudget(state: OpenedState, at: number): 'tokens' | 'usd' | 'time' | undefined {
  const limits = state.run.request.limits;
  if (limits.timeMs !== undefined && at >= timeIsUpAt(state)!) return 'time';
  const left = remaining(state.spending, limits);
  const nothingReserved = state.spending.reserved.tokens === 0 && state.spending.reserved.usd === 0;
  if (!nothingReserved) return undefined;
  if (left.tokens < TOKENS_FLOOR) return 'tokens';
  if (left.usd < USD_FLOOR) return 'usd';
  return undefined;
}
