/** `swarm serve --bridge` among hostile pages, callers and workers: the real program, real bytes, a worker that goes on answering. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { call, createWorker } from '@swarm/worker-sdk';
import { statusIn, thrown } from './support/abusing.ts';
import { bridgeOf } from './support/bridge.ts';
import {
  FRAMES,
  frame,
  MALFORMED,
  PAGES,
  RawSocket,
  type Row,
  request,
  type Target,
  text,
  UNINVITED,
} from './support/bridge-abuse.ts';
import { asked, type Site } from './support/served.ts';
import { World } from './support/world.ts';

async function aim(t: TestContext, ...args: string[]) {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const site = await bridgeOf(t, world, ...args);
  const { host, port } = new URL(site.url);
  const at: Target = { host, port, ...(args.length === 0 && { token: site.token }) };
  const caller = args.length === 0 ? site : { url: site.url };
  const worker = createWorker(
    { ...caller, name: 'honest', capabilities: ['process@1'] },
    { process: (payload) => `did ${payload}` },
  );
  t.after(() => worker.stop());
  await worker.ready;
  /** Nothing of it changed: nobody else is there, and who is answers. */
  const isAsBefore = async (): Promise<void> => {
    const { body } = await asked(site, '/v1/workers', { token: args.length === 0 ? site.token : null });
    const there = body.workers.filter(({ connected }: { connected: boolean }) => connected);
    assert.deepEqual(
      there.map(({ name, healthy }: { name: string; healthy: boolean }) => [name, healthy]),
      [['honest', true]],
    );
    assert.deepEqual(there[0].capabilities, ['process@1']);
    assert.equal(await call(caller, { to: 'process@1', method: 'process', payload: 'x' }), 'did x');
  };
  return { world, site, at, caller, isAsBefore };
}

async function allThrown(at: Target, site: Site, rows: readonly Row[]): Promise<void> {
  assert.equal(new Set(rows.map(({ name }) => name)).size, rows.length);
  const wrong: string[] = [];
  await Promise.all(
    rows.map(async ({ name, gives, bytes }) => {
      const answer = await thrown(at.port, bytes(at));
      const status = statusIn(answer);
      if (!gives.includes(status)) wrong.push(`${name}: ${status}, not ${gives.join(' or ')}`);
      if (answer.includes(site.token)) wrong.push(`${name}: the token is told`);
      if (/\r\naccess-control-|\r\nset-cookie:/i.test(answer))
        wrong.push(`${name}: another origin is let in`);
    }),
  );
  assert.deepEqual(wrong, []);
}

test(`${UNINVITED.length} requests of those who may not ask are refused on every route, and nothing of them is done`, async (t) => {
  const { at, site, isAsBefore } = await aim(t);
  await allThrown(at, site, UNINVITED);
  await isAsBefore();
  assert.equal((await asked(site, '/state/planted')).status, 404);
  assert.ok(!(await asked(site, '/v1/workers')).text.includes('planted'));
});

test(`an open bridge refuses ${PAGES.length} requests of pages and under other names, and the runs’ pages want their token still`, async (t) => {
  const { at, site, isAsBefore } = await aim(t, '--open-bridge');
  await allThrown(at, site, PAGES);
  await isAsBefore();
  assert.equal((await asked(site, '/state/planted', { token: null })).status, 404);
  for (const path of ['/', '/api/v1/runs', '/metrics'])
    assert.equal((await asked(site, path, { token: null })).status, 401, path);
});

test('an open bridge is served to this machine alone', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const { code, stderr } = await world.swarm(['serve', '--open-bridge', '--host', '0.0.0.0', '--port', '0']);
  assert.equal(code, 2);
  assert.match(
    stderr,
    /error\[SW0101\]: --open-bridge asks for no token, and --host 0\.0\.0\.0 may be reached by others/,
  );
});

test(`${MALFORMED.length} malformed requests of those who may ask are refused or harmless`, async (t) => {
  const { at, site, isAsBefore } = await aim(t);
  const pieces = `${(1 << 20).toString(16)}\r\n${'x'.repeat(1 << 20)}\r\n`.repeat(3);
  const rows = MALFORMED.map((one) =>
    one.name.endsWith('in pieces') && one.name.startsWith('a body that is huge')
      ? {
          ...one,
          bytes: (target: Target) => Buffer.concat([Buffer.from(one.bytes(target)), Buffer.from(pieces)]),
        }
      : one,
  );
  await allThrown(at, site, rows);
  await isAsBefore();
});

test(`${FRAMES.length} hostile sockets are closed with their codes, and a worker beside them works on`, async (t) => {
  const { at, isAsBefore } = await aim(t);
  const wrong: string[] = [];
  // One after the other: several of them want the same name.
  for (const [name, code, bytes] of FRAMES) {
    const socket = new RawSocket(at);
    socket.write(bytes);
    const closed = await socket.closed;
    if (closed !== code) wrong.push(`${name}: ${closed}, not ${code} (${socket.heard.join(' ')})`);
  }
  assert.deepEqual(wrong, []);
  await isAsBefore();
});

