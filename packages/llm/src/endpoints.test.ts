import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Clock } from '@swarm/core/ports/world';
import { systemClock } from '../test/support/clocks.ts';
import * as fault from '../test/support/fault-server.ts';
import { type CallKind, createEndpointPool, type EndpointConfig } from './endpoints.ts';
import { probeEndpoint } from './probe.ts';

const NONE: ReadonlySet<string> = new Set();
const KIND: CallKind = { model: 'm', form: 'events' };
const OTHERS: readonly CallKind[] = [
  { model: 'n', form: 'events' },
  { model: 'm', form: 'whole' },
];

function poolOf(...names: string[]) {
  let now = 0;
  const clock: Clock = { now: () => now, monotonic: () => now, after: () => () => {} };
  const changes: string[] = [];
  const endpoints: EndpointConfig[] = names.map((name) => ({ name, baseUrl: 'http://127.0.0.1:1/v1' }));
  const pool = createEndpointPool({ endpoints, clock, rng: () => 0, onHealth: (c) => changes.push(c.kind) });
  const picked = (kind = KIND): string => {
    const choice = pool.pick(NONE, kind);
    return choice.kind === 'use'
      ? choice.endpoint.name
      : choice.kind === 'wait'
        ? `wait ${choice.ms}`
        : 'none';
  };
  return { pool, picked, changes, pass: (ms: number) => (now += ms) };
}

describe('an endpoint', () => {
  it('is unhealthy after three failures in a row, and probed by one caller after 30 s', () => {
    const { pool, picked, pass } = poolOf('a');
    for (let i = 0; i < 2; i += 1) pool.failed('a', KIND, 'x');
    assert.equal(picked(), 'a');
    pool.failed('a', KIND, 'x');
    assert.equal(picked(), 'wait 30000');
    pass(30_000);
    assert.deepEqual([picked(), picked()], ['a', 'wait 30000']);
    pool.succeeded('a', KIND);
    assert.equal(picked(), 'a');
  });

  it('is healthy again after one answer, so that failures must be in a row', () => {
    const { pool, picked } = poolOf('a');
    for (let i = 0; i < 10; i += 1) {
      pool.failed('a', KIND, 'x');
      pool.failed('a', KIND, 'x');
      pool.succeeded('a', KIND);
    }
    assert.equal(picked(), 'a');
  });

  it('is unhealthy for one model and one form of answers alone, and what it answers of another kind changes nothing', () => {
    const { pool, picked, changes, pass } = poolOf('a');
    for (let i = 0; i < 3; i += 1) {
      pool.failed('a', KIND, 'x');
      for (const other of OTHERS) pool.succeeded('a', other);
    }
    assert.deepEqual([picked(), ...OTHERS.map(picked)], ['wait 30000', 'a', 'a']);
    assert.deepEqual([pool.isDown(KIND), pool.isDown(OTHERS[0]!), changes], [true, false, ['down']]);
    assert.deepEqual(
      pool.lost(['chat'], OTHERS[0]!).map(({ kind }) => kind),
      [KIND],
    );
    pass(30_000);
    assert.deepEqual([picked(), picked(), picked(OTHERS[0])], ['a', 'wait 30000', 'a']);
    pool.answered('a', KIND);
    assert.deepEqual([picked(), changes], ['a', ['down', 'up']]);
  });

  it('that asks us to slow down rests, and stays healthy', () => {
    const { pool, picked, changes } = poolOf('a', 'b');
    for (let i = 0; i < 5; i += 1) pool.rested('a', 5_000);
    assert.equal(picked(), 'b');
    pool.rested('b', 2_000);
    assert.equal(picked(), 'wait 2000');
    assert.deepEqual(changes, []);
  });

  it('that rejects the key is asked only when there is no other', () => {
    const { pool, picked } = poolOf('a', 'b');
    pool.refused('a');
    assert.equal(picked(), 'b');
    pool.refused('b');
    assert.equal(picked(), 'a');
  });

  it('going down is told when it was the last healthy one', () => {
    const { pool, changes } = poolOf('a', 'b');
    for (const name of ['a', 'a', 'a', 'b', 'b']) pool.failed(name, KIND, 'x');
    assert.deepEqual(changes, []);
    pool.failed('b', KIND, 'x');
    pool.failed('b', KIND, 'x');
    assert.deepEqual(changes, ['down']);
    pool.succeeded('a', KIND);
    assert.deepEqual(changes, ['down', 'up']);
  });
});

describe('probing an endpoint', () => {
  const probe = async (plan: fault.Plan, timeoutMs = 60_000) => {
    const server = await fault.startFaultServer(plan);
    const endpoint = { name: 'e', baseUrl: `${server.baseUrl}/`, apiKey: 'sk-probe-key' };
    const result = await probeEndpoint(endpoint, { clock: systemClock, timeoutMs });
    await server.close();
    return { result, seen: server.seen };
  };

  it('asks only for the models, with the key', async () => {
    const { result, seen } = await probe(fault.json({ data: [{ id: 'a' }, { id: 7 }, null, { id: 'b' }] }));
    assert.deepEqual(result, { kind: 'up', models: ['a', 'b'] });
    assert.deepEqual(
      seen.map((s) => [s.method, s.path, s.headers.authorization]),
      [['GET', '/v1/models', 'Bearer sk-probe-key']],
    );
  });

  const rows: [string, fault.Plan, string][] = [
    ['keeps no list', fault.status(404), 'up'],
    ['answers something else', fault.status(200, 'models? none'), 'up'],
    ['answers with a web page', fault.status(200, '<html>'), 'down'],
    ['rejects the key', fault.status(401, { error: { message: 'no sk-probe-key' } }), 'auth'],
    ['is broken', fault.status(502, '<html>'), 'down'],
    ['redirects', fault.status(302, '', { location: 'http://127.0.0.1:1/' }), 'down'],
    ['hangs', fault.hang, 'down'],
  ];
  for (const [name, plan, kind] of rows)
    it(`finds it ${kind} when it ${name}`, async () => {
      const { result } = await probe(plan, plan === fault.hang ? 60 : undefined);
      assert.equal(result.kind, kind);
      assert.doesNotMatch(JSON.stringify(result), /sk-probe-key/);
    });

  it('finds it down when nobody listens, and says so', async () => {
    const result = await probeEndpoint(
      { name: 'e', baseUrl: 'http://127.0.0.1:9/v1' },
      { clock: systemClock, timeoutMs: 500 },
    );
    assert.equal(result.kind, 'down');
    assert.match(result.kind === 'down' ? result.why : '', /ECONNREFUSED|bad port/);
  });
});
