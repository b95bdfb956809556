/** What follows on an answer that is none: whether it is asked again, and when. Pure. */

export interface Answered {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /** What the forge said, bounded. */
  readonly message: string;
}

export interface Patience {
  /** Times one question is asked at most. */
  readonly asks: number;
  /** How long one question may take with all its pauses, ms. */
  readonly totalMs: number;
  /** The first pause after a failure of the forge, ms; each further one is twice as long. */
  readonly firstMs: number;
}

export const PATIENCE: Patience = { asks: 8, totalMs: 180_000, firstMs: 500 };
/** What GitHub wants to be waited where it counts too much at once and does not say how long. */
const ABUSE_MS = 60_000;
const PAUSE_MAX_MS = 30_000;

export type Verdict =
  /** It was not done: asking again cannot do it twice. */
  | { readonly kind: 'limited'; readonly waitMs: number }
  /** Whether it was done is not known. */
  | { readonly kind: 'failing'; readonly waitMs: number }
  | { readonly kind: 'answer' };

/**
 * @param ask from 1.
 * @param chance in [0, 1).
 */
export function judge(
  answer: Answered,
  ask: number,
  atMs: number,
  chance: number,
  patience: Patience,
): Verdict {
  if (isLimit(answer)) return { kind: 'limited', waitMs: limitMs(answer, atMs) + Math.round(1_000 * chance) };
  if (answer.status >= 500) return { kind: 'failing', waitMs: pauseMs(ask, chance, patience) };
  return { kind: 'answer' };
}

/** Half of it is fixed and half is chance, so that many who failed together do not come back together. */
export function pauseMs(ask: number, chance: number, { firstMs }: Patience): number {
  const whole = Math.min(PAUSE_MAX_MS, firstMs * 2 ** (ask - 1));
  return Math.round(whole / 2 + (whole / 2) * chance);
}

/** A plain 403 is a no. Limits say so by their headers, or only by their words: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api */
const isLimit = ({ status, headers, message }: Answered): boolean =>
  status === 429 ||
  (status === 403 &&
    (headers.get('x-ratelimit-remaining') === '0' ||
      headers.get('retry-after') !== null ||
      /secondary rate limit|abuse detection/i.test(message)));

function limitMs({ headers }: Answered, atMs: number): number {
  const after = Number(headers.get('retry-after') ?? Number.NaN);
  if (Number.isFinite(after) && after >= 0) return after * 1_000;
  const remaining = headers.get('x-ratelimit-remaining') ?? headers.get('ratelimit-remaining');
  const reset = Number(headers.get('x-ratelimit-reset') ?? headers.get('ratelimit-reset') ?? Number.NaN);
  if (remaining === '0' && Number.isFinite(reset)) return Math.max(0, reset * 1_000 - atMs);
  return ABUSE_MS;
}
