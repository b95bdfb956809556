/**
 * What a failed call means for the next one. The tables of statuses and of words are here and nowhere else; the
 * back-off that follows from them is in route.ts.
 */
import { resetAt } from './resets.ts';

export type CallFailure =
  /** Worth another try. `isFault` counts against the endpoint's health; a 429 does not. */
  | {
      readonly kind: 'again';
      readonly why: string;
      readonly isFault: boolean;
      readonly restMs?: number;
      /** What the server said, where it said anything. */
      readonly said?: Said;
      /** Another try now is not worth it, for whatever reason. */
      readonly isLast?: true;
    }
  /** Another try gives the same: the key, the account, or the request itself. `status` is the upstream's. */
  | {
      readonly kind: 'auth' | 'bad-request';
      readonly why: string;
      readonly status?: number;
      readonly said?: Said;
    }
  | QuotaFailure;

/** Nothing is left of what the account may use. */
export interface QuotaFailure {
  readonly kind: 'quota';
  readonly why: string;
  readonly status?: number;
  readonly said?: Said;
  /** When there is more, where the server says it; ms since the epoch. */
  readonly moreAt?: number;
}

/** A server's own words about a failure. */
export interface Said {
  /** The server's own sentence, or its whole body. */
  readonly message: string;
  /** `error.code` or `error.type` of the body, where there is one. */
  readonly code?: string | undefined;
  /** The HTTP status, of the answer or as the error names it. */
  readonly status?: number | undefined;
  /** The field of the request it is about. */
  readonly param?: string | undefined;
  /** When a quota is filled again, as it was written. */
  readonly resets?: string | undefined;
}

/** The longest pause a server may ask of us, ms; of a used-up quota see resets.ts. */
export const MAX_RETRY_AFTER_MS = 300_000;
const MAX_WHY = 400;
const RETRIED = new Set([408, 409, 425, 429]);

/** Words of an error that mean the same whatever its status, since a stream has none. */
const MEANINGS: readonly {
  readonly kind: 'quota' | 'auth' | 'bad-request' | 'rest';
  readonly code: RegExp;
}[] = [
  {
    kind: 'quota',
    code: /^(insufficient_quota|billing_hard_limit_reached|billing_not_active|insufficient_balance|billing_error|usage_limit_(reached|exceeded)|usage_not_included|exceeded_current_quota_error)$/,
  },
  {
    kind: 'auth',
    code: /^(invalid_api_key|authentication_error|permission_denied|permission_error|unauthenticated)$/i,
  },
  {
    kind: 'bad-request',
    code: /^(invalid_request_error|context_length_exceeded|exceed_context_size_error|string_above_max_length|invalid_argument|bad_request|badrequesterror|unsupported_parameter|unsupported_value|model_not_found|not_found_error|invalid_prompt|request_too_large)$/i,
  },
  { kind: 'rest', code: /^(rate_limit_exceeded|rate_limit_error|resource_exhausted|too_many_requests)$/i },
];
/** Sentences of servers that give no code: about the request, at every try. */
const LASTING = /context (length|window|size)|maximum context|prompt is too long|request too large/i;
/** Accounts and keys, where a provider calls it a fault of the request. */
const NO_CREDIT = /credit balance is too low|reached your specified .{0,20}usage limits/i;
/** Plans whose refusals have a number for a code; at a status that can mean it. */
const PLAN_USED_UP = /\busage limit reached\b|\blimit exhausted\b|使用上限|\binsufficient balance\b/i;
const NO_KEY = /API key (is )?(not valid|invalid|expired)/i;
/** Ours: the gateway's run or attempt is over, so that waiting is in vain. */
const OVER = 'swarm_over';

export interface FailedResponse extends Said {
  readonly status: number;
  readonly retryAfter: string | null;
  /** Its headers or its details say that a quota of hours or days is used up. */
  readonly isOfLongQuota?: boolean;
  /** When there is more, where the server says it; ms since the epoch. */
  readonly moreAt?: number | undefined;
}

