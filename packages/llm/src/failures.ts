/**
 * What a failed call means for the next one. The table of statuses is here and nowhere else; the back-off that
 * follows from it is in route.ts.
 */
export type CallFailure =
  /** Worth another try. `isFault` counts against the endpoint's health; a 429 does not. */
  | {
      readonly kind: 'again';
      readonly why: string;
      readonly isFault: boolean;
      readonly restMs?: number;
    }
  /** Another try gives the same: the key, the account, or the request itself. `status` is the upstream's. */
  | { readonly kind: 'auth' | 'quota' | 'bad-request'; readonly why: string; readonly status?: number };

/** The longest pause a server may ask of us, ms. */
export const MAX_RETRY_AFTER_MS = 300_000;
const MAX_WHY = 400;
const RETRIED = new Set([408, 409, 425, 429]);
const QUOTA_CODES = new Set(['insufficient_quota', 'billing_hard_limit_reached', 'billing_not_active']);

export interface FailedResponse {
  readonly status: number;
  readonly retryAfter: string | null;
  /** The server's own sentence, or its whole body. */
  readonly message: string;
  /** `error.code` or `error.type` of the body, where there is one. */
  readonly code?: string | undefined;
}

/** @param now wall time, ms since the epoch: Retry-After may be a date. */
export function failureOf(response: FailedResponse, now: number): CallFailure {
  const { status } = response;
  const why = `HTTP ${status}: ${plain(response.message) || 'no message'}`;
  if (status === 402 || QUOTA_CODES.has(response.code ?? '')) return { kind: 'quota', why, status };
  if (status === 401 || status === 403) return { kind: 'auth', why, status };
  if (status >= 300 && status < 400)
    return { kind: 'bad-request', why: `${why} (redirects are refused: the key would go along)`, status };
  if (status < 500 && !RETRIED.has(status)) return { kind: 'bad-request', why, status };
  const restMs = retryAfterMs(response.retryAfter, now);
  return { kind: 'again', why, isFault: status !== 429, ...(restMs !== undefined && { restMs }) };
}

/** Seconds or an HTTP date (RFC 9110 §10.2.3), capped; undefined when it is neither. */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}

/** A network error's own words with those of its cause, where `fetch` hides what happened. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return plain(String(error));
  const cause = error.cause instanceof Error ? `: ${wordsOf(error.cause)}` : '';
  const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  return plain(`${error.message || error.name}${code}${cause}`);
}

/** One line without control characters, capped: a server's HTML page is not our message. */
export function plain(text: string): string {
  const line = text
    .slice(0, 4 * MAX_WHY)
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();
  return line.length > MAX_WHY ? `${line.slice(0, MAX_WHY)}…` : line;
}

/** What an error body of OpenAI's shape, or any other, says. */
export function errorBody(text: string): { message: string; code?: string | undefined } {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    if (typeof error === 'string') return { message: error };
    if (typeof error === 'object' && error !== null) return errorFields(error);
  } catch {
    // Not JSON: a proxy's page. Its text is all there is.
  }
  return { message: text };
}

export function errorFields(error: object): { message: string; code?: string | undefined } {
  const { message, code, type } = error as { message?: unknown; code?: unknown; type?: unknown };
  const named = [code, type].find((x): x is string => typeof x === 'string');
  return { message: typeof message === 'string' ? message : JSON.stringify(error), code: named };
}
