/**
 * When an endpoint says that there is more again: in a header, a field of its refusal, or its words. A time without
 * its zone is not taken: it could be off by half a day.
 */

/** Further away it is a slip, not a limit: the longest quotas are of a calendar month. ms. */
export const MAX_RESET_MS = 40 * 24 * 3_600_000;

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 60e3, h: 3_600e3, d: 86_400e3 };
/** `6m0s`, `7m54.192s`, `2 hours 5 minutes`. */
const PART =
  /(\d+(?:\.\d+)?)\s*(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)(?![a-z])/gi;
const AHEAD =
  /\b(?:again|retry|resets?|renews?|available|wait)(?: in| after)? ((?:\d[\d.]*\s*[a-z]+[\s,]*(?:and )?)+)/i;
const MOMENT =
  /\b(?:access|resets?|again|renews?|available|until)\b[^.\d]{0,30}(\d{4}-\d{2}-\d{2})(?:T| at | )(\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?\s*(Z\b|UTC|GMT|[+-]\d{2}:?\d{2})/i;
const FIELD = /"(resets?_at|resets?_in_seconds|retry_?delay|retry_?after)"\s*:\s*"?([^",}\s]+)/i;

/**
 * @param body the refusal as it was sent.
 * @param now ms since the epoch.
 * @returns ms since the epoch; undefined where nothing says it.
 */
export function resetAt(headers: Headers, body: string, now: number): number | undefined {
  const after = headers.get('retry-after');
  const told = [
    after === null ? undefined : momentIn(after, now),
    ...limitHeaders(headers, now),
    fieldIn(body, now),
    wordsIn(body, now),
  ];
  return told.find((at) => at !== undefined && at > now && at - now <= MAX_RESET_MS);
}

/** Of the limits that are used up the one that lasts longest; a limit that does not say what is left counts as used up. */
function limitHeaders(headers: Headers, now: number): readonly number[] {
  const spent = [...headers].filter(([name]) => {
    if (!name.includes('ratelimit') || !name.includes('reset')) return false;
    const left = headers.get(name.replace('reset', 'remaining'));
    return left === null || Number(left) === 0;
  });
  const times = spent.map(([, value]) => momentIn(value, now)).filter((at) => at !== undefined);
  return times.length > 0 ? [Math.max(...times)] : [];
}

/** The only way a refusal's words are read when nothing but they came. */
export const wordsIn = (text: string, now: number): number | undefined => {
  const moment = MOMENT.exec(text);
  if (moment) return validDate(`${moment[1]}T${moment[2]}${zoneOf(moment[3]!)}`);
  const ahead = AHEAD.exec(text)?.[1];
  return ahead === undefined ? undefined : later(ahead, now);
};

const zoneOf = (zone: string): string => (/utc|gmt|z/i.test(zone) ? 'Z' : zone);

function fieldIn(body: string, now: number): number | undefined {
  const value = FIELD.exec(body)?.[2];
  return value === undefined ? undefined : momentIn(value, now);
}

/** Seconds from now, seconds or ms since the epoch, a length of time, or a date with its zone. */
function momentIn(text: string, now: number): number | undefined {
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number)) {
    if (number >= 1e12) return number;
    return number >= 1e9 ? number * 1000 : now + number * 1000;
  }
  if (/^[\d.]+\s*[a-z]/i.test(text) && !text.includes('-')) return later(text, now);
  return /(Z|GMT|UTC|[+-]\d{2}:?\d{2})$/i.test(text.trim()) ? validDate(text) : undefined;
}

function later(text: string, now: number): number | undefined {
  const parts = [...text.matchAll(PART)];
  if (parts.length === 0) return undefined;
  return now + parts.reduce((sum, [, n, unit]) => sum + Number(n) * UNIT_MS[shortUnit(unit!)]!, 0);
}

const shortUnit = (unit: string): string => (/^(ms|milli)/i.test(unit) ? 'ms' : unit[0]!.toLowerCase());

function validDate(text: string): number | undefined {
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}
