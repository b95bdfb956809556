import type { Clock, Rng } from '@swarm/core/ports/world';
import { DEFAULT_DEADLINES, startWatch } from './deadlines.ts';
import { type EndpointConfig, redactKeys, urlOf } from './endpoints.ts';
import { errorBody, failureOf, wordsOf } from './failures.ts';
import { backoffMs, pause } from './route.ts';
import { watchedFetch } from './transport.ts';

export type Probe =
  /** `models` is empty where the server answers but keeps no list. */
  | { readonly kind: 'up'; readonly models: readonly string[] }
  | { readonly kind: 'down'; readonly why: string }
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
    const response = await watchedFetch(watch)(urlOf(endpoint, 'models'), {
      headers: { accept: 'application/json', ...keyHeader(endpoint) },
    });
    return await readProbe(response, endpoint, how.clock.now());
  } catch (error) {
    return { kind: 'down', why: redactKeys(watch.missed() ?? wordsOf(error), [endpoint]) };
  } finally {
    watch.stop();
  }
}

export const keyHeader = (endpoint: EndpointConfig): Record<string, string> =>
  endpoint.apiKey === undefined ? {} : { authorization: `Bearer ${endpoint.apiKey}` };

async function readProbe(response: Response, endpoint: EndpointConfig, now: number): Promise<Probe> {
  const text = await response.text();
  if (response.ok) return { kind: 'up', models: modelIds(text) };
  if (NO_LIST.has(response.status)) return { kind: 'up', models: [] };
  const failure = failureOf({ status: response.status, retryAfter: null, ...errorBody(text) }, now);
  const why = redactKeys(failure.why, [endpoint]);
  return failure.kind === 'auth' ? { kind: 'auth', why } : { kind: 'down', why };
}

/** `{data: [{id}]}`; anything else is a server without a list we can read. */
function modelIds(text: string): readonly string[] {
  try {
    const { data } = JSON.parse(text) as { data?: unknown };
    const ids = Array.isArray(data) ? data.map((m: { id?: unknown } | null) => m?.id) : [];
    return ids.filter((id): id is string => typeof id === 'string');
  } catch {
    return [];
  }
}

/**
 * Probes all endpoints, backing off up to 30 s, until one answers; resolves with its name, or undefined when the signal
 * fired first. A rejected key counts as an answer: waiting would not help, and the next call says what is wrong.
 */
export async function untilUp(ask: {
  readonly endpoints: readonly EndpointConfig[];
  readonly clock: Clock;
  readonly rng: Rng;
  readonly signal: AbortSignal;
  readonly probeTimeoutMs?: number;
}): Promise<string | undefined> {
  const timeoutMs = ask.probeTimeoutMs ?? DEFAULT_PROBE_TIMEOUT_MS;
  for (let round = 1; !ask.signal.aborted; round += 1) {
    const probes = await Promise.all(ask.endpoints.map((e) => probeEndpoint(e, { ...ask, timeoutMs })));
    const found = probes.findIndex((p) => p.kind !== 'down');
    if (found !== -1) return ask.endpoints[found]!.name;
    await pause(backoffMs(round, ask.rng), ask.clock, ask.signal);
  }
  return undefined;
}
