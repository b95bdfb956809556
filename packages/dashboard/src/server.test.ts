/** The server over runs in memory: what it keeps, what it lets go of, and what it says when it cannot. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { SwarmError } from '@swarm/core/errors';
import { type ServeAsk, type Serving, serve } from './server.ts';
import { STREAMS_KEPT } from './streams.ts';
import { MemoryRun, memoryRuns } from './testing.ts';
import { MESSAGE_BYTES_MAX } from './told-entry.ts';

const TOKEN = 'a'.repeat(43);

async function serving(t: TestContext, ask: Pick<ServeAsk, 'runs'> & Partial<ServeAsk>): Promise<Serving> {
  const made = await serve({
    token: TOKEN,
    host: '127.0.0.1',
    port: 0,
    names: [],
    now: () => 0,
    onFault: (error) => assert.fail(error as Error),
    ...ask,
  });
  t.after(() => made.close());
  return made;
}

const get = (site: Serving, path: string, headers: Record<string, string> = {}) =>
  fetch(`${site.url}${path}`, { headers: { authorization: `Bearer ${TOKEN}`, ...headers } });

/** A listener on a socket of its own, which reads only when it is told to. */
function listener({ url }: Serving, path: string): Socket {
  const { host, port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.pause();
  socket.on('error', () => undefined);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`);
  return socket;
}

/** Reads on; the ids it has heard once one of them is this. */
function hearing(socket: Socket) {
  const ids: number[] = [];
  let rest = '';
  socket.on('data', (chunk) => {
    const parts = `${rest}${chunk.toString('latin1')}`.split('\n\n');
    rest = parts.pop()!;
    for (const part of parts) ids.push(...[...part.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id)));
  });
  socket.resume();
  return {
    ids,
    async until(last: number): Promise<number[]> {
      while (!ids.includes(last)) await once(socket, 'data');
      return ids;
    },
  };
}

const note = (text: string) => ({ type: 'request.amended', text }) as const;
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

test('a listener that takes nothing is let go of, and the others hear on', async (t) => {
  const run = new MemoryRun(1);
  const site = await serving(t, { runs: memoryRuns([run]), limits: { stalledMs: 100 } });
  const path = `/api/v1/runs/${run.run}/events`;
  const mute = listener(site, path);
  const good = listener(site, path);
  t.after(() => void good.destroy());
  t.after(() => void mute.destroy());
  const { until } = hearing(good);
  await until(1);
  const isGone = new Promise<void>((resolve) => mute.on('close', () => resolve()));
  for (let seq = 2; seq <= 31; seq++) {
    run.add(note('x'.repeat(200_000)));
    assert.deepEqual(await until(seq), upTo(seq));
  }
  // The good one is told that it still is one, twice as long as the mute one may take nothing.
  for (let i = 0; i < 2; i++) await once(good, 'data');
  mute.resume();
  await isGone;
  assert.ok(mute.bytesRead < 6_000_000, `${mute.bytesRead} bytes`);
});

test('one that is slower than what is kept ready is let go of, and goes on where it was when it comes back', async (t) => {
  const run = new MemoryRun(1);
  const site = await serving(t, { runs: memoryRuns([run]) });
  const path = `/api/v1/runs/${run.run}/events`;
  const slow = listener(site, path);
  const good = listener(site, path);
  t.after(() => void good.destroy());
  const { until } = hearing(good);
  for (let seq = 2; seq <= 91; seq++) {
    run.add(note('x'.repeat(200_000)));
    await until(seq);
  }
  const isGone = new Promise<void>((resolve) => slow.on('close', () => resolve()));
  const { ids } = hearing(slow);
  await isGone;
  assert.deepEqual(ids, upTo(ids.length));
  assert.ok(ids.length > 0 && ids.length < 91);
  const again = listener(site, `${path}?from=${ids.length + 1}`);
  t.after(() => void again.destroy());
  assert.deepEqual([...ids, ...(await hearing(again).until(91))], upTo(91));
});

test('entries that are kept no more are read from the journal, and joined to those that come, without gap or double', async (t) => {
  const run = new MemoryRun(1);
  for (let i = 0; i < 60; i++) run.add(note('x'.repeat(200_000)));
  const site = await serving(t, { runs: memoryRuns([run]) });
  assert.equal((await get(site, `/api/v1/runs/${run.run}`)).status, 200);
  assert.equal(run.reads, 1);
  const all = [1, 2, 3, 4].map(() => listener(site, `/api/v1/runs/${run.run}/events`));
  const heard = all.map((one) => hearing(one).until(70));
  const late = hearing(listener(site, `/api/v1/runs/${run.run}/events?from=61`)).until(70);
  for (let i = 61; i < 70; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    run.add(note(`${i}`));
  }
  for (const ids of await Promise.all(heard)) assert.deepEqual(ids, upTo(70));
  assert.deepEqual(await late, upTo(70).slice(60));
  assert.equal(run.reads, 5);
});

test('of a long run the last entries are ready at the first look, in their order, and the others are read', async (t) => {
  const run = new MemoryRun(1);
  while (run.entries.length < 12_345) run.add(note(`${run.entries.length}`));
  const site = await serving(t, { runs: memoryRuns([run]) });
  const path = `/api/v1/runs/${run.run}/events`;
  const late = listener(site, `${path}?from=7346`);
  assert.deepEqual(await hearing(late).until(12_345), upTo(12_345).slice(7_345));
  assert.equal(run.reads, 1);
  const all = listener(site, path);
  assert.deepEqual(await hearing(all).until(12_345), upTo(12_345));
  assert.equal(run.reads, 2);
  for (const socket of [late, all]) socket.destroy();
});

test('an entry too long for one message is told short, with how much of it is left out', async (t) => {
  const run = new MemoryRun(1);
  run.add(...Array.from({ length: 3_000 }, (_, i) => note(`${i} ${'x'.repeat(500)}`)));
  const site = await serving(t, { runs: memoryRuns([run]) });
  const response = await get(site, `/api/v1/runs/${run.run}/events?from=2`);
  let text = '';
  for await (const chunk of response.body!) {
    text += Buffer.from(chunk).toString();
    if (text.split('\n\n').length > 2) break;
  }
  const data = text.split('\n').find((line) => line.startsWith('data: '))!;
  assert.ok(data.length < MESSAGE_BYTES_MAX);
  const told = JSON.parse(data.slice('data: '.length));
  assert.deepEqual(
    [told.seq, told.events.length, told.left, told.events[0].data],
    [2, 200, 2_800, undefined],
  );
});

test('a run is read once for all who look at it, and forgotten when others were looked at since', async (t) => {
  const runs = upTo(STREAMS_KEPT + 2).map((n) => new MemoryRun(n));
  const site = await serving(t, { runs: memoryRuns(runs) });
  const [first, second] = runs as [MemoryRun, MemoryRun];
  await Promise.all(upTo(20).map(() => get(site, `/api/v1/runs/${first.run}`)));
  assert.equal(first.reads, 1);
  const watching = listener(site, `/api/v1/runs/${second.run}/events`);
  t.after(() => watching.destroy());
  watching.resume();
  await once(watching, 'data');
  for (const { run } of runs.slice(2)) assert.equal((await get(site, `/api/v1/runs/${run}`)).status, 200);
  await get(site, `/api/v1/runs/${second.run}`);
  await get(site, `/api/v1/runs/${first.run}`);
  assert.deepEqual([first.reads, second.reads], [2, 1]);
  const told = await get(site, '/api/v1/runs');
  assert.deepEqual(
    ((await told.json()) as { runs: { run: string }[] }).runs.map(({ run }) => run),
    runs.map(({ run }) => run),
  );
});

test('measurements are there when there is something that measures, and only for who has the token', async (t) => {
  const site = await serving(t, { runs: memoryRuns([]), metrics: async () => 'swarm_queue_depth 0\n' });
  const told = await get(site, '/metrics');
  assert.deepEqual(
    [told.status, told.headers.get('content-type'), await told.text()],
    [200, 'text/plain; version=0.0.4; charset=utf-8', 'swarm_queue_depth 0\n'],
  );
  assert.equal((await fetch(`${site.url}/metrics`)).status, 401);
});

test('while it cannot serve it says which part fails, and not where that lies', async (t) => {
  const fault = new Error('/home/somebody/secret is gone');
  const faults: unknown[] = [];
  const list = () => Promise.reject(fault);
  const site = await serving(t, {
    runs: { ...memoryRuns([]), list },
    onFault: (error) => faults.push(error),
  });
  for (const path of ['/healthz', '/readyz']) {
    const told = await fetch(`${site.url}${path}`);
    assert.equal(told.status, 503);
    assert.doesNotMatch(await told.text(), /somebody/);
  }
  const listed = await get(site, '/api/v1/runs');
  assert.equal(listed.status, 500);
  assert.doesNotMatch(await listed.text(), /secret/);
  assert.deepEqual(faults, [fault]);
});

test('what is wrong with the repository is told to who has the token, as every command tells it', async (t) => {
  const problem = { code: 'SW0307', what: '.git/swarm is a symbolic link', fix: 'rm .git/swarm' } as const;
  const list = () => Promise.reject(new SwarmError(problem));
  const site = await serving(t, { runs: { ...memoryRuns([]), list } });
  const told = await get(site, '/api/v1/runs');
  assert.deepEqual([told.status, await told.json()], [409, { error: problem }]);
  assert.equal((await fetch(`${site.url}/healthz`)).status, 503);
});

test('a server that is closed lets its listeners go, and its port is free', async (t) => {
  const run = new MemoryRun(1);
  const site = await serving(t, { runs: memoryRuns([run]) });
  const socket = listener(site, `/api/v1/runs/${run.run}/events`);
  socket.resume();
  await once(socket, 'data');
  const closed = once(socket, 'close');
  await site.close();
  await closed;
  const port = Number(new URL(site.url).port);
  assert.equal((await serving(t, { runs: memoryRuns([]), port })).url, site.url);
  await assert.rejects(serving(t, { runs: memoryRuns([]), port }), /SW0705/);
});
