/**
 * What servers say of a quota while they answer: how much of it is used, and when there is more. Each family of
 * headers is one row. Whatever is no plain number, or a time out of all proportion, is not taken.
 */
import { MAX_RESET_MS, momentIn } from './moments.ts';

export interface Quota {
  /** Its stretch of time, or what it counts, as the server names it: `5h`, `7d`, `requests`, `input-tokens`. */
  readonly of: string;
  /** The part of it that is used, 0 to 1. */
  readonly used: number;
  /** When there is more; ms since the epoch. */
  readonly resetsAt?: number;
}

/** So many quotas of one answer; servers send six at most. */
const QUOTAS_MAX = 8;
const MINUTES_OF_A_DAY = 1_440;
/** Quotas of Anthropic's plans, as the refusal names the one that it is about. */
const CLAIMS: Readonly<Record<string, string>> = { five_hour: '5h', seven_day: '7d' };

type Row = (headers: Headers, now: number) => readonly (Quota | undefined)[];

const ROWS: readonly Row[] = [unified, anthropic, rateLimits, codex];

/** @param now ms since the epoch. */
export function quotasIn(headers: Headers, now: number): readonly Quota[] {
  const all = ROWS.flatMap((row) => row(headers, now)).filter((quota) => quota !== undefined);
  const known = new Map<string, Quota>();
  for (const quota of all) if (!known.has(quota.of)) known.set(quota.of, quota);
  return [...known.values()].slice(0, QUOTAS_MAX);
}

/** Nothing is left of it now. */
export const isSpent = ({ used, resetsAt }: Quota, now: number): boolean =>
  used >= 1 && resetsAt !== undefined && resetsAt > now;

/** When there is more of all that is spent: each of them refuses by itself. */
export function moreAtOf(quotas: readonly Quota[], now: number): number | undefined {
  const spent = quotas.filter((quota) => isSpent(quota, now)).map(({ resetsAt }) => resetsAt!);
  return spent.length > 0 ? Math.max(...spent) : undefined;
}

// ───────────── the rows ─────────────

/** Plans of Anthropic: `anthropic-ratelimit-unified-5h-utilization: 0.42`, `-5h-reset`, `-5h-status`. */
function unified(headers: Headers, now: number): readonly (Quota | undefined)[] {
  const own = named(headers, /^anthropic-ratelimit-unified-(?!overage)(\w{1,16})-utilization$/).map((of) => {
    const at = `anthropic-ratelimit-unified-${of}`;
    const isRejected = headers.get(`${at}-status`) === 'rejected';
    return quota(
      of,
      isRejected ? 1 : decimal(headers.get(`${at}-utilization`)),
      headers.get(`${at}-reset`),
      now,
    );
  });
  const claim = CLAIMS[headers.get('anthropic-ratelimit-unified-representative-claim') ?? ''];
  if (claim === undefined || headers.get('anthropic-ratelimit-unified-status') !== 'rejected') return own;
  const reset = headers.get('anthropic-ratelimit-unified-reset');
  return [quota(claim, 1, headers.get(`anthropic-ratelimit-unified-${claim}-reset`) ?? reset, now), ...own];
}

/** Keys of Anthropic: `anthropic-ratelimit-input-tokens-limit`, `-remaining`, `-reset`. */
function anthropic(headers: Headers, now: number): readonly (Quota | undefined)[] {
  return named(headers, /^anthropic-ratelimit-((?:\w{1,10}-)?(?:requests|tokens))-limit$/).map((of) => {
    const at = (word: string): string | null => headers.get(`anthropic-ratelimit-${of}-${word}`);
    return quota(of, usedOf(at('limit'), at('remaining')), at('reset'), now);
  });
}

/** OpenAI and who is like it: `x-ratelimit-limit-requests`, `-remaining-requests`, `-reset-requests`, or without a name. */
function rateLimits(headers: Headers, now: number): readonly (Quota | undefined)[] {
  return named(headers, /^(?:x-)?ratelimit-limit((?:-[a-z]{1,16}){0,3})$/).map((suffix) => {
    const at = (word: string): string | null =>
      headers.get(`x-ratelimit-${word}${suffix}`) ?? headers.get(`ratelimit-${word}${suffix}`);
    return quota(suffix.slice(1) || 'requests', usedOf(at('limit'), at('remaining')), at('reset'), now);
  });
}

/** Plans of OpenAI: `x-codex-primary-used-percent`, `-window-minutes`, `-reset-at`, `-reset-after-seconds`. */
function codex(headers: Headers, now: number): readonly (Quota | undefined)[] {
  return ['primary', 'secondary'].map((which) => {
    const at = (word: string): string | null => headers.get(`x-codex-${which}-${word}`);
    const percent = decimal(at('used-percent'));
    const minutes = decimal(at('window-minutes'));
    // What a plan does not have is sent as zeros.
    if (percent === undefined || minutes === undefined || minutes <= 0) return undefined;
    return quota(spanOf(minutes), percent / 100, at('reset-at') || at('reset-after-seconds'), now);
  });
}

/** The names the pattern finds, each once. */
const named = (headers: Headers, pattern: RegExp): readonly string[] => [
  ...new Set([...headers.keys()].flatMap((name) => pattern.exec(name)?.[1] ?? [])),
];

// ───────────── numbers of strangers ─────────────

function quota(of: string, used: number | undefined, reset: string | null, now: number): Quota | undefined {
  if (used === undefined) return undefined;
  const at = reset === null ? undefined : momentIn(reset, now);
  const isTaken = at !== undefined && at > now && at - now <= MAX_RESET_MS;
  return { of, used: Math.min(used, 1), ...(isTaken && { resetsAt: Math.round(at) }) };
}

function usedOf(limit: string | null, remaining: string | null): number | undefined {
  const [all, left] = [decimal(limit), decimal(remaining)];
  return all === undefined || left === undefined || all <= 0 ? undefined : Math.max(0, 1 - left / all);
}

/** Neither negative, nor in any other notation. */
const decimal = (text: string | null): number | undefined =>
  text !== null && /^\d{1,15}(\.\d{1,15})?$/.test(text.trim()) ? Number(text) : undefined;

/** `300` minutes are `5h`, `10080` are `7d`. */
function spanOf(minutes: number): string {
  if (minutes % MINUTES_OF_A_DAY === 0) return `${minutes / MINUTES_OF_A_DAY}d`;
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${Math.round(minutes)}m`;
}
