import type { Clock, Rng } from '@swarm/core/ports/world';
import type { EndpointConfig, EndpointPool } from './endpoints.ts';
import type { CallFailure } from './failures.ts';

/** Back-off: full jitter over a doubling ceiling (Brooker, "Exponential Backoff and Jitter", AWS, 2015). */
export const BACKOFF_BASE_MS = 500;
export const BACKOFF_CAP_MS = 30_000;
/** A call that is held looks this often whether somebody else has found an endpoint alive. */
export const HELD_LOOK_MS = 1_000;

/** How one try at one endpoint went. */
export type Tried<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'aborted' }
  | CallFailure;

/** How the call went: never `again`, which ends as `down` when the tries are used up. */
export type Routed<T> =
  | { readonly kind: 'done'; readonly value: T; readonly endpoint: string }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'down'; readonly why: string }
  | Exclude<CallFailure, { kind: 'again' }>;

export interface Retry {
  /** The endpoint that failed. */
  readonly endpoint: string;
  readonly why: string;
  /** Which try that was, from 1. */
  readonly tryNumber: number;
}

export interface RouteOptions {
  readonly pool: EndpointPool;
  readonly clock: Clock;
  readonly rng: Rng;
  /** Calls made, and pauses for resting endpoints taken, before giving up; may be Infinity. */
  readonly maxTries: number;
  readonly signal: AbortSignal;
  readonly onRetry?: (retry: Retry) => void;
}

/**
 * The one place calls are retried. Fresh endpoints come first, without a pause; when every one has failed,
 * it backs off and starts over. An endpoint that refuses our key is not asked again in this call; when all do,
 * the last refusal is the answer.
 */
export async function route<T>(
  options: RouteOptions,
  tryOnce: (endpoint: EndpointConfig) => Promise<Tried<T>>,
): Promise<Routed<T>> {
  const { pool, maxTries, signal } = options;
  const refused = new Set<string>();
  const failed = new Set<string>();
  let last: CallFailure = { kind: 'again', why: 'no endpoint is configured', isFault: false };
  let calls = 0;
  for (let pauses = 0; calls < maxTries && pauses < maxTries; ) {
    if (signal.aborted) return { kind: 'aborted' };
    const choice = pool.pick(new Set([...refused, ...failed]));
    if (choice.kind !== 'use') {
      if (refused.size === pool.endpoints.length) break;
      const restMs = failed.size > 0 ? backoffMs(calls, options.rng) : pauseOf(choice, options.rng);
      const pauseMs = Number.isFinite(maxTries) ? restMs : Math.min(restMs, HELD_LOOK_MS);
      if (failed.size === 0) pauses += 1;
      failed.clear();
      await pause(pauseMs, options.clock, signal);
      continue;
    }
    calls += 1;
    const { name } = choice.endpoint;
    const tried = await tryOnce(choice.endpoint);
    if (tried.kind === 'done') {
      pool.succeeded(name);
      return { ...tried, endpoint: name };
    }
    if (tried.kind === 'aborted' || tried.kind === 'bad-request') return tried;
    note(pool, name, tried);
    (tried.kind === 'again' ? failed : refused).add(name);
    last = tried;
    // Who gives up at all gives up when nobody is left to ask: the run pauses, and looks for life more often.
    if (pool.isDown() && Number.isFinite(maxTries)) break;
    options.onRetry?.({ endpoint: name, why: tried.why, tryNumber: calls });
  }
  return last.kind === 'again' ? { kind: 'down', why: last.why } : last;
}

function note(pool: EndpointPool, name: string, failure: CallFailure): void {
  if (failure.kind !== 'again') pool.refused(name);
  else if (failure.isFault) pool.failed(name, failure.why, failure.restMs);
  else if (failure.restMs !== undefined) pool.rested(name, failure.restMs);
}

/** The jitter keeps many held calls from returning in the same instant. */
const pauseOf = (choice: { kind: string; ms?: number }, rng: Rng): number =>
  (choice.ms ?? 0) + rng() * BACKOFF_BASE_MS;

/** @param round 1, 2, 3 … */
export const backoffMs = (round: number, rng: Rng): number =>
  rng() * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** Math.min(round - 1, 10));

/** Resolves after `ms`, or at once when the signal fires: the caller looks at the signal. */
export function pause(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const settle = (): void => {
      cancel();
      signal.removeEventListener('abort', settle);
      resolve();
    };
    const cancel = clock.after(ms, settle);
    signal.addEventListener('abort', settle);
  });
}
