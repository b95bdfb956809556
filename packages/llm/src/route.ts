import { DIALECT_NAMES, type DialectName } from '@swarm/core/model/dialect';
import type { Clock, Rng } from '@swarm/core/ports/world';
import {
  type CallKind,
  type EndpointConfig,
  type EndpointPool,
  FRUITLESS_MAX,
  type Way,
} from './endpoints.ts';
import type { CallFailure } from './failures.ts';

/** Back-off: full jitter over a doubling ceiling (Brooker, "Exponential Backoff and Jitter", AWS, 2015). */
export const BACKOFF_BASE_MS = 500;
export const BACKOFF_CAP_MS = 30_000;
/** A call that is held looks this often whether somebody else has found an endpoint alive. */
export const HELD_LOOK_MS = 1_000;
/** Tries that all failed, while the endpoints answered others, after which it is the request's fault. */
export const TRIES_OF_ONE_CALL = 6;

/** How one try at one endpoint went. */
export type Tried<T> =
  /** `over`: when the rest of the answer has come, where it goes on. */
  | { readonly kind: 'done'; readonly value: T; readonly over?: Promise<void> }
  | { readonly kind: 'aborted' }
  /** Nothing is left to pay another try with. */
  | { readonly kind: 'spent'; readonly why: string }
  | CallFailure;

/** How the call went: never `again`, which ends as `down` when the tries are used up. */
export type Routed<T> =
  | { readonly kind: 'done'; readonly value: T; readonly endpoint: string }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'spent'; readonly why: string }
  /** `isOver`: no further try begins, for whatever reason. */
  | { readonly kind: 'down'; readonly why: string; readonly isOver?: true }
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
  /** What the call can be made in; any when absent. Endpoints that speak nothing of it are not asked. */
  readonly dialects?: readonly DialectName[];
  /** What it is: a look whether the endpoint lives is of the same kind. */
  readonly kind: CallKind;
  readonly clock: Clock;
  readonly rng: Rng;
  /** Calls made, and pauses for resting endpoints taken, before giving up; may be Infinity. */
  readonly maxTries: number;
  /** What it is part of: calls of one name stay with one account while that may be asked. */
  readonly conversation?: string | undefined;
  /** Before whom it goes where calls wait for an endpoint; 0 when absent. See PRIORITY. */
  readonly priority?: number;
  readonly signal: AbortSignal;
  /** Once it fires no try begins and nothing is waited for; a try under way may end. */
  readonly until?: AbortSignal | undefined;
  /** Whether the endpoint finishes a small call of this kind: asked before it is given up. */
  readonly probe?: (way: Way, signal: AbortSignal) => Promise<boolean>;
  readonly onRetry?: (retry: Retry) => void;
}

/**
 * The one place calls are retried. Fresh endpoints come first, without a pause; when every one has failed,
 * it backs off and starts over. An endpoint that refuses our key is not asked again in this call, one without quota in none; when
 * all do, the last refusal is the answer. What fails at every try while the endpoints answer others is the request's fault.
 */
export async function route<T>(
  options: RouteOptions,
  tryOnce: (endpoint: EndpointConfig) => Promise<Tried<T>>,
): Promise<Routed<T>> {
  const { pool, kind, maxTries, signal, until, dialects = DIALECT_NAMES } = options;
  const refused = new Set<string>();
  const failed = new Set<string>();
  const suspicion = createSuspicion(options, Math.min(maxTries, TRIES_OF_ONE_CALL));
  let last: CallFailure = { kind: 'again', why: 'no endpoint is configured', isFault: false };
  let calls = 0;
  if (pool.endpoints.length > 0 && pool.speaking(dialects).length === 0)
    return { kind: 'bad-request', why: noneSpeaks(dialects) };
  for (let pauses = 0; calls < maxTries && pauses < maxTries; ) {
    if (signal.aborted) return { kind: 'aborted' };
    if (until?.aborted) return { kind: 'down', why: last.why, isOver: true };
    const choice = pool.pick(new Set([...refused, ...failed]), kind, dialects, options.conversation);
    if (choice.kind !== 'use') {
      if (pool.speaking(dialects).every(({ name }) => refused.has(name) || pool.isEmpty(name))) break;
      const restMs = failed.size > 0 ? backoffMs(calls, options.rng) : pauseOf(choice, options.rng);
      const pauseMs = Number.isFinite(maxTries) ? restMs : Math.min(restMs, HELD_LOOK_MS);
      if (failed.size === 0) pauses += 1;
      failed.clear();
      await pause(pauseMs, options.clock, signal, until);
      continue;
    }
    const { name } = choice.endpoint;
    const leave = await turnAt(options, name);
    if (leave === undefined) continue;
    calls += 1;
    suspicion.tries(name);
    const tried = await tryOnce(choice.endpoint).catch((error: unknown) => {
      leave();
      throw error;
    });
    if (tried.kind === 'done') {
      void (tried.over ?? Promise.resolve()).then(leave);
      pool.succeeded(name, kind);
      return { kind: 'done', value: tried.value, endpoint: name };
    }
    leave();
    if (tried.kind === 'aborted' || tried.kind === 'bad-request' || tried.kind === 'spent') return tried;
    // To turn to whoever has something left is no try that failed.
    if (tried.kind === 'quota') calls -= 1;
    await note(options, choice.endpoint, tried);
    if (signal.aborted) return { kind: 'aborted' };
    (tried.kind === 'again' ? failed : refused).add(name);
    last = tried;
    if (tried.kind === 'again' && tried.isLast) return { kind: 'down', why: tried.why, isOver: true };
    if (tried.kind === 'again' && tried.isFault && suspicion.isSure())
      return requestsFault(tried, `on each of its ${calls} tries, while the endpoint answers other calls`);
    // Who gives up at all gives up when nobody is left to ask: the run pauses, and looks for life more often.
    if (pool.allEmpty(dialects) !== undefined || (pool.isDown(kind, dialects) && Number.isFinite(maxTries)))
      break;
    options.onRetry?.({ endpoint: name, why: tried.why, tryNumber: Math.max(1, calls) });
  }
  const empty = pool.allEmpty(dialects);
  if (empty !== undefined) return empty;
  if (last.kind !== 'again') return last;
  if (last.isFault && pool.fruitless() >= FRUITLESS_MAX)
    return requestsFault(
      last,
      `again after an endpoint was found ${FRUITLESS_MAX} times; no call was finished`,
    );
  return { kind: 'down', why: last.why };
}

