/** When an endpoint says that there is more again: in a header, a field of its refusal, or its words. */
import { later, MAX_RESET_MS, momentIn, pacificMidnight, validDate } from './moments.ts';
import { isSpent, moreAtOf, type Quota, quotasIn } from './quotas.ts';

const AHEAD =
  /\b(?:again|retry|resets?|renews?|available|wait)(?: in| after)? ((?:\d[\d.]*\s*[a-z]+[\s,]*(?:and )?)+)/i;
const MOMENT =
  /\b(?:access|resets?|again|renews?|available|until)\b[^.\d]{0,30}(\d{4}-\d{2}-\d{2})(?:T| at | )(\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?\s*(Z\b|UTC|GMT|[+-]\d{2}:?\d{2})/i;
const FIELDS = /"(resets?_at|resets?_in_seconds|retry_?delay|retry_?after)"\s*:\s*"?([^",}\s]+)/gi;
/** How Google names the quota that refused: `GenerateRequestsPerDayPerProjectPerModel-FreeTier`. */
const OF_A_DAY = /"quotaId"\s*:\s*"\w{0,80}PerDay/;
/** What is used up for longer than this is a quota; for less, a slow minute. ms. */
export const LONG_MS = 15 * 60_000;

/**
 * @param body the refusal as it was sent.
 * @param now ms since the epoch.
 * @returns ms since the epoch; undefined where nothing says it.
 */
export function resetAt(headers: Headers, body: string, now: number): number | undefined {
  const after = headers.get('retry-after');
  const told = [
    moreAtOf(quotasIn(headers, now), now),
    // The pause that is named beside it is that of a slow minute.
    OF_A_DAY.test(body) ? pacificMidnight(now) : undefined,
    after === null ? undefined : momentIn(after, now),
    ...limitHeaders(headers, now),
    fieldIn(body, now),
    wordsIn(body, now),
  ];
  return told.find((at) => at !== undefined && at > now && at - now <= MAX_RESET_MS);
}

/** A refusal that is about a quota of hours or days, whatever else it calls itself. */
export const isOfLongQuota = (headers: Headers, body: string, now: number): boolean =>
  OF_A_DAY.test(body) || quotasIn(headers, now).some((quota) => isLong(quota, now));

const isLong = (quota: Quota, now: number): boolean => isSpent(quota, now) && quota.resetsAt! - now > LONG_MS;

/**
 * Of the limits that are used up the one that lasts longest; a limit that does not say what is left counts as used up.
 * A plan's say how much is used, and are read in quotas.ts.
 */
function limitHeaders(headers: Headers, now: number): readonly number[] {
  const spent = [...headers].filter(([name]) => {
    if (!name.includes('ratelimit') || !name.includes('reset') || name.includes('unified')) return false;
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

/** The first that holds a time: some servers name one field for each way to say it, and fill in one. */
function fieldIn(body: string, now: number): number | undefined {
  for (const [, , value] of body.matchAll(FIELDS)) {
    const at = momentIn(value!, now);
    if (at !== undefined) return at;
  }
  return undefined;
}
