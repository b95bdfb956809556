/** What is left at each endpoint, as the log has it: how much of its quotas is used, and until when it is not asked. */
import type { LogLine } from '../log-events.ts';

export interface QuotaUsed {
  /** Its stretch of time, or what it counts: `5h`, `7d`, `tokens`. */
  readonly of: string;
  /** 0 to 1. */
  readonly used: number;
  /** ms since the epoch. */
  readonly resetsAt?: number;
}

export interface EndpointQuotas {
  readonly endpoint: string;
  /** None whose time has come. */
  readonly quotas: readonly QuotaUsed[];
  /** It refused because nothing was left, and was not asked again since. */
  readonly isEmpty: boolean;
  /** When there is more, where it said so; ms since the epoch. */
  readonly moreAt?: number;
}

const EVENTS: ReadonlySet<string> = new Set(['endpoint.quota', 'endpoint.emptied', 'endpoint.refilled']);
const ENDPOINTS_MAX = 64;
const QUOTAS_MAX = 8;
const NAME_MAX = 130;

/**
 * In the order of their names.
 * @param lines of one log, in its order: whoever may write there may have written anything. @param now ms since the epoch.
 */
export function quotasNow(lines: readonly LogLine[], now: number): readonly EndpointQuotas[] {
  const known = new Map<string, EndpointQuotas>();
  for (const { event, data } of lines) {
    if (!EVENTS.has(event)) continue;
    const endpoint = typeof data.endpoint === 'string' ? data.endpoint.slice(0, NAME_MAX) : '';
    if (endpoint === '' || (known.size >= ENDPOINTS_MAX && !known.has(endpoint))) continue;
    const before = known.get(endpoint);
    const isEmpty =
      event === 'endpoint.emptied' || (event === 'endpoint.quota' && (before?.isEmpty ?? false));
    const moreAt = event === 'endpoint.quota' ? before?.moreAt : numberIn(data.moreAt);
    const quotas = Array.isArray(data.quotas) ? data.quotas.slice(0, QUOTAS_MAX).flatMap(quotaIn) : [];
    known.set(endpoint, { endpoint, quotas, isEmpty, ...(isEmpty && moreAt !== undefined && { moreAt }) });
  }
  return [...known.values()]
    .map((one) => asOf(one, now))
    .filter(({ quotas, isEmpty }) => quotas.length > 0 || isEmpty)
    .sort((a, b) => (a.endpoint < b.endpoint ? -1 : 1));
}

/** As programs are told it: times in ISO 8601. */
export const quotasShown = (all: readonly EndpointQuotas[]) =>
  all.map(({ moreAt, quotas, ...one }) => ({
    ...one,
    ...(moreAt !== undefined && { moreAt: new Date(moreAt).toISOString() }),
    quotas: quotas.map(({ resetsAt, ...part }) => ({
      ...part,
      ...(resetsAt !== undefined && { resetsAt: new Date(resetsAt).toISOString() }),
    })),
  }));

/** A time that has come says nothing of what is used since. */
const asOf = (one: EndpointQuotas, now: number): EndpointQuotas => ({
  ...one,
  quotas: one.quotas.filter(({ resetsAt }) => resetsAt === undefined || resetsAt > now),
  isEmpty: one.isEmpty && (one.moreAt === undefined || one.moreAt > now),
});

function quotaIn(value: unknown): readonly QuotaUsed[] {
  if (typeof value !== 'object' || value === null) return [];
  const { of, used, resetsAt } = value as Readonly<Record<string, unknown>>;
  const [part, at] = [numberIn(used), numberIn(resetsAt)];
  if (typeof of !== 'string' || of === '' || part === undefined) return [];
  return [{ of: of.slice(0, 60), used: Math.min(part, 1), ...(at !== undefined && { resetsAt: at }) }];
}

/** What a date can be made of. */
const numberIn = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 && value < 8.64e15 ? value : undefined;
