/** Looks for life: whether an endpoint lists its models, and whether it finishes a call. */
import { OWN_DIALECTS } from '@swarm/core/model/dialect';
import type { Usage } from '@swarm/core/model/usage';
import type { Clock, Rng } from '@swarm/core/ports/world';
import { withLessons } from './asking/learning.ts';
import { bodyFor, PING, PING_HEADERS } from './asking/ours.ts';
import { tryCompletion } from './completion.ts';
import { DEFAULT_DEADLINES, startWatch } from './deadlines.ts';
import { dialectOf, keyHeader } from './dialects/all.ts';
import { type Body, objectsIn } from './dialects/kinds.ts';
import { type CallKind, type EndpointConfig, type EndpointPool, urlOf, type Way } from './endpoints.ts';
import { errorBody, failureOf, wordsOf } from './failures.ts';
import type { PriceTable } from './prices.ts';
import { type EndpointFault, faultAt, isTls, pageOf } from './probe-faults.ts';
import { backoffMs, pause, type Tried } from './route.ts';
import { redactKeys } from './secrets.ts';
import { watchedFetch } from './transport.ts';
import { estimateTokens, usageOf } from './usage.ts';

export type Probe =
  /** `models` is empty where the server answers but keeps no list. */
  | { readonly kind: 'up'; readonly models: readonly string[] }
  | { readonly kind: 'down'; readonly why: string; readonly fault?: EndpointFault | 'quota' | 'silent' }
  | { readonly kind: 'auth'; readonly why: string };

export const DEFAULT_PROBE_TIMEOUT_MS = 4_000;
/** Servers that have no such list say one of these. */
const NO_LIST = new Set([404, 405, 501]);

/** Asks `GET /models` and nothing else, so that it costs nothing. Never throws. */
export async function probeEndpoint(
  endpoint: EndpointConfig,
  how: { readonly clock: Clock; readonly signal?: AbortSignal; readonly timeoutMs?: number },
): Promise<Probe> {
  const totalMs = how.timeoutMs ?? DEFAULT_PROBE_TIMEOUT_MS;
  const limits = { ...DEFAULT_DEADLINES, firstByteMs: totalMs, totalMs };
  const watch = startWatch(limits, how.clock, how.signal ?? new AbortController().signal);
  try {
    const response = await watchedFetch(watch)(urlOf(endpoint, dialectOf(endpoint).list), {
      headers: { accept: 'application/json', ...keyHeader(endpoint) },
    });
    return await readProbe(response, endpoint, how.clock);
  } catch (error) {
    const missed = watch.missed();
    const why = redactKeys(missed ?? wordsOf(error), [endpoint]);
    const fault = missed !== undefined ? 'silent' : isTls(why) ? 'tls' : undefined;
    return { kind: 'down', why, ...(fault && { fault }) };
  } finally {
    watch.stop();
  }
}

async function readProbe(response: Response, endpoint: EndpointConfig, clock: Clock): Promise<Probe> {
  const text = redactKeys(await response.text(), [endpoint]);
  const page = pageOf(response, text);
  if (response.ok && page === undefined) return { kind: 'up', models: modelIds(text) };
  const isNoList = NO_LIST.has(response.status);
  if (page !== undefined || isNoList) {
    const fault = await faultAt(endpoint, { clock, why: page ?? `HTTP ${response.status} for /models` });
    if (fault) return { kind: 'down', why: fault.why, fault: fault.kind };
  }
  if (isNoList) return { kind: 'up', models: [] };
  const failure = failureOf({ ...errorBody(text), status: response.status, retryAfter: null }, clock.now());
  const why = redactKeys(failure.why, [endpoint]);
  if (failure.kind === 'auth') return { kind: 'auth', why };
  return { kind: 'down', why, ...(failure.kind === 'quota' && { fault: 'quota' as const }) };
}

/** `{data: [{id}]}`, or Gemini's `{models: [{name}]}`; anything else is a server without a list we can read. */
function modelIds(text: string): readonly string[] {
  try {
    const { data, models, ...page } = JSON.parse(text) as Record<string, unknown>;
    // A part of a list says nothing of a model that is not in it.
    if (page.has_more === true || page.nextPageToken) return [];
    const ids = [...objectsIn(data).map(({ id }) => id), ...objectsIn(models).map(({ name }) => name)];
    return ids.filter((id): id is string => typeof id === 'string').map((id) => id.replace(/^models\//, ''));
  } catch {
    return [];
  }
}

/** How long a probe may take: a local model may have to be loaded first. */
export const DEFAULT_CALL_PROBE_MS = 60_000;

/** One probe by a call, for the log. */
export interface ProbeReport {
  readonly endpoint: string;
  readonly model: string;
  /** Which form of an answer was asked for. */
  readonly form: CallKind['form'];
  readonly doesAnswer: boolean;
  /** Why not, where it does not. */
  readonly why?: string;
  readonly usage: Usage;
}

export interface CallProbe {
  readonly pool: EndpointPool;
  readonly clock: Clock;
  readonly prices: PriceTable;
  readonly probeTimeoutMs?: number;
  readonly onProbe?: (report: ProbeReport) => void;
}

/**
 * Asks for one token by the same way as a call of that kind. A rejected key and a refused request are answers too: waiting
 * would not help, and the next call says what is wrong. Never throws.
 */
export async function probeByCall(
  how: CallProbe,
  { endpoint, kind: { model, form } }: Way,
  signal: AbortSignal,
): Promise<boolean> {
  const totalMs = how.probeTimeoutMs ?? DEFAULT_CALL_PROBE_MS;
  const deadlines = { firstByteMs: totalMs, idleMs: totalMs, totalMs };
  let used = { input: 0, cachedInput: 0, output: 0, isEstimated: true };
  const tryIt = async (body: Body): Promise<Tried<true>> => {
    const ask = { endpoint, model, form, body, headers: PING_HEADERS, deadlines, clock: how.clock, signal };
    const { end, assembler, isBillable } = await tryCompletion({ ...ask, onText: () => {} });
    if (isBillable)
      used = assembler.answer().tokens ?? estimateTokens(JSON.stringify(body).length, assembler.chars());
    return end.kind === 'finished' ? { kind: 'done', value: true } : end;
  };
  const body = bodyFor(endpoint, model, PING, {}, form);
  const tried = await withLessons({ pool: how.pool, endpoint, model, body }, tryIt);
  const doesAnswer = tried.kind !== 'again' && tried.kind !== 'aborted';
  how.onProbe?.({
    endpoint: endpoint.name,
    model,
    form,
    doesAnswer,
    ...(!doesAnswer && { why: 'why' in tried ? tried.why : 'it was called off' }),
    usage: usageOf(used, model, how.prices),
  });
  return doesAnswer;
}

/**
 * Probes what is lost, each by a call of its kind, backing off up to 30 s, until any is answered; resolves with those, or
 * with none when the signal fired first. @param ask.kind of the call where nothing is known to be lost.
 */
export async function untilUp(
  ask: CallProbe & { readonly rng: Rng; readonly signal: AbortSignal; readonly kind: CallKind },
): Promise<readonly Way[]> {
  const { pool, signal } = ask;
  for (let round = 1; !signal.aborted; round += 1) {
    const ways = pool.lost(OWN_DIALECTS, ask.kind);
    const answers = await Promise.all(ways.map((way) => probeByCall(ask, way, signal)));
    const found = ways.filter((_, i) => answers[i]);
    if (found.length > 0) return found;
    await pause(backoffMs(round, ask.rng), ask.clock, signal);
  }
  return [];
}
