/** How much of a quota is used, and when there is more, in a person's words. */
import type { EndpointQuotas, QuotaUsed } from '@swarm/core/views/quotas';
import { durationText } from '@swarm/core/views/words';
import { moreText } from './more-at.ts';

/** `5h 42% used, 7d 80% used`. Rounded down: 100% is all of it. */
export const usedText = (quotas: readonly QuotaUsed[]): string =>
  quotas.map(({ of, used }) => `${of} ${percent(used)}`).join(', ');

const percent = (used: number): string => `${Math.floor(used * 100)}% used`;

/** One endpoint on one line, without its name. @param now ms since the epoch. */
export function quotaText(
  { quotas, isEmpty, moreAt }: Omit<EndpointQuotas, 'endpoint'>,
  now: number,
): string {
  const left = quotas.map(({ of, used, resetsAt }) =>
    [
      `${of} ${percent(used)}`,
      ...(resetsAt === undefined ? [] : [`for ${durationText(resetsAt - now)} more`]),
    ].join(' '),
  );
  const empty = moreAt === undefined ? 'used up' : `used up; ${moreText(moreAt, now)}`;
  return [...(isEmpty ? [empty] : []), ...left].join('; ');
}