/** @param now wall time, ms since the epoch: Retry-After may be a date. */
export function failureOf(response: FailedResponse, now: number): CallFailure {
  const { status, retryAfter, moreAt, isOfLongQuota, ...words } = response;
  const said: Said = { ...words, status };
  const why = `HTTP ${status}: ${plain(response.message) || 'no message'}`;
  const meaning = meaningOf(said);
  if (said.code === OVER) return { kind: 'again', why, isFault: false, said, isLast: true };
  if (status === 402 || meaning === 'quota' || (status === 429 && isOfLongQuota))
    return { kind: 'quota', why, status, said, ...(moreAt !== undefined && { moreAt }) };
  if (status === 401 || status === 403 || NO_KEY.test(said.message))
    return { kind: 'auth', why, status, said };
  if (status >= 300 && status < 400)
    return {
      kind: 'bad-request',
      why: `${why} (redirects are refused: the key would go along)`,
      status,
      said,
    };
  // What the request alone is too large for lasts, whatever the status says.
  const isLasting = LASTING.test(said.message) || (status < 500 && !RETRIED.has(status));
  if (isLasting) return { kind: 'bad-request', why, status, said };
  const restMs = retryAfterMs(retryAfter, now) ?? (status === 429 ? restUntil(moreAt, now) : undefined);
  return { kind: 'again', why, isFault: status !== 429, said, ...(restMs !== undefined && { restMs }) };
}

/**
 * A failure told inside an answer that had begun: lasting where it is about the request, the key or the account.
 * @param now wall time, ms since the epoch.
 */
export function failureInside(said: Said, now: number): CallFailure {
  const why = `the server broke off: ${plain(said.message) || 'no message'}`;
  const meaning = meaningOf(said);
  switch (meaning) {
    case 'quota': {
      const words = said.resets === undefined ? said.message : JSON.stringify({ resets_at: said.resets });
      const moreAt = resetAt(new Headers(), words, now);
      return { kind: 'quota', why, said, ...(moreAt !== undefined && { moreAt }) };
    }
    case 'auth':
    case 'bad-request':
      return { kind: meaning, why, said };
    default:
      return { kind: 'again', why, isFault: meaning !== 'rest', said };
  }
}

function meaningOf({ code = '', status, message }: Said): (typeof MEANINGS)[number]['kind'] | undefined {
  if (NO_CREDIT.test(message)) return 'quota';
  if ((status === undefined || status === 429) && PLAN_USED_UP.test(message)) return 'quota';
  const named = MEANINGS.find((m) => m.code.test(code))?.kind;
  if (named !== undefined && !(named === 'bad-request' && isTransient(status))) return named;
  if (LASTING.test(message)) return 'bad-request';
  if (status === 402) return 'quota';
  if (status === 401 || status === 403) return 'auth';
  if (status === 429) return 'rest';
  return status !== undefined && status >= 400 && status < 500 && !RETRIED.has(status)
    ? 'bad-request'
    : undefined;
}

/** Servers call every error `invalid_request_error`; a status that says otherwise counts more. */
const isTransient = (status: number | undefined): boolean =>
  status !== undefined && (status >= 500 || RETRIED.has(status));

/** Seconds or an HTTP date (RFC 9110 §10.2.3), capped; undefined when it is neither. */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}

const restUntil = (at: number | undefined, now: number): number | undefined =>
  at === undefined ? undefined : Math.min(Math.max(at - now, 0), MAX_RETRY_AFTER_MS);

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
export function errorBody(text: string): Said {
  try {
    const wire: unknown = JSON.parse(text);
    // Google puts the one error into a list.
    const body = (Array.isArray(wire) ? wire[0] : wire) as { error?: unknown; message?: unknown } | null;
    if (typeof body?.error === 'string') return { message: body.error };
    if (typeof body?.error === 'object' && body.error !== null) return saidIn(body.error);
    if (typeof body?.message === 'string') return saidIn(body);
  } catch {
    // Not JSON: a proxy's page. Its text is all there is.
  }
  return { message: text };
}

export function saidIn(error: object): Said {
  const { message, code, type, status, param } = error as Readonly<Record<string, unknown>>;
  const { resets_at, resets_in_seconds } = error as Readonly<Record<string, unknown>>;
  const resets = resets_at ?? resets_in_seconds;
  const named = [code, type, status].find((x): x is string => typeof x === 'string' && !/^\d+$/.test(x));
  const number = [code, status].map(Number).find((n) => Number.isInteger(n) && n >= 300 && n < 600);
  return {
    message: typeof message === 'string' ? message : JSON.stringify(error),
    ...(named !== undefined && { code: named }),
    ...(number !== undefined && { status: number }),
    ...(typeof param === 'string' && { param }),
    ...((typeof resets === 'string' || typeof resets === 'number') && {
      resets: String(resets).slice(0, 40),
    }),
  };
}
