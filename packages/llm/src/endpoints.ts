import type { Clock, Rng } from '@swarm/core/ports/world';

/** One upstream model server that speaks chat completions. */
export interface EndpointConfig {
  /** Names it in logs and messages; unique. */
  readonly name: string;
  /** Up to and with the version: `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  /** Sent as `Authorization: Bearer`; none is sent when absent. */
  readonly apiKey?: string;
  /** Share of the calls among those that are healthy; 100 when absent. */
  readonly weight?: number;
}

/** Consecutive failures after which an endpoint counts as unhealthy, and how long until it is probed. */
export const UNHEALTHY_AFTER = 3;
export const PROBE_AFTER_MS = 30_000;

export type Choice =
  | { readonly kind: 'use'; readonly endpoint: EndpointConfig }
  /** Every endpoint in question rests or is unhealthy; one may be asked after `ms`. */
  | { readonly kind: 'wait'; readonly ms: number }
  /** Every endpoint was skipped. */
  | { readonly kind: 'none' };

/** Told once when the last healthy endpoint is lost, and once when one answers again. */
export type HealthChange = { readonly kind: 'down' | 'up'; readonly why: string };

/** The health of some endpoints. A refused key is remembered, but never makes the last endpoint unaskable. */
export interface EndpointPool {
  readonly endpoints: readonly EndpointConfig[];
  /** By weight among those that may be asked now. Choosing an unhealthy one makes the caller its only prober. */
  pick(skip: ReadonlySet<string>): Choice;
  succeeded(name: string): void;
  /** It did not answer, or answered with a fault of its own. `restMs`: do not ask before. */
  failed(name: string, why: string, restMs?: number): void;
  /** It asked us to slow down, which is not a failure. */
  rested(name: string, restMs: number): void;
  /** It rejects our key or our account: asked only when there is no other. */
  refused(name: string): void;
  /** True from the loss of the last healthy endpoint until one answers. */
  isDown(): boolean;
}

interface Health {
  failures: number;
  /** Monotonic ms before which it is not asked. */
  notBefore: number;
  isRefused: boolean;
}

export function createEndpointPool(ask: {
  readonly endpoints: readonly EndpointConfig[];
  readonly clock: Clock;
  readonly rng: Rng;
  readonly onHealth?: (change: HealthChange) => void;
}): EndpointPool {
  const health = new Map<string, Health>(
    ask.endpoints.map((e) => [e.name, { failures: 0, notBefore: 0, isRefused: false }]),
  );
  const of = (name: string): Health => health.get(name)!;
  let isDown = false;

  function tell(kind: 'down' | 'up', why: string): void {
    if (isDown === (kind === 'down')) return;
    isDown = kind === 'down';
    ask.onHealth?.({ kind, why });
  }

  return {
    endpoints: ask.endpoints,
    pick(skip) {
      const open = ask.endpoints.filter((e) => !skip.has(e.name));
      if (open.length === 0) return { kind: 'none' };
      const willing = open.filter((e) => !of(e.name).isRefused);
      return choose(willing.length > 0 ? willing : open, of, ask.clock.monotonic(), ask.rng);
    },
    succeeded(name) {
      Object.assign(of(name), { failures: 0, notBefore: 0, isRefused: false });
      tell('up', `${name} answers`);
    },
    failed(name, why, restMs = 0) {
      const h = of(name);
      h.failures += 1;
      const pauseMs = Math.max(restMs, h.failures >= UNHEALTHY_AFTER ? PROBE_AFTER_MS : 0);
      h.notBefore = Math.max(h.notBefore, ask.clock.monotonic() + pauseMs);
      if ([...health.values()].every((x) => x.isRefused || x.failures >= UNHEALTHY_AFTER)) tell('down', why);
    },
    rested(name, restMs) {
      const h = of(name);
      h.notBefore = Math.max(h.notBefore, ask.clock.monotonic() + restMs);
    },
    refused(name) {
      of(name).isRefused = true;
    },
    isDown: () => isDown,
  };
}

function choose(
  among: readonly EndpointConfig[],
  of: (name: string) => Health,
  now: number,
  rng: Rng,
): Choice {
  const ready = among.filter((e) => of(e.name).notBefore <= now);
  if (ready.length === 0)
    return { kind: 'wait', ms: Math.min(...among.map((e) => of(e.name).notBefore)) - now };
  const endpoint = byWeight(ready, rng);
  const h = of(endpoint.name);
  if (h.failures >= UNHEALTHY_AFTER) h.notBefore = now + PROBE_AFTER_MS;
  return { kind: 'use', endpoint };
}

/** Ties and rounding fall to the last in configured order. */
function byWeight(ready: readonly EndpointConfig[], rng: Rng): EndpointConfig {
  const weightOf = (e: EndpointConfig): number => Math.max(0, e.weight ?? 100);
  let left = rng() * ready.reduce((sum, e) => sum + weightOf(e), 0);
  for (const endpoint of ready) {
    left -= weightOf(endpoint);
    if (left < 0) return endpoint;
  }
  return ready.at(-1)!;
}

/** Replaces every key of ours in a text that may be shown. */
export function redactKeys(text: string, endpoints: readonly EndpointConfig[]): string {
  return endpoints.reduce((t, e) => (e.apiKey ? t.replaceAll(e.apiKey, '[key]') : t), text);
}

/** `https://host/v1/` and `models` → `https://host/v1/models`. */
export const urlOf = (endpoint: EndpointConfig, path: string): string =>
  `${endpoint.baseUrl.replace(/\/+$/, '')}/${path}`;
