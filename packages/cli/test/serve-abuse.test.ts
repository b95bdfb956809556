/** `swarm serve` among hostile pages, programs and networks: the real program, real bytes, a live run that would be changed. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Aim, statusIn, thrown } from './support/abusing.ts';
import { ABUSES } from './support/serve-abuse.ts';
import { asked, listen, servedBy } from './support/served.ts';
import { World } from './support/world.ts';

/** A live run that waits, and a server beside it. */
async function aim(t: TestContext, title = 'Write a') {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const wait = `until test -e ${world.root}/go; do sleep 0.05; done`;
  const plan = [{ title, description: `${wait}; echo a > a.txt` }];
  const running = world.start(await world.plan(plan, '--gate', 'true', '--sandbox', 'none'));
  await running.line(/t1\.1 started/);
  const run = (await world.runFolder()).split('/').at(-1)!;
  const site = await servedBy(t, world.start(['serve', '--port', '0', '--json']));
  const { host, port } = new URL(site.url);
  const { headers } = await asked(site, `/?token=${site.token}`, { token: null });
  const cookie = headers['set-cookie']![0]!;
  const at: Aim = { ...site, host, port, run, cookie };
  const end = async (): Promise<number | null> => {
    await world.release();
    return (await running.ended).code;
  };
  return { world, at, running, end };
}

test(`${ABUSES.length} kinds of abuse are refused or harmless, and the server answers on`, async (t) => {
  assert.ok(ABUSES.length >= 60);
  assert.equal(new Set(ABUSES.map(({ name }) => name)).size, ABUSES.length);
  const { world, at, end } = await aim(t);
  const journal = () => readFile(join(world.runs, at.run, 'journal.ndjson'), 'utf8');
  const before = await journal();
  const wrong: string[] = [];
  const throwOne = async ({ name, gives, bytes, never }: (typeof ABUSES)[number]): Promise<void> => {
    const text = await thrown(at.port, bytes(at));
    const status = statusIn(text);
    if (!gives.includes(status)) wrong.push(`${name}: ${status}, not ${gives.join(' or ')}`);
    if (text.includes(at.token)) wrong.push(`${name}: the token is told`);
    if (never?.test(text)) wrong.push(`${name}: ${never} is told`);
    if (text !== '' && !/\r\nx-content-type-options: nosniff\r\n/i.test(text))
      wrong.push(`${name}: may be sniffed`);
  };
  // Those that wait for a timeout wait together.
  await Promise.all(ABUSES.map(throwOne));
  assert.deepEqual(wrong, []);
  assert.equal(await journal(), before);
  assert.equal((await asked(at, '/healthz', { token: null })).status, 200);
  // The same command, said as it should be, does what none of these could.
  const body = '{"type":"pause","reason":"operator","detail":"a page"}';
  assert.equal((await asked(at, `/api/v1/runs/${at.run}/commands`, { method: 'POST', body })).status, 200);
  await asked(at, `/api/v1/runs/${at.run}/commands`, {
    method: 'POST',
    body: '{"type":"continue","by":"operator"}',
  });
  assert.equal(await end(), 0);
});

test('the link becomes a cookie that no script and no other site can use, and that lets its browser in', async (t) => {
  const { at, end } = await aim(t);
  const linked = await asked(at, `/?token=${at.token}`, { token: null });
  assert.deepEqual([linked.status, linked.headers.location], [303, '/']);
  assert.equal(at.cookie, `swarm_${at.port}=${at.token}; Path=/; HttpOnly; SameSite=Strict`);
  const cookie = at.cookie.split(';')[0]!;
  const own = { cookie, origin: at.url, 'sec-fetch-site': 'same-origin' };
  assert.equal((await asked(at, '/api/v1/runs', { token: null, headers: own })).status, 200);
  // A person who follows a link of any page is shown the page, if the browser sends the cookie at all.
  const visit = {
    cookie,
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
  };
  assert.equal((await asked(at, '/', { token: null, headers: visit })).status, 200);
  const { headers } = await asked(at, '/api/v1/runs');
  assert.match(`${headers['content-security-policy']}`, /default-src 'none'.*frame-ancestors 'none'/);
  assert.doesNotMatch(`${headers['content-security-policy']}`, /unsafe|\*|https?:/);
  assert.deepEqual(
    ['x-content-type-options', 'referrer-policy', 'cross-origin-resource-policy', 'cache-control'].map(
      (name) => headers[name],
    ),
    ['nosniff', 'no-referrer', 'same-origin', 'no-store'],
  );
  assert.equal(headers['access-control-allow-origin'], undefined);
  assert.equal(await end(), 0);
});

