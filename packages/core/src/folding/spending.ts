import type { EventOf } from '../events.ts';
import { NO_RESERVATION, type Reservation } from '../model/attempt.ts';
import type { Usage } from '../model/usage.ts';
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
  s.spending.reserved = isNothingOpen(s) ? NO_RESERVATION : rest;
  if (isLost) s.spending.lost = { tokens: lost.tokens + r.tokens, usd: lost.usd + r.usd };
}

const isNothingOpen = (s: State): boolean =>
  s.liveAttempts.size === 0 && !s.planning.live && s.spending.slices.size === 0;

export function openSlice(s: State, e: EventOf<'spend.reserved'>): void {
  s.spending.slicesMade = e.slice;
  s.spending.slices.set(e.slice, { role: e.role, reserved: e.reserved });
  reserve(s, e.reserved);
}

/** @param isLost as for `settle`. */
export function closeSlice(s: State, slice: number, isLost: boolean): void {
  const open = s.spending.slices.get(slice);
  s.spending.slices.delete(slice); // before settling, which asks what is still in flight
  if (open) settle(s, open.reserved, isLost);
}

/** A call finished, so that the outages before it were no endless loop. */
export function noteCalls(s: State, usage: Usage): void {
  if (usage.calls > 0) s.outagesInRow = 0;
}
