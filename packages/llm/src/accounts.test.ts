/** Accounts at one server: which of them a call goes to, and what becomes of it when one has nothing left. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Clock } from '@swarm/core/ports/world';
import { ask } from '../test/support/agent.ts';
import { modelOver } from '../test/support/asking.ts';
import * as fault from '../test/support/fault-server.ts';
import { a1, a2, openGateway, question, startServer } from '../test/support/gateways.ts';
import { createEndpointPool, type EndpointConfig, type QuotaNews } from './endpoints.ts';
import type { QuotaFailure } from './failures.ts';
import { route, type Tried } from './route.ts';

const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2026, 10, 21, 12);
const KIND = { model: 'm', form: 'events' } as const;
const NEVER = new AbortController().signal;
const DONE = { kind: 'done', value: 'yes' } as const;
const quota = (hours?: number): QuotaFailure => ({
  kind: 'quota',
  why: 'used up',
  ...(hours !== undefined && { moreAt: NOW + hours * HOUR_MS }),
});

/** `a/1`, `a/2`: accounts at `a`. Each call gets what is its account's answer at that time. */
function over(answers: Readonly<Record<string, Tried<string>>>, more: Partial<EndpointConfig> = {}) {
  let passed = 0;
  const clock: Clock = {
    now: () => NOW + passed,
    monotonic: () => passed,
    after: (ms, run) => {
      passed += ms;
      queueMicrotask(run);
      return () => {};
    },
  };
  const asked: string[] = [];
  const news: QuotaNews[] = [];
  const now: Record<string, Tried<string>> = { ...answers };
  const endpoints = Object.keys(answers).map((name): EndpointConfig => {
    const [server, account] = name.split('/');
    return { name, baseUrl: 'http://127.0.0.1:1/v1', ...(account && { accountOf: server! }), ...more };
  });
  const onQuota = (one: QuotaNews): unknown => news.push(one);
  const pool = createEndpointPool({ endpoints, clock, rng: () => 0, onQuota });
  const call = (conversation?: string, maxTries = 6) =>
    route<string>(
      { pool, kind: KIND, clock, rng: () => 0, maxTries, signal: NEVER, conversation },
      async ({ name }) => {
        asked.push(name);
        return now[name]!;
      },
    );
  const hear = (name: string, headers: Readonly<Record<string, string>>): void =>
    pool.endpoints.find((one) => one.name === name)!.gauge!.hear(new Headers(headers));
  const kinds = (): string[] => news.map(({ kind, endpoint }) => `${kind} ${endpoint}`);
  return {
    pool,
    asked,
    call,
    now,
    hear,
    news,
    kinds,
    pass: (ms: number) => (passed += ms),
    passed: () => passed,
  };
}

const used = (part: number, hours = 2) => ({
  'anthropic-ratelimit-unified-5h-utilization': `${part}`,
  'anthropic-ratelimit-unified-5h-reset': `${(NOW + hours * HOUR_MS) / 1_000}`,
});

