import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resetAt } from './resets.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const told = (headers: Record<string, string>, body = ''): string | undefined => {
  const at = resetAt(new Headers(headers), body, NOW);
  return at === undefined ? undefined : new Date(at).toISOString().slice(0, 23);
};

describe('when there is more', () => {
  const headers: readonly [string, Record<string, string>, string | undefined][] = [
    ['seconds of Retry-After, however many', { 'retry-after': '7200' }, '2026-11-21T14:00:00.000'],
    ['a date of Retry-After', { 'retry-after': 'Sat, 21 Nov 2026 13:30:00 GMT' }, '2026-11-21T13:30:00.000'],
    ['a length of time', { 'x-ratelimit-reset-requests': '6m0s' }, '2026-11-21T12:06:00.000'],
    ['milliseconds', { 'x-ratelimit-reset-tokens': '20ms' }, '2026-11-21T12:00:00.020'],
    ['seconds since the epoch', { 'x-ratelimit-reset': `${NOW / 1000 + 60}` }, '2026-11-21T12:01:00.000'],
    ['ms since the epoch', { 'x-ratelimit-reset': `${NOW + 5_000}` }, '2026-11-21T12:00:05.000'],
    ['a moment', { 'anthropic-ratelimit-tokens-reset': '2026-11-21T12:00:30Z' }, '2026-11-21T12:00:30.000'],
    [
      'only the limit that is used up',
      {
        'x-ratelimit-remaining-requests': '9',
        'x-ratelimit-reset-requests': '24h',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': '1m30s',
      },
      '2026-11-21T12:01:30.000',
    ],
    ['nothing of a year away', { 'retry-after': `${365 * 86_400}` }, undefined],
    ['nothing of the past', { 'x-ratelimit-reset': `${NOW / 1000 - 60}` }, undefined],
    ['nothing of a date without its zone', { 'x-ratelimit-reset': '2026-11-21T13:00:00' }, undefined],
  ];
  for (const [what, given, at] of headers)
    it(`is read from headers: ${what}`, () => assert.equal(told(given), at));

  const bodies: readonly [string, string | undefined][] = [
    [
      'You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.',
      '2026-12-01T00:00:00.000',
    ],
    ['Rate limit reached. Please try again in 7m54.5s. Visit', '2026-11-21T12:07:54.500'],
    ['Please retry in 34.25s.', '2026-11-21T12:00:34.250'],
    ['Your limit resets in 2 hours and 5 minutes.', '2026-11-21T14:05:00.000'],
    ['{"error":{"type":"usage_limit_reached","resets_in_seconds":90}}', '2026-11-21T12:01:30.000'],
    [`{"error":{"resets_at":${NOW / 1000 + 600}}}`, '2026-11-21T12:10:00.000'],
    ['{"details":[{"retryDelay":"34s"}]}', '2026-11-21T12:00:34.000'],
    ['Your limit will reset at 2026-11-21 18:00:00', undefined],
    ['You exceeded your current quota of 30 requests', undefined],
    ['Please try again later', undefined],
  ];
  for (const [body, at] of bodies) it(`is read from words: ${body}`, () => assert.equal(told({}, body), at));
});
