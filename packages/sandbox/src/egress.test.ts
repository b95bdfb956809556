import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect, createServer as createPlain } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Reached } from '@swarm/core/ports/running';
import { type EgressParts, type EgressRules, openEgress } from './egress.ts';
import { upstreamOf } from './egress-upstream.ts';

async function site(t: TestContext): Promise<number> {
  const server = createServer((asked, answer) => answer.end(`reached ${asked.url} as ${asked.headers.host}`));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

const open = (named: readonly string[], parts?: EgressParts, more: Partial<EgressRules> = {}) =>
  openEgress({ key: 'egress', named, registries: [], ...more }, parts);

/** Status and body of what is asked through the proxy's socket, as an HTTP client would ask it. */
function ask(socketPath: string, url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path: url, headers: { host: 'elsewhere' } }, (got) => {
      let text = '';
      got.on('data', (chunk) => {
        text += chunk;
      });
      got.on('end', () => resolve(`${got.statusCode} ${text}`));
    });
    sent.on('error', reject).end();
  });
}

function tunnel(socketPath: string, target: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method: 'CONNECT', path: target });
    sent.on('connect', (got, socket) => {
      socket.destroy();
      resolve(got.statusCode ?? 0);
    });
    sent.on('error', reject).end();
  });
}

/** All that comes back of these bytes, until the proxy closes or nothing more is to come. */
function say(socketPath: string, bytes: string, until: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const client = connect(socketPath);
    let text = '';
    client.on('data', (chunk) => {
      text += chunk;
      if (until.test(text)) client.destroy();
    });
    client.on('close', () => resolve(text)).on('error', reject);
    client.write(bytes);
  });
}

test('a host is reached where the operator named it, by HTTP and through a tunnel, and the others are told why not', async (t) => {
  const port = await site(t);
  await using closed = await open([]);
  assert.match(
    await ask(closed.socket, `http://localhost:${port}/x`),
    /^403 swarm: localhost:\d+ is not among the hosts that may be reached; the operator's sandbox\.egress says which/,
  );
  assert.equal(await tunnel(closed.socket, `127.0.0.1:${port}`), 403);
  assert.deepEqual(closed.refused(), [`localhost:${port}`, `127.0.0.1:${port}`]);
  await using way = await open([`localhost:${port}`]);
  assert.equal(
    await ask(way.socket, `http://localhost:${port}/x?y`),
    `200 reached /x?y as localhost:${port}`,
  );
  assert.equal(await tunnel(way.socket, `LocalHost.:${port}`), 200);
  assert.equal(await tunnel(way.socket, `127.0.0.1:${port}`), 403, 'only by the name that was allowed');
  assert.equal(await tunnel(way.socket, `[::ffff:127.0.0.1]:${port}`), 403);
  assert.equal(await tunnel(way.socket, `localhost:${port === 65_535 ? 1 : port + 1}`), 403, 'no other port');
});

test('the host of the address counts, and not what a header says', async (t) => {
  const port = await site(t);
  await using way = await open([`localhost:${port}`]);
  const forged = `GET http://evil.example/ HTTP/1.1\r\nhost: localhost:${port}\r\n\r\n`;
  assert.match(
    await say(way.socket, forged, /\n\n|swarm:.*\n/),
    /^HTTP\/1\.1 403 .*evil\.example:80 is not among/s,
  );
  assert.match(await ask(way.socket, `http://localhost:${port}/`), /as localhost:\d+$/);
});

test('each request of one connection is judged for itself, and a tunnel ends where it was asked for', async (t) => {
  const port = await site(t);
  await using way = await open([`localhost:${port}`]);
  const two =
    `GET http://localhost:${port}/1 HTTP/1.1\r\nhost: a\r\n\r\n` +
    `GET http://evil.example/ HTTP/1.1\r\nhost: localhost:${port}\r\n\r\n`;
  const said = await say(way.socket, two, /swarm:.*\n/);
  assert.match(said, /reached \/1 .*403 Forbidden.*evil\.example:80 is not among/s);
  // Once it is open, a second CONNECT is bytes for the first host, which is no proxy.
  const nested =
    `CONNECT localhost:${port} HTTP/1.1\r\nhost: a\r\n\r\n` +
    'GET http://evil.example/ HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n';
  assert.match(
    await say(way.socket, nested, /never/),
    /200 Connection Established.*reached http:\/\/evil\.example\/ as/s,
  );
});