/** @returns what ends the turn; undefined where the call is given up, or another endpoint may be the better one by now. */
async function turnAt(
  { pool, priority = 0, signal, until }: RouteOptions,
  name: string,
): Promise<(() => void) | undefined> {
  const before = pool.turnedAway(name);
  const leave = await pool.slots(name).enter(priority, until ? AbortSignal.any([signal, until]) : signal);
  if (leave === undefined || pool.turnedAway(name) === before) return leave;
  leave();
  return undefined;
}

/** Nothing is translated: the operator has to name an endpoint that speaks it. */
export const noneSpeaks = (dialects: readonly DialectName[]): string =>
  `no endpoint of this run speaks ${dialects.join(' or ')}: add dialect = "${dialects[0]}" to one of [[endpoints]]`;

const requestsFault = ({ why, said }: Extract<CallFailure, { kind: 'again' }>, how: string) => ({
  kind: 'bad-request' as const,
  why: `${why} (${how})`,
  ...(said !== undefined && { said }),
});

/** Whether a call's failures are its own: it looks at `most` faults at a time, and at who was answered meanwhile. */
function createSuspicion({ pool, kind }: RouteOptions, most: number) {
  let before = new Map<string, number>();
  let faults = 0;
  return {
    /** A try at this endpoint begins. */
    tries(name: string): void {
      if (!before.has(name)) before.set(name, pool.answers(name, kind));
    },
    /** To be asked at each fault. */
    isSure(): boolean {
      faults += 1;
      if (faults < most) return false;
      const doAnswer = [...before].every(([name, answers]) => pool.answers(name, kind) > answers);
      before = new Map();
      faults = 0;
      return doAnswer;
    },
  };
}

/** Before a fault makes the endpoint unhealthy, it is asked for something small: a poisonous request is no outage. */
async function note(options: RouteOptions, endpoint: EndpointConfig, failure: CallFailure): Promise<void> {
  const { pool, kind, probe, signal } = options;
  const { name } = endpoint;
  // Behind a gateway of ours it is the attempt's own share, and last words come from a reserve.
  if (failure.kind === 'quota' && !endpoint.isGateway) return pool.emptied(name, failure);
  if (failure.kind !== 'again') return pool.refused(name);
  if (!failure.isFault) {
    if (failure.restMs !== undefined) pool.rested(name, failure.restMs);
    return;
  }
  const doesAnswer =
    probe !== undefined &&
    pool.isOnEdge(name, kind) &&
    (await unlessAborted(
      pool.check(name, kind, (stop) => probe({ endpoint, kind }, stop)),
      signal,
    ));
  // A caller that was aborted does not see how the look went.
  if (signal.aborted) return;
  if (doesAnswer) pool.answered(name, kind);
  else pool.failed(name, kind, failure.why, failure.restMs);
}

/** A look that several callers wait for continues when one of them is aborted. */
async function unlessAborted(look: Promise<boolean>, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const giveUp = (): void => resolve(false);
  signal.addEventListener('abort', giveUp);
  if (signal.aborted) giveUp();
  try {
    return await Promise.race([look, promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/** The jitter keeps many held calls from returning in the same instant. */
const pauseOf = (choice: { kind: string; ms?: number }, rng: Rng): number =>
  (choice.ms ?? 0) + rng() * BACKOFF_BASE_MS;

/** @param round 1, 2, 3 … */
export const backoffMs = (round: number, rng: Rng): number =>
  rng() * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** Math.min(round - 1, 10));

/** Resolves after `ms`, or at once when a signal fires: the caller looks at the signals. */
export function pause(ms: number, clock: Clock, ...signals: (AbortSignal | undefined)[]): Promise<void> {
  return new Promise((resolve) => {
    if (signals.some((signal) => signal?.aborted)) return resolve();
    const settle = (): void => {
      cancel();
      for (const signal of signals) signal?.removeEventListener('abort', settle);
      resolve();
    };
    const cancel = clock.after(ms, settle);
    for (const signal of signals) signal?.addEventListener('abort', settle);
  });
}
