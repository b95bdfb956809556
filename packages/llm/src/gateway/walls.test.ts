import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { ask } from '../../test/support/agent.ts';
import { systemClock } from '../../test/support/clocks.ts';
import * as fault from '../../test/support/fault-server.ts';
import {
  a1,
  a2,
  codeOf,
  KEY,
  openGateway,
  question,
  startServer,
  until,
} from '../../test/support/gateways.ts';

const roomy = { tokens: 1e9 };
const MB = 1024 * 1024;

describe('bodies that do not come to their end', () => {
  /** Says that eight megabytes come, and sends all but one. */
  async function half(socketPath: string, token: string): Promise<{ socket: Socket; heard: () => string }> {
    const socket = connect(socketPath);
    await once(socket, 'connect');
    let text = '';
    socket.on('data', (data) => (text += data));
    socket.on('error', () => {});
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-length: ${8 * MB}\r\n\r\n`,
    );
    socket.write(Buffer.alloc(7 * MB, 32));
    return { socket, heard: () => text };
  }

  it('are held up to a bound of one attempt, and to one of all; the rest is told to come again', async () => {
    const server = await startServer(fault.says('ok'));
    const { gateway } = openGateway([server]);
    const [one, two] = [await gateway.issue(a1, roomy), await gateway.issue(a2, roomy)];
    const halves = await Promise.all(Array.from({ length: 4 }, () => half(one.socketPath, one.token)));
    const refused = () => halves.filter((h) => h.heard().startsWith('HTTP/1.1 429'));
    await until(() => refused().length === 2);
    assert.match(refused()[0]!.heard(), /swarm_busy/);
    assert.equal((await ask(one.socketPath, one.token, { ...question, x: 'x'.repeat(4 * MB) })).status, 429);
    // Another attempt has room of its own, and what was held is given back with its connection.
    assert.equal((await ask(two.socketPath, two.token, { ...question, x: 'x'.repeat(4 * MB) })).status, 200);
    for (const { socket } of halves) socket.destroy();
    let status = 429;
    while (status === 429)
      status = (await ask(one.socketPath, one.token, { ...question, x: 'x'.repeat(4 * MB) })).status;
    assert.equal(status, 200);
  });

  it('are given up after a while, and headers sooner', async () => {
    const server = await startServer(fault.says('ok'));
    const { gateway } = openGateway([server], { patience: { headersMs: 50, requestMs: 150 } });
    const { socketPath, token } = await gateway.issue(a1, roomy);
    const { socket, heard } = await half(socketPath, token);
    const slow = connect(socketPath);
    slow.on('error', () => {});
    slow.write('POST /v1/chat/completions HTTP/1.1\r\n');
    slow.resume();
    await until(() => socket.closed && slow.closed);
    assert.doesNotMatch(heard(), /^HTTP\/1\.1 200/);
    assert.equal(server.seen.length, 0);
  });

  it('are not what a call that waits for its answer is taken for: its body gives no room back before', async () => {
    const server = await startServer(fault.hang);
    const { gateway } = openGateway([server]);
    const { socketPath, token } = await gateway.issue(a1, roomy);
    const big = { ...question, x: 'x'.repeat(7 * MB) };
    const held = [1, 2].map(() => ask(socketPath, token, big).catch(() => 0));
    await until(() => server.seen.length === 2);
    assert.equal((await ask(socketPath, token, big)).status, 429);
    await gateway.revoke(a1);
    await Promise.all(held);
  });
});

describe('a server that echoes our key', () => {
  const echo = async (plan: fault.Plan, body: object = question) => {
    const server = await startServer(plan);
    const { gateway } = openGateway([server]);
    const { socketPath, token } = await gateway.issue(a1, roomy);
    const reply = await ask(socketPath, token, body);
    // The control: the server was given the key, and gave it back.
    assert.equal(server.seen[0]!.headers.authorization, `Bearer ${KEY}`);
    return reply;
  };
  const bearer = (seen: fault.Seen): string => seen.headers.authorization!;
  const hidden = (reply: { text: string; headers: object }) => {
    const all = reply.text + JSON.stringify(reply.headers);
    assert.doesNotMatch(all, /sk-provider|key-of-ours/);
    assert.match(all, /\[key\]/);
  };

  it('does not give it to the agent in a stream, wherever its packets are cut', async () => {
    for (const size of [1, 3, 10, 10_000])
      hidden(
        await echo((response, seen) => {
          const text = fault.textEvent(bearer(seen)) + fault.endEvent() + fault.usageEvent(1, 1) + fault.DONE;
          const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g'))!;
          return fault.raw(...pieces)(response, seen);
        }),
      );
  });

  it('does not give it in one body, in an error, or in a header', async () => {
    hidden(
      await echo((response, seen) => fault.json({ headers: seen.headers })(response, seen), {
        ...question,
        stream: false,
      }),
    );
    hidden(
      await echo((response, seen) =>
        fault.status(400, { error: { message: `no ${bearer(seen)}` } })(response, seen),
      ),
    );
    hidden(await echo((response, seen) => fault.status(422, `<p>${bearer(seen)}`)(response, seen)));
    hidden(
      await echo((response, seen) => {
        response.writeHead(200, {
          'content-type': `text/event-stream; x="${bearer(seen)}"`,
          'x-echo': bearer(seen),
        });
        response.end(fault.textEvent('x') + fault.DONE);
      }),
    );
  });
});

describe('a call that is held', () => {
  it('ends with the run’s time, and none begins after it', async () => {
    const server = await startServer(fault.status(500));
    const until_ = new AbortController();
    const { gateway } = openGateway([server], { clock: systemClock, until: until_.signal });
    const { socketPath, token } = await gateway.issue(a1, roomy);
    const held = ask(socketPath, token, question);
    await until(() => server.seen.length > 0);
    until_.abort();
    const reply = await held;
    assert.deepEqual([reply.status, codeOf(reply.text)], [503, 'swarm_over']);
    const before = server.seen.length;
    assert.equal((await ask(socketPath, token, question)).status, 503);
    assert.equal(server.seen.length, before);
  });

  it('is told as the request’s fault, where its server answers others', async () => {
    const isPoison = (seen: fault.Seen) => JSON.stringify(seen.body).includes('poison');
    const server = await startServer((response, seen) =>
      (isPoison(seen) ? fault.status(500, { error: { message: 'cannot render' } }) : fault.says('ok'))(
        response,
        seen,
      ),
    );
    const { gateway } = openGateway([server]);
    const { socketPath, token } = await gateway.issue(a1, roomy);
    const reply = await ask(socketPath, token, {
      ...question,
      messages: [{ role: 'user', content: 'poison' }],
    });
    assert.deepEqual([reply.status, codeOf(reply.text)], [400, 'swarm_upstream_request']);
    assert.match(reply.text, /cannot render.*while the endpoint answers other calls/);
    assert.equal(server.seen.filter(isPoison).length, 6);
  });
});

describe('the gateway says a request as its endpoint takes it', () => {
  it('leaving out what is refused by name, for every agent after the first', async () => {
    const learnt: string[] = [];
    const server = await startServer((response, seen) =>
      ('stream_options' in seen.body
        ? fault.status(400, { error: { message: 'unknown field stream_options' } })
        : fault.says('ok'))(response, seen),
    );
    const { gateway } = openGateway([server], { onLearnt: (l) => learnt.push(l.told) });
    for (const attempt of [a1, a2]) {
      const { socketPath, token } = await gateway.issue(attempt, roomy);
      assert.equal((await ask(socketPath, token, question)).status, 200);
    }
    assert.deepEqual([server.seen.length, learnt], [3, ['stream_options is not sent']]);
  });

  it('leaving out what another endpoint sent along, and never its own mark', async () => {
    const server = await startServer(fault.says('ok'));
    const { gateway } = openGateway([server]);
    const { socketPath, token } = await gateway.issue(a1, roomy);
    const called = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };
    const said = (via?: string) => ({
      ...(via && { swarm_via: via }),
      role: 'assistant',
      content: null,
      reasoning_content: 'r',
      tool_calls: [{ ...called, extra_content: { google: {} } }],
    });
    const first = await ask(socketPath, token, { ...question, messages: [said('e1'), said('e2'), said()] });
    assert.equal(first.headers['x-swarm-endpoint'], 'e1');
    const own = {
      role: 'assistant',
      content: null,
      reasoning_content: 'r',
      tool_calls: [{ ...called, extra_content: { google: {} } }],
    };
    const bare = { role: 'assistant', content: null, tool_calls: [called] };
    assert.deepEqual(server.seen[0]!.body.messages, [own, bare, own]);
  });
});
