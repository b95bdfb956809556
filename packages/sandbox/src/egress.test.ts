import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import { type AddressInfo, createServer as createPlain } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { openEgress, upstreamOf } from './egress.ts';
import { Addresses } from './egress-address.ts';
import { bed, needs, optionsFor, sandboxOfKind } from './testing.ts';

async function site(t: TestContext): Promise<number> {
  const server = createServer((asked, answer) => answer.end(`reached ${asked.url} as ${asked.headers.host}`));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

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

test('this machine, its network and whatever stands for them are refused; everybody’s addresses are not', async () => {
  const addresses = new Addresses([]);
  const kindOf = async (host: string) => (await addresses.reach({ host, port: 443 })).kind;
  const own = [
    '127.0.0.1',
    '127.9.9.9',
    '0.0.0.0',
    '10.1.2.3',
    '192.168.1.1',
    '172.31.0.1',
    '169.254.169.254',
  ];
  const stands = [
    '::1',
    '::',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '64:ff9b::7f00:1',
    'fd00::1',
    'fe80::1',
    'localhost',
  ];
  for (const host of [...own, ...stands]) assert.equal(await kindOf(host), 'refused', host);
  for (const host of ['1.1.1.1', '8.8.8.8', '2606:4700::1111'])
    assert.equal(await kindOf(host), 'address', host);
});

test('a private host is reached where the operator named it, by HTTP and through a tunnel, and says why where not', async (t) => {
  const port = await site(t);
  await using closed = await openEgress({ allowed: [] });
  assert.match(
    await ask(closed.socket, `http://localhost:${port}/x`),
    /^403 swarm: localhost is 127.*sandbox\.egress/,
  );
  assert.equal(await tunnel(closed.socket, `127.0.0.1:${port}`), 403);
  await using open = await openEgress({ allowed: [`localhost:${port}`] });
  assert.equal(
    await ask(open.socket, `http://localhost:${port}/x?y`),
    `200 reached /x?y as localhost:${port}`,
  );
  assert.equal(await tunnel(open.socket, `localhost:${port}`), 200);
  assert.equal(await tunnel(open.socket, `127.0.0.1:${port}`), 403, 'only by the name that was allowed');
});

test('an address it was not asked for as a proxy is refused', async (t) => {
  await site(t);
  await using way = await openEgress({ allowed: [] });
  assert.match(await ask(way.socket, '/etc/passwd'), /^403 swarm: only http/);
  assert.match(await ask(way.socket, 'https://example.com/'), /^403 swarm: only http/);
});

test('the operator’s own proxy is asked for what passes, with its password, and for nothing private', async (t) => {
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
  await using way = await openEgress({ allowed: [] }, { HTTPS_PROXY: `http://me:s%20t@127.0.0.1:${port}` });
  assert.equal(await tunnel(way.socket, '1.1.1.1:443'), 200);
  assert.equal(await tunnel(way.socket, '10.0.0.1:443'), 403);
  assert.equal(said.length, 1);
  assert.match(said[0]!, /^CONNECT 1\.1\.1\.1:443 HTTP\/1\.1\r\n.*proxy-authorization: Basic bWU6cyB0\r\n/s);
  assert.throws(() => upstreamOf({ https_proxy: 'socks5://127.0.0.1:1' }), /SW0102/);
});

describe('setup in the sandbox', await needs('bubblewrap'), () => {
  test('reaches what its proxy lets through, and nothing of the host without it', async (t) => {
    const port = await site(t);
    const { folder, workspace } = await bed(t, 'bubblewrap');
    const egress = { allowed: [`localhost:${port}`] };
    const sandbox = sandboxOfKind('bubblewrap', { ...optionsFor(folder), egress });
    const mount = { host: process.execPath, inside: '/opt/node' };
    const room = await sandbox.open({ workspace, readOnly: [mount], readWrite: [] });
    t.after(() => room.close());
    const probe = `import { get } from 'node:http';
      const say = (text) => console.log(text);
      const through = new URL(process.env.HTTP_PROXY);
      for (const url of ['http://localhost:${port}/in', 'http://127.0.0.1:${port}/']) {
        await new Promise((done) => get({ host: through.hostname, port: through.port, path: url }, (got) => {
          got.resume(); say(got.statusCode); done();
        }));
      }
      await new Promise((done) => get('http://127.0.0.1:${port}/').on('error', (e) => { say(e.code); done(); }));`;
    const limits = { wallMs: 20_000, outputBytes: 10_000 };
    const argv = ['/opt/node', '--input-type=module', '-e', probe];
    const ran = await room.run({ name: 's', argv, env: {}, network: 'open', limits });
    assert.equal(ran.output, '200\n403\nECONNREFUSED\n');
  });
});
