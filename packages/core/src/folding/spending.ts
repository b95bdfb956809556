import { NO_RESERVATION, type Reservation } from '../model/attempt.ts';
import type { State } from '../state.ts';

export function reserve(s: State, r: Reservation): void {
  const now = s.spending.reserved;
  s.spending.reserved = { tokens: now.tokens + r.tokens, usd: now.usd + r.usd };
}

/** @param isLost nobody knows what was used: the reservation counts as spent. */
export function settle(s: State, r: Reservation, isLost: boolean): void {
  const { reserved, lost } = s.spending;
  const rest = { tokens: reserved.tokens - r.tokens, usd: reserved.usd - r.usd };
  // Money adds up in floating point: nothing in flight means nothing reserved, exactly.
  s.spending.reserved = s.liveAttempts.size === 0 && !s.planning.live ? NO_RESERVATION : rest;
  if (isLost) s.spending.lost = { tokens: lost.tokens + r.tokens, usd: lost.usd + r.usd };
}
