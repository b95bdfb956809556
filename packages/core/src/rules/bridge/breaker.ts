/**
 * When a worker that fails is left alone: after five failures in a row nobody is sent to it for half a minute, then one
 * call tries it. Times are ms of any clock that only goes forward.
 */

export const BREAKER_FAILURES = 5;
export const BREAKER_OPEN_MS = 30_000;

export interface Breaker {
  /** In a row. */
  readonly failures: number;
  /** Since when nobody is sent to it. Absent: it is closed. */
  readonly openedAt?: number;
  /** The one call that tries it is under way. */
  readonly isTrying?: true;
}

export const CLOSED: Breaker = { failures: 0 };

export type BreakerState = 'closed' | 'open' | 'half-open';

export function breakerState({ openedAt }: Breaker, now: number): BreakerState {
  if (openedAt === undefined) return 'closed';
  return now - openedAt < BREAKER_OPEN_MS ? 'open' : 'half-open';
}

/** Whether a call may be sent now. */
export const lets = (breaker: Breaker, now: number): boolean => {
  const state = breakerState(breaker, now);
  return state === 'closed' || (state === 'half-open' && !breaker.isTrying);
};

/** A call is sent, which `lets` allowed. */
export const sent = (breaker: Breaker, now: number): Breaker =>
  breakerState(breaker, now) === 'half-open' ? { ...breaker, isTrying: true } : breaker;

/** A call came back well: whatever was before is forgotten. */
export const succeeded = (): Breaker => CLOSED;

/** A call failed. One that was sent before it opened does not make it longer. */
export function failed(breaker: Breaker, now: number): Breaker {
  const failures = Math.min(breaker.failures + 1, BREAKER_FAILURES);
  const state = breakerState(breaker, now);
  if (state === 'open') return { ...breaker, failures };
  if (state === 'half-open' || failures >= BREAKER_FAILURES) return { failures, openedAt: now };
  return { failures };
}

/** The call that was sent says nothing of the worker: whoever asked went away. */
export function forgotten({ isTrying: _, ...breaker }: Breaker): Breaker {
  return breaker;
}

/** Ms until the next call may try it; 0: one may now. */
export const retryAfterMs = ({ openedAt }: Breaker, now: number): number =>
  openedAt === undefined ? 0 : Math.max(0, openedAt + BREAKER_OPEN_MS - now);
