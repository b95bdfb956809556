import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { SwarmError } from '@swarm/core/errors';
import { GitHub } from './github.ts';
import { realTime } from './testing.ts';

async function serving(
  t: TestContext,
  answer: RequestListener,
): Promise<{ url: string; seen: IncomingMessage[] }> {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}
const forgeAt = (api: string) => new GitHub({ slug: 'acme/shop', api, token: 'ghp_s3cret', ...realTime() });

const isRefusedFor =
  (why: RegExp) =>
  ({ problems: [problem] }: SwarmError): boolean => {
    assert.equal(problem!.code, 'SW0706');
    assert.match(problem!.why!, why);
    return true;
  };

test('the token goes to no other host, whatever a redirect or a next page says', async (t) => {
  const evil = await serving(t, (_, response) => void response.end('[]'));
  const forge = await serving(t, (request, response) => {
    if (request.url!.includes('/comments'))
      response.writeHead(200, { link: `<${evil.url}/more>; rel="next"` }).end('[]');
    else response.writeHead(302, { location: `${evil.url}/there` }).end();
  });
  await assert.rejects(forgeAt(forge.url).comments(1), isRefusedFor(/next page/));
  await assert.rejects(forgeAt(forge.url).repository(), /SW0706/);
  assert.equal(evil.seen.length, 0);
});

test('a list that never ends is refused: a part of it is not taken for all', async (t) => {
  const forge = await serving(t, (request, response) => {
    const page = Number(new URL(request.url!, 'http://x').searchParams.get('page') ?? 1);
    response.writeHead(200, { link: `</issues?page=${page + 1}>; rel="next"` }).end('[]');
  });
  await assert.rejects(forgeAt(forge.url).comments(1), isRefusedFor(/more than 50 pages/));
  assert.equal(forge.seen.length, 50);
});

test('a repository that was renamed is followed within its own forge', async (t) => {
  const json = {
    full_name: 'acme/store',
    html_url: 'x',
    default_branch: 'main',
    permissions: { push: true },
  };
  const forge = await serving(t, (request, response) => {
    if (request.url === '/repositories/7') response.end(JSON.stringify(json));
    else response.writeHead(301, { location: '/repositories/7' }).end();
  });
  assert.equal((await forgeAt(forge.url).repository())?.slug, 'acme/store');
});

test('an answer without end, or one that is no JSON, is refused and fills nothing', async (t) => {
  const endless = await serving(t, (_, response) => {
    const more = (): void => {
      while (response.write('x'.repeat(1 << 20)) && !response.destroyed);
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  });
  const before = process.memoryUsage().rss;
  await assert.rejects(forgeAt(endless.url).repository(), /SW0706/);
  assert.ok(process.memoryUsage().rss - before < 400 * 1024 * 1024);
  const odd = await serving(t, (_, response) => void response.end('<html>'));
  await assert.rejects(forgeAt(odd.url).repository(), /told something else than a repository/);
});
