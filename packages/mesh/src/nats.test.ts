import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { SwarmError } from '@swarm/core/errors';
import { connectNats, newIdentity } from './nats.ts';
import { hostRights } from './nats-config.ts';
import { needsServer, startServer, until } from './testing.ts';
import { SUBJECTS } from './wire.ts';

const refusedAs = (code: string, why: RegExp) => (error: SwarmError) => {
  const [problem] = error.problems;
  assert.equal(problem!.code, code);
  assert.match(`${problem!.what} ${problem!.why}`, why);
  assert.ok(problem!.fix);
  return true;
};

test('a message server that is not there is said to be so, with what to type', async () => {
  const asked = connectNats({ url: 'nats://127.0.0.1:1', name: 'home', waits: false });
  await assert.rejects(asked, refusedAs('SW0742', /127\.0\.0\.1:1 cannot be used/));
});

test('a password in the address is not shown', async () => {
  const asked = connectNats({ url: 'nats://me:hunter2@127.0.0.1:1', name: 'home', waits: false });
  await assert.rejects(asked, (error: SwarmError) => !error.problems[0]!.what.includes('hunter2'));
});

test(
  'credentials of no known form, and an identity the server does not know, are refused',
  needsServer,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'swarm-creds-'));
    const server = await startServer(['a']);
    try {
      const file = (text: string): string => {
        writeFileSync(join(folder, 'creds'), text);
        return join(folder, 'creds');
      };
      const ask = (creds: string) => connectNats({ url: server.url, name: 'a', creds, waits: false });
      await assert.rejects(ask(file('secret')), refusedAs('SW0105', /holds neither a seed/));
      await assert.rejects(ask(join(folder, 'none')), refusedAs('SW0105', /no such file/i));
      await assert.rejects(ask(file(newIdentity().seed)), refusedAs('SW0742', /cannot be used/));
      await (await ask(server.seedOf('a'))).close();
      const asAnother = connectNats({ url: server.url, name: 'b', creds: server.seedOf('a'), waits: true });
      await assert.rejects(asAnother, refusedAs('SW0742', /does not let these credentials be b/));
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

test('no right of a host names another host, or all of them', () => {
  const { publish, subscribe } = hostRights('a');
  for (const subject of [...publish, ...subscribe].filter(
    (one) => one !== 'swarm.home.hello' && one !== '$JS.API.INFO',
  ))
    assert.match(subject, /[._]a(\.|$)/, subject);
});

test(
  'where the server keeps no queues, what a host is to do is sent as it is, and that is told',
  needsServer,
  async () => {
    const server = await startServer(['a'], false);
    const told: string[] = [];
    const home = await connectNats({
      url: server.url,
      name: 'home',
      creds: server.seedOf('home'),
      waits: false,
      onState: (state, detail) => told.push(`${state}: ${detail}`),
    });
    const host = await connectNats({ url: server.url, name: 'a', creds: server.seedOf('a'), waits: false });
    try {
      const heard: string[] = [];
      host.wire.subscribe(SUBJECTS.to('a'), (_, bytes) => heard.push(Buffer.from(bytes).toString()));
      home.wire.dispatch('a', 'id-1', Buffer.from('work'));
      await until(() => heard.length > 0);
      assert.deepEqual(heard, ['work']);
      assert.match(told.join(), /^unqueued: the queue of a cannot be used/);
    } finally {
      await host.close();
      await home.close();
      await server.stop();
    }
  },
);