describe('accounts at one server', () => {
  it('are asked in their order: the next one when the one before has nothing left, at once', async () => {
    const { asked, call, kinds, passed } = over({ 'a/1': quota(2), 'a/2': DONE });
    assert.equal((await call()).kind, 'done');
    await call();
    assert.deepEqual([asked, passed()], [['a/1', 'a/2', 'a/2'], 0]);
    assert.deepEqual(kinds(), ['emptied a/1']);
  });

  it('may be more than there are tries of one call: to turn to the next is none', async () => {
    const used = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`a/${i}`, quota(2)]));
    const { asked, call } = over({ ...used, 'a/last': DONE });
    assert.equal((await call(undefined, 2)).kind, 'done');
    assert.equal(asked.length, 13);
  });

  it('that all have nothing left end the call with the earliest time of more', async () => {
    const { asked, call } = over({ 'a/1': quota(5), 'a/2': quota(2), 'a/3': quota() });
    const end = await call();
    assert.deepEqual([end.kind, 'moreAt' in end && end.moreAt], ['quota', NOW + 2 * HOUR_MS]);
    await call();
    assert.deepEqual(asked, ['a/1', 'a/2', 'a/3']);
  });

  it('keep the conversation they have, and take new ones in their order', async () => {
    const { asked, call, now, pass } = over({ 'a/1': quota(1), 'a/2': DONE });
    await call('t1.1');
    now['a/1'] = DONE;
    pass(HOUR_MS);
    await call('t1.1');
    await call('t2.1');
    await call('t1.1');
    assert.deepEqual(asked, ['a/1', 'a/2', 'a/2', 'a/1', 'a/2']);
  });

  it('are taken up again by one caller, while the others go on elsewhere', async () => {
    const { pool, asked, call, kinds, pass } = over({ 'a/1': quota(1), 'a/2': DONE });
    await call();
    const pick = () => {
      const choice = pool.pick(new Set(), KIND);
      return choice.kind === 'use' ? choice.endpoint.name : choice.kind;
    };
    pass(HOUR_MS - 1);
    assert.equal(pick(), 'a/2');
    pass(1);
    assert.deepEqual([pick(), pick(), pick()], ['a/1', 'a/2', 'a/2']);
    pool.emptied('a/1', quota(3));
    assert.deepEqual([pick(), pick()], ['a/2', 'a/2']);
    pass(2 * HOUR_MS);
    assert.equal(pick(), 'a/1');
    pool.succeeded('a/1', KIND);
    assert.deepEqual([pick(), pick()], ['a/1', 'a/1']);
    assert.deepEqual(kinds(), ['emptied a/1', 'emptied a/1', 'refilled a/1']);
    assert.deepEqual(asked, ['a/1', 'a/2']);
  });

  it('are told of once where calls were refused side by side', () => {
    const { pool, kinds } = over({ 'a/1': DONE, 'a/2': DONE });
    for (let i = 0; i < 3; i += 1) pool.emptied('a/1', quota(1));
    assert.deepEqual(kinds(), ['emptied a/1']);
  });

  it('are looked at as soon as there is more, though a look before was refused', async () => {
    const { asked, call, now, pass } = over({ 'a/1': quota(1), 'a/2': DONE });
    await call();
    pass(HOUR_MS);
    now['a/1'] = { ...quota(), moreAt: NOW + HOUR_MS + 5_000 };
    await call();
    now['a/1'] = DONE;
    pass(5_000);
    await call();
    assert.deepEqual(asked, ['a/1', 'a/2', 'a/1', 'a/2', 'a/1']);
  });

  it('are looked at once an hour where nobody said when there is more', async () => {
    const { asked, call, pass } = over({ 'a/1': quota(), 'a/2': DONE });
    await call();
    pass(HOUR_MS - 1);
    await call();
    pass(1);
    await call();
    assert.deepEqual(asked, ['a/1', 'a/2', 'a/2', 'a/1', 'a/2']);
  });

  it('stay empty when a call ends that had begun before', () => {
    const { pool } = over({ 'a/1': DONE, 'a/2': DONE });
    pool.emptied('a/1', quota(1));
    pool.succeeded('a/1', KIND);
    assert.equal(pool.isEmpty('a/1'), true);
  });

  it('are turned from before they refuse, when an answer said that nothing is left', async () => {
    const { asked, call, hear, pass } = over({ 'a/1': DONE, 'a/2': DONE });
    hear('a/1', used(1));
    await call();
    pass(2 * HOUR_MS);
    await call();
    assert.deepEqual(asked, ['a/2', 'a/1']);
  });

  it('are asked all the same where every one said so: only a refusal is sure', async () => {
    const { asked, call, hear } = over({ 'a/1': DONE, 'a/2': DONE });
    hear('a/1', used(1));
    hear('a/2', used(1));
    assert.equal((await call()).kind, 'done');
    assert.deepEqual(asked, ['a/1']);
  });

  it('share the calls of one server, whose weight is not multiplied by them', () => {
    const { pool } = over({ 'a/1': DONE, 'a/2': DONE, 'a/3': DONE, b: DONE });
    const draws = [0, 0.49, 0.51, 0.99].map((rng) => {
      const one = createEndpointPool({ endpoints: pool.endpoints, clock: CLOCK, rng: () => rng });
      const choice = one.pick(new Set(), KIND);
      return choice.kind === 'use' && choice.endpoint.name;
    });
    assert.deepEqual(draws, ['a/1', 'a/1', 'b', 'b']);
  });

  it('that are asked as much as they may be leave new calls to the next, and keep their conversations', async () => {
    const { pool, call } = over({ 'a/1': DONE, 'a/2': DONE }, { limits: { maxConcurrent: 1 } });
    await call('t1.1');
    const leave = await pool.slots('a/1').enter(0, NEVER);
    const place = (conversation: string) => {
      const choice = pool.pick(new Set(), KIND, undefined, conversation);
      return choice.kind === 'use' && choice.endpoint.name;
    };
    assert.deepEqual([place('t1.1'), place('t2.1')], ['a/1', 'a/2']);
    leave?.();
  });
});

describe('a conversation', () => {
  /** Two accounts at a real server, of which the first says that nothing is left of a minute that begins with its first answer. */
  async function open() {
    let passed = 0;
    const clock: Clock = { now: () => NOW + passed, monotonic: () => passed, after: () => () => {} };
    const shown: string[] = [];
    const server = await startServer((res, request) => {
      shown.push(String(request.headers.authorization).replace('Bearer ', ''));
      const spent = { 'x-ratelimit-limit': '9', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '60' };
      const answer = fault.textEvent('Said.') + fault.endEvent() + fault.DONE;
      return fault.status(200, answer, shown.length === 1 ? spent : {})(res, request);
    });
    const endpoints = ['one', 'two'].map(
      (apiKey): EndpointConfig => ({ name: `a/${apiKey}`, baseUrl: server.baseUrl, apiKey, accountOf: 'a' }),
    );
    return { clock, endpoints, server, shown, pass: (ms: number) => (passed += ms) };
  }
  const STAYS = ['one', 'two', 'two', 'one'];

  it('of an agent stays with the account it turned to, while another attempt begins at the first', async () => {
    const { clock, endpoints, server, shown, pass } = await open();
    const { gateway } = openGateway([server], { clock, endpoints });
    const [one, other] = [await gateway.issue(a1, LIMITS), await gateway.issue(a2, LIMITS)];
    for (const ms of [0, 0, 60_000]) {
      pass(ms);
      assert.equal((await ask(one.socketPath, one.token, question)).status, 200);
    }
    assert.equal((await ask(other.socketPath, other.token, question)).status, 200);
    assert.deepEqual(shown, STAYS);
  });

  it('of our own does so too, each role and each attempt by itself', async () => {
    const { clock, endpoints, shown, pass } = await open();
    const { ask: own } = modelOver([], { clock, endpoints });
    for (const ms of [0, 0, 60_000]) {
      pass(ms);
      assert.equal((await own({ role: 'planner' })).text, 'Said.');
    }
    await own({ role: 'reviewer' });
    assert.deepEqual(shown, STAYS);
  });
});

const LIMITS = { tokens: 1_000_000 };
const CLOCK: Clock = { now: () => NOW, monotonic: () => 0, after: () => () => {} };
