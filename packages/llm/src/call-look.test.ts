/** Each kind of wrong address, key, account and model, as a small real server shows it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { lookByCall } from './call-look.ts';
import { probeEndpoint } from './probe.ts';

const clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (ms: number, run: () => void) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

async function served(t: TestContext, handle: RequestListener): Promise<string> {
  const server = createServer(handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const json =
  (status: number, body: object): RequestListener =>
  (_, response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const html = '<!doctype html><html><head><title>Sign in</title></head><body></body></html>';
const LIST = { object: 'list', data: [{ id: 'small' }] };
const ANSWER = {
  choices: [{ index: 0, message: { role: 'assistant', content: 'pong' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 },
};

const look = (baseUrl: string, timeoutMs = 5_000) =>
  lookByCall({ name: 'a', baseUrl, weight: 1, apiKey: 'key' }, 'small', { clock, timeoutMs });

test('an endpoint that answers is told with what the call took', async (t) => {
  const found = await look(`${await served(t, json(200, ANSWER))}/v1`);
  assert.equal(found.kind, 'answers');
  assert.equal('tokens' in found && found.tokens, 4);
});

test('a refused key, an empty account, an unknown model and a refused request are told apart', async (t) => {
  const rows: [number, object, string][] = [
    [401, { message: 'Incorrect API key provided', code: 'invalid_api_key' }, 'auth'],
    [429, { message: 'You exceeded your current quota', code: 'insufficient_quota' }, 'quota'],
    [404, { message: 'The model `small` does not exist', code: 'model_not_found' }, 'no-model'],
    [404, { message: 'model "small" not found, try pulling it first' }, 'no-model'],
    [400, { message: 'messages must end with a user turn' }, 'refused'],
    [503, { message: 'overloaded' }, 'down'],
  ];
  for (const [status, error, kind] of rows)
    assert.equal(
      (await look(`${await served(t, json(status, { error }))}/v1`)).kind,
      kind,
      JSON.stringify(error),
    );
});

test('models below /v1 are found there, by the call and by the look that costs nothing', async (t) => {
  const url = await served(t, (request, response) =>
    request.url?.startsWith('/v1/')
      ? json(200, LIST)(request, response)
      : void response.writeHead(404).end('404 page not found'),
  );
  assert.equal((await look(url)).kind, 'no-version');
  const probe = await probeEndpoint({ name: 'a', baseUrl: url, weight: 1 }, { clock });
  assert.deepEqual([probe.kind, 'fault' in probe && probe.fault], ['down', 'no-version']);
});

test('a page for browsers is no endpoint, be it shown or sent to', async (t) => {
  const shows = await served(
    t,
    (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end(html),
  );
  const sends = await served(
    t,
    (_, response) => void response.writeHead(302, { location: 'https://login.example/in?to=secret' }).end(),
  );
  for (const [url, why] of [
    [shows, /“Sign in”/],
    [sends, /login\.example\/in$/],
  ] as const) {
    const found = await look(`${url}/v1`);
    assert.equal(found.kind, 'web-page');
    assert.match('why' in found ? found.why : '', why);
    const probe = await probeEndpoint({ name: 'a', baseUrl: `${url}/v1`, weight: 1 }, { clock });
    assert.equal('fault' in probe && probe.fault, 'web-page');
  }
});

test('a server that never says a word is silent, one that is not there is down, one without TLS is told so', async (t) => {
  const silent = await served(t, () => undefined);
  assert.equal((await look(`${silent}/v1`, 200)).kind, 'silent');
  assert.equal((await look('http://127.0.0.1:1/v1')).kind, 'down');
  const plain = await served(t, json(200, LIST));
  assert.equal((await look(`${plain.replace('http:', 'https:')}/v1`)).kind, 'tls');
});
