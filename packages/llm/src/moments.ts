/** Times as servers write them. A time without its zone is not taken: it could be off by half a day. */

/** Further away it is a slip, not a limit: the longest quotas are of a calendar month. ms. */
export const MAX_RESET_MS = 40 * 24 * 3_600_000;

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 60e3, h: 3_600e3, d: 86_400e3 };
/** `6m0s`, `7m54.192s`, `2 hours 5 minutes`. */
const PART =
  /(\d+(?:\.\d+)?)\s*(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)(?![a-z])/gi;

/**
 * Seconds from now, seconds or ms since the epoch, a length of time, or a date with its zone.
 * @param now ms since the epoch. @returns ms since the epoch, however far away.
 */
export function momentIn(text: string, now: number): number | undefined {
  if (/^-?\d+(\.\d+)?$/.test(text.trim())) {
    const number = Number(text);
    if (number >= 1e12) return number;
    return number >= 1e9 ? number * 1000 : now + number * 1000;
  }
  if (/^[\d.]+\s*[a-z]/i.test(text) && !text.includes('-')) return later(text, now);
  return /(Z|GMT|UTC|[+-]\d{2}:?\d{2})$/i.test(text.trim()) ? validDate(text) : undefined;
}

export function later(text: string, now: number): number | undefined {
  const parts = [...text.matchAll(PART)];
  if (parts.length === 0) return undefined;
  return now + parts.reduce((sum, [, n, unit]) => sum + Number(n) * UNIT_MS[shortUnit(unit!)]!, 0);
}

const shortUnit = (unit: string): string => (/^(ms|milli)/i.test(unit) ? 'ms' : unit[0]!.toLowerCase());

export function validDate(text: string): number | undefined {
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}

const PACIFIC = { timeZone: 'America/Los_Angeles', hourCycle: 'h23' } as const;

/** Where Google’s days end. On the two days a year that are not 24 hours long it may be an hour off. */
export function pacificMidnight(now: number): number {
  const clock = new Intl.DateTimeFormat('en-US', { ...PACIFIC, timeStyle: 'medium' }).formatToParts(now);
  const of = (type: string): number => Number(clock.find((part) => part.type === type)?.value);
  const passedS = (of('hour') * 60 + of('minute')) * 60 + of('second');
  return now - (now % 1000) + (86_400 - passedS) * 1000;
}
