import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { failureInside, failureOf } from './failures.ts';
import { createGauge } from './gauge.ts';
import { isSpent, type Quota, quotasIn } from './quotas.ts';
import { isOfLongQuota, resetAt } from './resets.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const SECONDS = NOW / 1_000;
const HOUR_MS = 3_600_000;

type Given = Readonly<Record<string, string>>;
const inHours = (quotas: readonly Quota[]) =>
  quotas.map(({ of, used, resetsAt }) => [
    of,
    Math.round(used * 100),
    resetsAt === undefined ? undefined : (resetsAt - NOW) / HOUR_MS,
  ]);

/** As servers were seen to send them; the times are moved to now. */
const SEEN: readonly [string, Given, (string | number | undefined)[][]][] = [
  [
    'Anthropic’s plans',
    {
      'anthropic-ratelimit-unified-status': 'allowed',
      'anthropic-ratelimit-unified-representative-claim': 'five_hour',
      'anthropic-ratelimit-unified-reset': `${SECONDS + 7_200}`,
      'anthropic-ratelimit-unified-5h-status': 'allowed',
      'anthropic-ratelimit-unified-5h-utilization': '0.42',
      'anthropic-ratelimit-unified-5h-reset': `${SECONDS + 7_200}`,
      'anthropic-ratelimit-unified-7d-status': 'allowed_warning',
      'anthropic-ratelimit-unified-7d-utilization': '0.9',
      'anthropic-ratelimit-unified-7d-reset': `${SECONDS + 72_000}`,
      'anthropic-ratelimit-unified-overage-utilization': '0.0',
      'anthropic-ratelimit-unified-fallback-percentage': '0.5',
    },
    [
      ['5h', 42, 2],
      ['7d', 90, 20],
    ],
  ],
  [
    'Anthropic’s plans, with dates',
    {
      'anthropic-ratelimit-unified-5h-utilization': '0.42',
      'anthropic-ratelimit-unified-5h-reset': '2026-11-21T13:00:00Z',
    },
    [['5h', 42, 1]],
  ],
  [
    'Anthropic’s plans at their end',
    {
      'anthropic-ratelimit-unified-status': 'rejected',
      'anthropic-ratelimit-unified-representative-claim': 'seven_day',
      'anthropic-ratelimit-unified-reset': `${SECONDS + 36_000}`,
    },
    [['7d', 100, 10]],
  ],
  [
    'Anthropic’s keys',
    {
      'anthropic-ratelimit-input-tokens-limit': '100000',
      'anthropic-ratelimit-input-tokens-remaining': '0',
      'anthropic-ratelimit-input-tokens-reset': '2026-11-21T12:36:00Z',
      'anthropic-ratelimit-requests-limit': '1000',
      'anthropic-ratelimit-requests-remaining': '750',
      'anthropic-ratelimit-requests-reset': '2026-11-21T12:36:00Z',
    },
    [
      ['input-tokens', 100, 0.6],
      ['requests', 25, 0.6],
    ],
  ],
  [
    'OpenAI’s keys',
    {
      'x-ratelimit-limit-requests': '500',
      'x-ratelimit-remaining-requests': '499',
      'x-ratelimit-reset-requests': '36m0s',
      'x-ratelimit-limit-tokens': '30000',
      'x-ratelimit-remaining-tokens': '15000',
      'x-ratelimit-reset-tokens': '72m',
    },
    [
      ['requests', 0, 0.6],
      ['tokens', 50, 1.2],
    ],
  ],
  [
    'routers’, without a name',
    { 'x-ratelimit-limit': '50', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${NOW + HOUR_MS}` },
    [['requests', 100, 1]],
  ],
  [
    'those of a day beside those of a minute',
    {
      'x-ratelimit-limit-requests-day': '14400',
      'x-ratelimit-remaining-requests-day': '0',
      'x-ratelimit-reset-requests-day': '36000.5',
      'x-ratelimit-limit-tokens-minute': '60000',
      'x-ratelimit-remaining-tokens-minute': '60000',
      'x-ratelimit-reset-tokens-minute': '36',
    },
    [
      ['requests-day', 100, 36_000.5 / 3_600],
      ['tokens-minute', 0, 0.01],
    ],
  ],
  [
    'OpenAI’s plans',
    {
      'x-codex-active-limit': 'premium',
      'x-codex-primary-used-percent': '100',
      'x-codex-primary-window-minutes': '300',
      'x-codex-primary-reset-after-seconds': '7200',
      'x-codex-primary-reset-at': `${SECONDS + 7_200}`,
      'x-codex-secondary-used-percent': '80',
      'x-codex-secondary-window-minutes': '10080',
      'x-codex-secondary-reset-after-seconds': '36000',
    },
    [
      ['5h', 100, 2],
      ['7d', 80, 10],
    ],
  ],
  [
    'OpenAI’s plans without a second one',
    {
      'x-codex-primary-used-percent': '100',
      'x-codex-primary-window-minutes': '10080',
      'x-codex-primary-reset-at': `${SECONDS + 36_000}`,
      'x-codex-secondary-used-percent': '0',
      'x-codex-secondary-window-minutes': '0',
      'x-codex-secondary-reset-after-seconds': '0',
      'x-codex-secondary-reset-at': '',
    },
    [['7d', 100, 10]],
  ],
];

describe('a quota', () => {
  for (const [what, headers, quotas] of SEEN)
    it(`is read from headers: ${what}`, () =>
      assert.deepEqual(inHours(quotasIn(new Headers(headers), NOW)), quotas));

  const HOSTILE = ['NaN', '-1', 'Infinity', '1e309', '0x10', '', ' ', 'null', '9'.repeat(400)];
  it('is never what no plain number says, and never more than all of it', () => {
    for (const value of HOSTILE) {
      const headers = new Headers({
        'anthropic-ratelimit-unified-5h-utilization': value,
        'x-codex-primary-used-percent': value,
        'x-codex-primary-window-minutes': value,
        'x-ratelimit-limit': value,
        'x-ratelimit-remaining': value,
      });
      assert.deepEqual(quotasIn(headers, NOW), [], value);
    }
    const beyond = new Headers({ 'anthropic-ratelimit-unified-5h-utilization': '7.5' });
    assert.deepEqual(quotasIn(beyond, NOW), [{ of: '5h', used: 1 }]);
  });

  it('has no reset in the past, nor in the year 9999, nor one that is no time', () => {
    for (const reset of ['253402300799', '9999-12-31T23:59:59Z', `${SECONDS - 60}`, '-3600', ...HOSTILE]) {
      const headers = new Headers({
        'anthropic-ratelimit-unified-5h-utilization': '1',
        'anthropic-ratelimit-unified-5h-reset': reset,
      });
      const [quota] = quotasIn(headers, NOW);
      assert.deepEqual(quota, { of: '5h', used: 1 }, reset);
      assert.equal(isSpent(quota!, NOW), false);
    }
  });

  it('is one of eight at most, each with a short name', () => {
    const many = Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [`anthropic-ratelimit-unified-x${i}-utilization`, '0.5']),
    );
    const long = { [`anthropic-ratelimit-unified-${'y'.repeat(900)}-utilization`]: '0.5' };
    const quotas = quotasIn(new Headers({ ...many, ...long }), NOW);
    assert.equal(quotas.length, 8);
    assert.ok(quotas.every(({ of }) => of.length <= 16));
  });
});

describe('a refusal', () => {
  const failure = (status: number, body: object, headers: Given = {}) => {
    const [text, all] = [JSON.stringify(body), new Headers(headers)];
    const { error = {} } = body as { error?: { code?: unknown; type?: unknown; message?: string } };
    const code = [error.code, error.type].find((word) => typeof word === 'string' && !/^\d+$/.test(word));
    const moreAt = resetAt(all, text, NOW);
    const isLong = isOfLongQuota(all, text, NOW);
    const said = { message: error.message ?? '', code: code as string | undefined, status };
    const told = failureOf(
      { ...said, retryAfter: all.get('retry-after'), moreAt, isOfLongQuota: isLong },
      NOW,
    );
    return [told.kind, 'moreAt' in told ? (told.moreAt! - NOW) / HOUR_MS : undefined];
  };
  const plan = (claim: string, more: Given = {}): Given => ({
    'anthropic-ratelimit-unified-status': 'rejected',
    'anthropic-ratelimit-unified-representative-claim': claim,
    'anthropic-ratelimit-unified-reset': `${SECONDS + 7_200}`,
    ...more,
  });
  const limited = { error: { type: 'rate_limit_error', message: 'This request would exceed your limit' } };
  const google = (quotaId: string, retryDelay: string) => ({
    error: {
      code: 429,
      status: 'RESOURCE_EXHAUSTED',
      message: 'You exceeded your current quota, please check your plan',
      details: [
        { '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [{ quotaId }] },
        { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay },
      ],
    },
  });

  it('of a plan that is not at its end is a slow minute, which says nothing of when', () => {
    const allowed = { 'anthropic-ratelimit-unified-7d-reset': `${SECONDS + 360_000}` };
    assert.equal(resetAt(new Headers(allowed), '{}', NOW), undefined);
  });

  const rows: readonly [string, unknown[], unknown[]][] = [
    ['Anthropic’s plan is at its end', failure(429, limited, plan('five_hour')), ['quota', 2]],
    [
      'of two that are at their end the later one counts',
      failure(429, limited, {
        ...plan('five_hour'),
        'anthropic-ratelimit-unified-7d-utilization': '1',
        'anthropic-ratelimit-unified-7d-reset': `${SECONDS + 36_000}`,
      }),
      ['quota', 10],
    ],
    [
      'the week that is not used up does not',
      failure(429, limited, {
        ...plan('five_hour'),
        'anthropic-ratelimit-unified-7d-utilization': '0.3',
        'anthropic-ratelimit-unified-7d-reset': `${SECONDS + 360_000}`,
      }),
      ['quota', 2],
    ],
    [
      'a minute of a key is slow',
      failure(429, limited, {
        'retry-after': '4',
        'anthropic-ratelimit-input-tokens-limit': '100000',
        'anthropic-ratelimit-input-tokens-remaining': '0',
        'anthropic-ratelimit-input-tokens-reset': '2026-11-21T12:00:20Z',
      }),
      ['again', undefined],
    ],
    [
      'a long pause without a word of a quota is one',
      failure(429, {}, { 'retry-after': '86400' }),
      ['again', undefined],
    ],
    [
      'a day’s requests are used up',
      failure(
        429,
        { error: { code: 'rate_limit_exceeded', message: 'x' } },
        {
          'x-ratelimit-limit-requests-day': '100',
          'x-ratelimit-remaining-requests-day': '0',
          'x-ratelimit-reset-requests-day': '18000',
        },
      ),
      ['quota', 5],
    ],
    [
      'OpenAI’s plan',
      failure(429, {
        error: {
          type: 'usage_limit_reached',
          message: 'The usage limit has been reached',
          resets_at: null,
          resets_in_seconds: 7_200,
        },
      }),
      ['quota', 2],
    ],
    [
      'a key without credit',
      failure(429, { error: { code: 'insufficient_quota', message: 'You exceeded your current quota' } }),
      ['quota', undefined],
    ],
    [
      'Google’s day, which ends in California',
      failure(429, google('GenerateRequestsPerDayPerProjectPerModel-FreeTier', '47s')),
      ['quota', 20],
    ],
    [
      'Google’s minute',
      failure(429, google('GenerateRequestsPerMinutePerProjectPerModel', '15s')),
      ['again', undefined],
    ],
    [
      'Z.ai’s plan, whose time has no zone',
      failure(429, {
        error: {
          code: '1308',
          message: 'Usage limit reached for 5 hour. Your limit will reset at 2026-11-21 21:31:39',
        },
      }),
      ['quota', undefined],
    ],
    [
      'the same in Chinese',
      failure(429, { error: { code: '1308', message: '已达到 5 小时的使用上限。' } }),
      ['quota', undefined],
    ],
    [
      'Moonshot’s',
      failure(429, { error: { type: 'exceeded_current_quota_error', message: 'x' } }),
      ['quota', undefined],
    ],
  ];
  for (const [what, told, is] of rows)
    it(`is read as its server means it: ${what}`, () => assert.deepEqual(told, is));

  it('told inside an answer that had begun says when there is more in a field', () => {
    const said = { code: 'usage_limit_reached', message: 'The usage limit has been reached', resets: '7200' };
    const told = failureInside(said, NOW);
    assert.equal(told.kind === 'quota' && told.moreAt, NOW + 2 * HOUR_MS);
  });
});

describe('what is told of quotas while answers come in', () => {
  it('is what changed by a twentieth, every five seconds at most, and all of it once a minute', () => {
    let now = 0;
    const told: number[] = [];
    const clock = { now: () => NOW + now, monotonic: () => now, after: () => () => {} };
    const gauge = createGauge(clock, ([first]) => told.push(first!.used));
    const hear = (used: string): void =>
      gauge.hear(new Headers({ 'anthropic-ratelimit-unified-5h-utilization': used }));
    hear('0.1');
    hear('0.9');
    now += 5_000;
    hear('0.12');
    hear('0.3');
    now += 59_000;
    hear('0.31');
    now += 1_000;
    hear('0.32');
    assert.deepEqual(told, [0.1, 0.3, 0.32]);
  });

  it('ends with its time: what is used of the next one nobody has said', () => {
    let now = 0;
    const clock = { now: () => NOW + now, monotonic: () => now, after: () => () => {} };
    const gauge = createGauge(clock, () => {});
    gauge.hear(
      new Headers({
        'anthropic-ratelimit-unified-5h-utilization': '1',
        'anthropic-ratelimit-unified-5h-reset': `${SECONDS + 60}`,
      }),
    );
    assert.equal(gauge.isSpent(), true);
    now = 60_000;
    assert.deepEqual([gauge.isSpent(), gauge.quotas()], [false, []]);
  });
});