test('1,000 listen at once and all hear the same; one more is told to come back; the run does not notice', async (t) => {
  const { at, end, world } = await aim(t);
  const path = `/api/v1/runs/${at.run}/events`;
  const streams = Array.from({ length: 1_000 }, () => listen(at, path));
  await Promise.all(streams.map((stream) => stream.until(({ data }) => data.seq === 1)));
  const more = await asked(at, path);
  assert.deepEqual([more.status, more.headers['retry-after']], [503, '10']);
  assert.equal((await asked(at, `/api/v1/runs/${at.run}`)).status, 200);
  streams[0]!.close();
  // There is room when the server has seen that one is gone.
  for (let isIn = false; !isIn; ) {
    const again = listen(at, path);
    isIn = await Promise.race([
      again
        .until(() => true)
        .then(
          () => true,
          () => false,
        ),
      again.ended.then(() => false),
    ]);
    if (isIn) streams[0] = again;
  }
  assert.equal(await end(), 0);
  await Promise.all(
    streams.map((s) => s.until(({ data }) => data.events.some(({ event }) => event === 'delivery.ended'))),
  );
  const journal = (await readFile(join(world.runs, at.run, 'journal.ndjson'), 'utf8')).trim().split('\n');
  const whole = journal.map((line) => JSON.parse(line).seq);
  for (const { heard } of streams)
    assert.deepEqual(
      heard.map(({ id }) => id),
      whole,
    );
  for (const stream of streams) stream.close();
});

test('a thousand connections that say nothing are closed, and others are answered meanwhile', async (t) => {
  const { at, end } = await aim(t);
  const mute: Socket[] = Array.from({ length: 1_000 }, () => connect(Number(at.port), '127.0.0.1'));
  t.after(() => mute.forEach((socket) => void socket.destroy()));
  await Promise.all(mute.map((socket) => once(socket, 'connect')));
  assert.equal((await asked(at, '/api/v1/runs')).status, 200);
  for (const socket of mute) socket.resume();
  await Promise.all(mute.map((socket) => once(socket, 'close')));
  assert.equal((await asked(at, '/healthz', { token: null })).status, 200);
  assert.equal(await end(), 0);
});

test('a hostile title is only text, in the list as in the stream', async (t) => {
  const title = '</script><img src=x onerror=alert(1)> \u200b\ufeff"\\n\\ndata: {"seq":999}\\n\\nid: 999';
  const { at, end } = await aim(t, title);
  const path = `/api/v1/runs/${at.run}`;
  const { text, body, headers } = await asked(at, `${path}/tasks`);
  assert.equal(body.tasks[0].spec.title, title);
  assert.equal(headers['content-type'], 'application/json; charset=utf-8');
  assert.doesNotMatch(text, /[\u200b\ufeff\u2028]/);
  const stream = listen(at, `${path}/events`);
  assert.equal(await end(), 0);
  await stream.until(({ data }) => data.events.some(({ event }) => event === 'delivery.ended'));
  assert.deepEqual(
    stream.heard.map(({ id }) => id),
    stream.heard.map((_, i) => i + 1),
  );
  assert.ok(stream.heard.every(({ id, data }) => id === data.seq));
  assert.ok(stream.heard.some(({ data }) => data.events.some(({ msg }) => msg.includes('</script>'))));
});
