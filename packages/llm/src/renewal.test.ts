import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { systemClock } from '../test/support/clocks.ts';
import * as fault from '../test/support/fault-server.ts';
import { DEFAULT_DEADLINES, startWatch } from './deadlines.ts';
import { createRenewal } from './renewal.ts';
import { redactKeys } from './secrets.ts';
import { postCall } from './transport.ts';

const NEVER = new AbortController().signal;

async function over(t: TestContext, good: string | (() => string), ask: () => Promise<string>) {
  const server = await fault.startFaultServer((response, { headers }) => {
    const key = typeof good === 'string' ? good : good();
    response.writeHead(headers.authorization === `Bearer ${key}` ? 200 : 401).end('{}');
  });
  t.after(() => server.close());
  const endpoint = { name: 'a', baseUrl: server.baseUrl, apiKey: 'sk-first-1', renewal: createRenewal(ask) };
  const call = async (): Promise<number> => {
    const watch = startWatch(DEFAULT_DEADLINES, systemClock, NEVER);
    const response = await postCall(endpoint, 'chat/completions', '{}', {}, watch);
    await response.text();
    watch.stop();
    return response.status;
  };
  return { server, endpoint, call };
}

describe('a rejected key', () => {
  it('is asked for again once, for all calls that were rejected side by side', async (t) => {
    let asked = 0;
    const { call, server, endpoint } = await over(t, 'sk-second-2', async () => `sk-second-${++asked + 1}`);
    assert.deepEqual(await Promise.all([call(), call(), call()]), [200, 200, 200]);
    assert.deepEqual([await call(), asked, server.seen.length], [200, 1, 7]);
    assert.equal(redactKeys('sk-first-1 sk-second-2', [endpoint]), '[key] [key]');
  });

  it('is asked for as often as one that worked ends', async (t) => {
    let valid = 1;
    let asked = 1;
    const ask = async (): Promise<string> => `sk-first-${++asked}`;
    const { call } = await over(t, () => `sk-first-${valid}`, ask);
    for (; valid <= 4; valid++) assert.deepEqual([await call(), await call(), asked], [200, 200, valid]);
  });

  it('stays rejected where the other key is rejected too, or is the same, or there is none', async (t) => {
    for (const [ask, calls] of [
      [async () => 'sk-third-3', 2],
      [async () => 'sk-first-1', 1],
      [() => Promise.reject(new Error('locked')), 1],
    ] as const) {
      const { call, server } = await over(t, 'sk-second-2', ask);
      assert.deepEqual([await call(), server.seen.length], [401, calls]);
      assert.deepEqual([await call(), server.seen.length], [401, calls + 1]);
    }
  });
});