test('nobody answers another worker’s call, an answer counts once, and what was answered late is nobody’s', async (t) => {
  const { at, site, world, isAsBefore } = await aim(t);
  const ids: string[] = [];
  const holding = createWorker({ ...site, name: 'victim' }, {});
  t.after(() => holding.stop());
  await holding.ready;
  await holding.stop();
  const victim = new RawSocket(at);
  victim.write(text({ type: 'register', name: 'victim' }));
  const thief = new RawSocket(at);
  thief.write(text({ type: 'register', name: 'thief' }));
  t.after(() => {
    victim.close();
    thief.close();
  });
  await world.until(() => victim.heard.length === 1 && thief.heard.length === 1);
  const asking = call(site, { to: 'victim', method: 'process', payload: 'secret' });
  await world.until(() => victim.heard.length === 2);
  const { correlation_id: id } = JSON.parse(victim.heard[1]!);
  ids.push(id);
  for (const type of ['call_response', 'call_error'])
    thief.write(text({ type, correlation_id: id, payload: 'stolen', error: 'stolen' }));
  // The thief hears nothing of it and is still there: what it said has been read by now.
  await assert.rejects(call(site, { to: 'thief', method: 'process', timeoutMs: 50 }), { status: 504 });
  victim.write(text({ type: 'call_response', correlation_id: id, payload: 'mine' }));
  assert.equal(await asking, 'mine');
  // Said again, and to a call that is over: nobody hears it.
  victim.write(text({ type: 'call_response', correlation_id: id, payload: 'again' }));
  const late = call(site, { to: 'victim', method: 'process', timeoutMs: 50 });
  await assert.rejects(late, { status: 504 });
  await world.until(() => victim.heard.length === 4);
  const [, , next, cancelled] = victim.heard.map((line) => JSON.parse(line));
  assert.deepEqual([cancelled.type, cancelled.correlation_id], ['call_cancelled', next.correlation_id]);
  victim.write(text({ type: 'call_response', correlation_id: next.correlation_id, payload: 'too late' }));
  const last = call(site, { to: 'victim', method: 'process' });
  await world.until(() => victim.heard.length === 5);
  victim.write(
    text({
      type: 'call_response',
      correlation_id: JSON.parse(victim.heard[4]!).correlation_id,
      payload: 'in time',
    }),
  );
  assert.equal(await last, 'in time');
  victim.close();
  thief.close();
  await Promise.all([victim.closed, thief.closed]);
  await isAsBeforeSoon(isAsBefore);
});

/** The bridge hears of a connection that ended a moment later. */
async function isAsBeforeSoon(isAsBefore: () => Promise<void>): Promise<void> {
  for (let left = 50; ; left--)
    try {
      return await isAsBefore();
    } catch (error) {
      if (left === 0) throw error;
    }
}

test('an envelope that is sent again, at once and later, is done once', async (t) => {
  const { site } = await aim(t);
  let done = 0;
  const worker = createWorker({ ...site, name: 'counting' }, { count: () => `${++done}` });
  t.after(() => worker.stop());
  await worker.ready;
  const body = JSON.stringify({ id: 'e-1', source: 's', target: 'counting', type: 'count', payload: '' });
  const send = () => asked(site, '/invoke', { method: 'POST', body });
  const [first, second] = await Promise.all([send(), send()]);
  const third = await send();
  assert.deepEqual([first.body.payload, second.text, third.text], ['1', first.text, first.text]);
  assert.equal(done, 1);
  // A refusal is no result: the same envelope finds whoever is there by then.
  const early = JSON.stringify({ id: 'e-2', source: 's', target: 'counted', type: 'count', payload: '' });
  assert.equal((await asked(site, '/invoke', { method: 'POST', body: early })).status, 404);
  const other = createWorker({ ...site, name: 'counted' }, { count: () => 'here' });
  t.after(() => other.stop());
  await other.ready;
  assert.equal((await asked(site, '/invoke', { method: 'POST', body: early })).body.payload, 'here');
});

const UPGRADING = [
  ['Connection', 'Upgrade'],
  ['Upgrade', 'websocket'],
  ['Sec-WebSocket-Version', '13'],
  ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
] as const;

test('a thousand sockets are the most there are; those that say nothing, or what they say too slowly, are closed, and calls go on meanwhile', async (t) => {
  const { at, isAsBefore } = await aim(t);
  const head = request(at, { path: '/ws', more: UPGRADING });
  const connecting = connect(Number(at.port), '127.0.0.1');
  connecting.on('error', () => undefined);
  connecting.resume();
  const slow = new RawSocket(at);
  const mute = Array.from({ length: 998 }, () => new RawSocket(at));
  const all = [slow, ...mute];
  t.after(() => all.forEach((socket) => void socket.close()));
  const whole = frame(JSON.stringify({ type: 'register', name: 'slow', capabilities: ['x'.repeat(50)] }));
  let sent = 0;
  const dripping = setInterval(() => {
    connecting.write(head.subarray(sent, sent + 1));
    slow.write(whole.subarray(sent, sent + 1));
    sent += 1;
  }, 500);
  t.after(() => clearInterval(dripping));
  while (all.some(({ status }) => status === 0)) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(all.every(({ status }) => status === 101));
  assert.equal(statusIn(await thrown(at.port, head)), 503);
  await isAsBefore();
  await once(connecting, 'close');
  const codes = await Promise.all(all.map(({ closed }) => closed));
  clearInterval(dripping);
  assert.deepEqual([...new Set(codes)], [4408]);
  await isAsBefore();
});
