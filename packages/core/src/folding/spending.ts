import type { EventOf } from '../events.ts';
import { NO_RESERVATION, type Reservation } from '../model/attempt.ts';
import type { SpendRole } from '../model/request.ts';
import { addUsage, tokensOf, type Usage } from '../model/usage.ts';
import { liveIterations, type State } from '../state.ts';

export function reserve(s: State, role: SpendRole, r: Reservation): void {
  const of = s.spending.roles[role];
  s.spending.reserved = sum(s.spending.reserved, r);
  of.reserved = sum(of.reserved, r);
}

/** @param isLost nobody knows what was used: the reservation counts as spent. */
export function settle(s: State, role: SpendRole, r: Reservation, isLost: boolean): void {
  const { reserved, lost } = s.spending;
  const of = s.spending.roles[role];
  // Money adds up in floating point: nothing in flight means nothing reserved, exactly.
  const isEmpty = isNothingOpen(s);
  s.spending.reserved = isEmpty ? NO_RESERVATION : less(reserved, r);
  if (isEmpty) for (const each of Object.values(s.spending.roles)) each.reserved = NO_RESERVATION;
  else of.reserved = less(of.reserved, r);
  if (!isLost) return;
  s.spending.lost = sum(lost, r);
  of.spent = sum(of.spent, r);
}

/** What was metered. */
export function addSpent(s: State, role: SpendRole, usage: Usage): void {
  const of = s.spending.roles[role];
  s.spending.used = addUsage(s.spending.used, usage);
  of.spent = sum(of.spent, { tokens: tokensOf(usage), usd: usage.costUsd });
}

const sum = (a: Reservation, b: Reservation): Reservation => ({
  tokens: a.tokens + b.tokens,
  usd: a.usd + b.usd,
});

const less = (a: Reservation, b: Reservation): Reservation => ({
  tokens: a.tokens - b.tokens,
  usd: a.usd - b.usd,
});

const isNothingOpen = (s: State): boolean =>
  s.liveAttempts.size === 0 && s.spending.slices.size === 0 && liveIterations(s).length === 0;

export function openSlice(s: State, e: EventOf<'spend.reserved'>): void {
  s.spending.slicesMade = e.slice;
  s.spending.slices.set(e.slice, { role: e.role, reserved: e.reserved });
  reserve(s, e.role, e.reserved);
}

/** @param isLost as for `settle`. */
export function closeSlice(s: State, slice: number, isLost: boolean): void {
  const open = s.spending.slices.get(slice);
  s.spending.slices.delete(slice); // before settling, which asks what is still in flight
  if (open) settle(s, open.role, open.reserved, isLost);
}

/** A call finished, so that the outages before it were no endless loop. */
export function noteCalls(s: State, usage: Usage): void {
  if (usage.calls > 0) s.outagesInRow = 0;
}
