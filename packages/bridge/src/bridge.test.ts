/** The bridge over real sockets, with time made short: who is gone is found out, and what is kept is bounded. */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { request as ask, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import { openBridge } from './bridge.ts';
import { Remembered } from './remembered.ts';
import { json } from './reply.ts';
import type { SocketLimits } from './sockets.ts';
import { Topics } from './topics.ts';

/** Served as swarm serves it, without a guard. */
async function served(t: TestContext, over: Partial<SocketLimits> = {}) {
  const limits = { registerMs: 5_000, pingMs: 100, ...over };
  const bridge = openBridge({ now: () => performance.now(), wall: () => Date.now(), limits });
  const server = createServer(async (request, response) => {
    const { pathname: path, searchParams: query } = new URL(request.url!, 'http://x');
    const leaving = new AbortController();
    response.once('close', () => leaving.abort());
    const answered = await bridge.answer({ request, path, query, left: leaving.signal });
    if ('stream' in answered) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('\n');
      return answered.stream(response);
    }
    response.writeHead(answered.status, { 'content-type': answered.type, ...answered.headers });
    response.end(answered.body);
  });
  server.on('upgrade', (request, socket, head) => void bridge.upgrade(request, socket, head, request.url!));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    bridge.close();
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const call = (body: object): Promise<Response> =>
    fetch(`${url}/v1/call`, { method: 'POST', body: JSON.stringify(body) });
  const worker = async (name: string, autoPong = true): Promise<WebSocket> => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, { autoPong });
    t.after(() => socket.terminate());
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'register', name }));
    await once(socket, 'message');
    return socket;
  };
  return { url, call, worker };
}

test('a worker that answers no ping is gone: its call is told 503, and its name is free', async (t) => {
  const { call, worker } = await served(t);
  const deaf = await worker('w', false);
  const told = call({ to: 'w', method: 'm' });
  await once(deaf, 'close');
  const { status, headers } = await told;
  assert.deepEqual([status, headers.get('x-swarm-worker')], [503, 'w']);
  await worker('w');
  assert.equal((await call({ to: 'w', method: 'm', timeout_ms: 20 })).status, 504);
});

test('a name whose holder does not answer goes to who comes, and one whose holder does goes to nobody', async (t) => {
  // Pings of its own come too late here: it is asked because somebody wants its name.
  const { worker } = await served(t, { registerMs: 5_000, pingMs: 60_000 });
  const deaf = await worker('w', false);
  const closed = once(deaf, 'close');
  const second = await worker('w');
  await closed;
  const third = await worker('w');
  const [code] = await once(third, 'close');
  assert.equal(code, 4409);
  assert.equal(second.readyState, WebSocket.OPEN);
});

test('whoever asked and went away frees the credit, and the worker is told', {
  timeout: 20_000,
}, async (t) => {
  const { url, worker, call } = await served(t);
  const socket = await worker('w');
  socket.send(JSON.stringify({ type: 'register', name: 'w', maxTasks: 1 }));
  await once(socket, 'message');
  const made = ask(`${url}/v1/call`, { method: 'POST', agent: false });
  made.on('error', () => undefined);
  made.end(JSON.stringify({ to: 'w', method: 'm', timeout_ms: 600_000 }));
  const [inbound] = await once(socket, 'message');
  assert.equal((await call({ to: 'w', method: 'm' })).status, 429);
  made.destroy();
  const [cancelled] = await once(socket, 'message');
  const [first, then] = [inbound, cancelled].map((data) => JSON.parse(`${data}`));
  assert.deepEqual(then, { type: 'call_cancelled', correlation_id: first.correlation_id });
  assert.equal((await call({ to: 'w', method: 'm', timeout_ms: 20 })).status, 504);
});

test('a listener that takes nothing is let go of, and who comes back hears what is still kept, each once', async (t) => {
  const { url } = await served(t);
  const say = async (payload: string): Promise<string> => {
    const body = JSON.stringify({ topic: 't', payload });
    return ((await (await fetch(`${url}/v1/broadcast`, { method: 'POST', body })).json()) as { id: string })
      .id;
  };
  const listening = ask(`${url}/v1/subscribe?topic=t`, { agent: false });
  listening.end();
  const [stalled] = await once(listening, 'response');
  stalled.pause();
  const gone = once(listening, 'close');
  listening.on('error', () => undefined);
  stalled.on('error', () => undefined);
  // More than the system's own buffers and ours hold.
  for (let i = 0; i < 20; i++) await say('x'.repeat(1 << 20));
  stalled.resume();
  await gone;
  const first = await say('one');
  await say('two\nlines');
  const hear = async (last: string, until: string): Promise<string> => {
    const told = await fetch(`${url}/v1/subscribe?topic=t`, { headers: { 'last-event-id': last } });
    let text = '';
    for await (const chunk of told.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (text.includes(until)) break;
    }
    return text.trim();
  };
  assert.match(await hear(first, 'lines\n'), /^id: \S+\ndata: two\ndata: lines$/);
  // An id of another start names nothing of ours: all that is kept is told.
  assert.match(await hear('abc-9', 'lines\n'), /data: one\n\nid: \S+\ndata: two\ndata: lines$/);
});

test('topics are bounded: a new one takes the place of one that nobody listens to', (t) => {
  const topics = new Topics('s');
  t.after(() => topics.close());
  for (let i = 0; i < 1_000; i++) assert.equal(topics.say(`t${i}`, 'x')?.listeners, 0);
});

test('answers are remembered by their ids as long as there is room, and what failed is asked again', async () => {
  const remembered = new Remembered();
  const isDone = ({ status }: { status: number }): boolean => status === 200;
  let asked = 0;
  const answer =
    (status = 200) =>
    async () =>
      json({ n: ++asked }, status);
  await remembered.once('bad', answer(503), isDone);
  await remembered.once('bad', answer(), isDone);
  await remembered.once('bad', answer(), isDone);
  assert.equal(asked, 2);
  for (let i = 0; i < 1_000; i++) await remembered.once(`id-${i}`, answer(), isDone);
  await remembered.once('id-999', answer(), isDone);
  assert.equal(asked, 1_002);
  // The first of all made room.
  await remembered.once('bad', answer(), isDone);
  assert.equal(asked, 1_003);
});

test('a message that is dripped in fragments is given up, though its sender answers every ping; whole ones are not', async (t) => {
  const { worker } = await served(t, { messageMs: 400 });
  const [dripping, honest] = [await worker('dripping'), await worker('honest')];
  const drip = setInterval(() => dripping.send('x', { fin: false }), 20);
  const many = setInterval(() => honest.send(JSON.stringify({ type: 'register', name: 'honest' })), 20);
  t.after(() => {
    clearInterval(drip);
    clearInterval(many);
  });
  const [code, why] = await once(dripping, 'close');
  assert.deepEqual([code, String(why)], [4408, 'a message of it takes longer than 0.4 s']);
  clearInterval(drip);
  assert.equal(honest.readyState, WebSocket.OPEN);
});
