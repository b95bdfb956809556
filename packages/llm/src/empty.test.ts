import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Clock } from '@swarm/core/ports/world';
import { createEndpointPool, type EndpointConfig } from './endpoints.ts';
import { failureInside, failureOf, type QuotaFailure } from './failures.ts';
import { route, type Tried } from './route.ts';

const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2026, 10, 21, 12);
const KIND = { model: 'm', form: 'events' } as const;
const NEVER = new AbortController().signal;
const quota = (moreAt?: number): QuotaFailure => ({
  kind: 'quota',
  why: 'no credit',
  ...(moreAt !== undefined && { moreAt }),
});

/** Each call gets what is the endpoint's answer at that time; the rest of time stands still. */
function over(answers: Readonly<Record<string, Tried<string>>>, more: Partial<EndpointConfig> = {}) {
  let passed = 0;
  let pauses = 0;
  const clock: Clock = {
    now: () => NOW + passed,
    monotonic: () => passed,
    after: (_, run) => {
      pauses += 1;
      queueMicrotask(run);
      return () => {};
    },
  };
  const asked: string[] = [];
  const now = { ...answers };
  const endpoints = Object.keys(answers).map((name) => ({ name, baseUrl: 'http://127.0.0.1:1/v1', ...more }));
  const pool = createEndpointPool({ endpoints, clock, rng: () => 0 });
  const call = () =>
    route<string>({ pool, kind: KIND, clock, rng: () => 0, maxTries: 6, signal: NEVER }, async ({ name }) => {
      asked.push(name);
      return now[name]!;
    });
  return { pool, asked, call, now, pauses: () => pauses, pass: (ms: number) => (passed += ms) };
}

const DONE = { kind: 'done', value: 'yes' } as const;

describe('an endpoint without quota', () => {
  it('is asked by no later call, and once all are empty nobody asks any', async () => {
    const { asked, call } = over({ a: quota(), b: quota(NOW + 2 * HOUR_MS), c: quota(NOW + HOUR_MS) });
    const first = await call();
    assert.deepEqual([first.kind, 'moreAt' in first && first.moreAt], ['quota', NOW + HOUR_MS]);
    assert.deepEqual(await call(), first);
    assert.deepEqual(asked, ['a', 'b', 'c']);
  });

  it('leaves the work to the others, and is asked again when there is more', async () => {
    const { asked, call, now, pass } = over({ a: quota(NOW + HOUR_MS), b: DONE });
    await call();
    await call();
    assert.deepEqual(asked, ['a', 'b', 'b']);
    now.a = DONE;
    pass(HOUR_MS);
    await call();
    assert.equal(asked.at(-1), 'a');
  });

  it('beside one that rejects the key ends the call: nobody is left to ask', async () => {
    const { asked, call, pauses } = over({ a: quota(), b: { kind: 'auth', why: 'no key' } });
    assert.equal((await call()).kind, 'auth');
    assert.deepEqual([asked, pauses()], [['a', 'b'], 0]);
  });

  it('is not looked at in an outage of the others: it would answer, and no call could be made', async () => {
    const { pool, call } = over({ a: quota(), b: { kind: 'again', why: 'down', isFault: true } });
    assert.equal((await call()).kind, 'down');
    assert.deepEqual(
      [pool.isDown(KIND), pool.lost(['chat'], KIND).map(({ endpoint }) => endpoint.name)],
      [true, ['b']],
    );
  });

  it('behind a gateway of ours is asked for last words all the same', async () => {
    const { asked, call } = over({ gateway: quota() }, { isGateway: true });
    await call();
    await call();
    assert.deepEqual(asked, ['gateway', 'gateway']);
  });
});

describe('a used-up quota', () => {
  it('is known by the words of providers that call it a fault of the request, or a limit of a plan', () => {
    const message = 'You have reached your specified API usage limits. You will regain access on …';
    const about = { status: 400, code: 'invalid_request_error', message, retryAfter: null };
    assert.equal(failureOf(about, NOW).kind, 'quota');
    const plan = { status: 429, code: 'usage_limit_reached', message: 'x', retryAfter: null, moreAt: 7 };
    assert.deepEqual(Object.entries(failureOf(plan, NOW)).at(-1), ['moreAt', 7]);
  });

  it('told inside an answer that had begun says when there is more, too', () => {
    const said = { code: 'insufficient_quota', message: 'Your limit resets in 2 hours' };
    const failure = failureInside(said, NOW);
    assert.equal(failure.kind === 'quota' && failure.moreAt, NOW + 2 * HOUR_MS);
  });

  it('is not what a 429 with a reset says: it rests until then', () => {
    const slow = { status: 429, message: 'slow down', retryAfter: null, moreAt: NOW + 20_000 };
    assert.deepEqual(Object.entries(failureOf(slow, NOW)).at(-1), ['restMs', 20_000]);
  });
});