test('what is no plain host and port is refused, however it is written', async () => {
  await using way = await open(['*', 'localhost:9']);
  for (const url of ['/etc/passwd', 'https://example.com/', 'http://localhost@evil.example/', 'ftp://a/'])
    assert.match(await ask(way.socket, url), /^403 swarm: only http/, url);
  const targets = [
    'localhost:0',
    'localhost:65536',
    'a@localhost:9',
    'localhost:9@evil.example',
    'localhost:9/x',
  ];
  for (const target of targets) assert.equal(await tunnel(way.socket, target), 403, target);
  const split = 'CONNECT localhost:9\0.evil.example:443 HTTP/1.1\r\n\r\n';
  assert.doesNotMatch(await say(way.socket, split, /never/), / 200 /);
});

test('a registry is reached by its name alone, and not where its name leads into a network of ours', async () => {
  const lookup = async (host: string) => (host === 'moved.example' ? ['10.0.0.1'] : ['127.0.0.1']);
  await using way = await open([], { lookup }, { registries: ['moved.example', 'here.example'] });
  for (const host of ['moved.example', 'here.example', 'other.example'])
    assert.equal(await tunnel(way.socket, `${host}:443`), 403, host);
  await using unknown = await open(['gone.example'], { lookup: async () => [] });
  assert.equal(await tunnel(unknown.socket, 'gone.example:443'), 502, 'it may be reached, and is not there');
  assert.deepEqual(unknown.refused(), []);
});

test('what was asked for is counted by host, with its bytes; made-up names are counted as one', async (t) => {
  const port = await site(t);
  const told: Reached[] = [];
  const way = await open([`localhost:${port}`], { onReach: (reached) => told.push(...reached) });
  const body = await ask(way.socket, `http://localhost:${port}/${'x'.repeat(1_000)}`);
  for (let name = 0; name < 40; name += 1) await tunnel(way.socket, `n${name}.evil.example:443`);
  assert.equal(told.length, 0, 'not at each of them');
  await way[Symbol.asyncDispose]();
  const [first] = told;
  assert.equal(told.length, 33);
  assert.deepEqual([first?.authority, first?.requests, first?.refused], [`localhost:${port}`, 1, 0]);
  assert.ok(first!.up > 1_000 && first!.down > body.length - 10, JSON.stringify(first));
  const others = told.find(({ authority }) => authority === 'others');
  assert.equal(others?.refused, 9);
});

test('the operator’s own proxy is asked for what passes, with its password, and for nothing else', async (t) => {
  const said: string[] = [];
  const proxy = createPlain((socket) => {
    socket.once('data', (head) => {
      said.push(head.toString());
      socket.end('HTTP/1.1 200 OK\r\n\r\n');
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.after(() => proxy.close());
  const { port } = proxy.address() as AddressInfo;
  const env = { HTTPS_PROXY: `http://me:s%20t@127.0.0.1:${port}` };
  await using way = await open(['1.1.1.1', 'inside.example'], { env, lookup: async () => [] });
  assert.equal(await tunnel(way.socket, '1.1.1.1:443'), 200);
  assert.equal(
    await tunnel(way.socket, 'INSIDE.example.:443'),
    200,
    'a name that only it knows is left to it',
  );
  assert.equal(await tunnel(way.socket, '10.0.0.1:443'), 403);
  assert.equal(said.length, 2);
  assert.match(said[0]!, /^CONNECT 1\.1\.1\.1:443 HTTP\/1\.1\r\n.*proxy-authorization: Basic bWU6cyB0\r\n/s);
  assert.match(said[1]!, /^CONNECT inside\.example:443 HTTP/);
  assert.throws(() => upstreamOf({ https_proxy: 'socks5://127.0.0.1:1' }), /SW0102/);
});
