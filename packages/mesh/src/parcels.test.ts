import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { connect, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node';
import { connectNats, type NatsWire } from './nats.ts';
import { Parcels } from './parcels.ts';
import { needsServer, SERVER, startServer } from './testing.ts';

let server: Awaited<ReturnType<typeof startServer>>;
let home: NatsWire;
let host: NatsWire;
/** The same host once it was broken into: it says to the server what it likes. */
let evil: NatsConnection;

before(async () => {
  if (!SERVER) return;
  server = await startServer(['a', 'b']);
  const open = (name: string) =>
    connectNats({ url: server.url, name, creds: server.seedOf(name), waits: false });
  [home, host] = [await open('home'), await open('a')];
  // Its box is made with the first thing that is put there.
  await home.wire.put('a', Buffer.from('first'));
  evil = await connect({
    servers: server.url,
    inboxPrefix: '_INBOX_a',
    authenticator: nkeyAuthenticator(readFileSync(server.seedOf('a'))),
  });
});

after(async () => {
  if (!SERVER) return;
  await evil.close();
  await host.close();
  await home.close();
  await server.stop();
});

/** With its padding, as the protocol has it. */
const urlSafe = (bytes: Buffer): string => bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
const digestOf = (bytes: Uint8Array): string =>
  `SHA-256=${urlSafe(createHash('sha256').update(bytes).digest())}`;

/** Writes what the server keeps of an object, and its pieces, as the protocol has it and as nobody checks it. */
async function forge(name: string, info: Record<string, unknown>, pieces: readonly string[]): Promise<void> {
  const nuid = `N${name}`;
  for (const piece of pieces) await evil.request(`$O.swarm_a.C.${nuid}`, piece);
  const told = { name, bucket: 'swarm_a', nuid, chunks: pieces.length, mtime: '', ...info };
  await evil.request(`$O.swarm_a.M.${urlSafe(Buffer.from(name))}`, JSON.stringify(told));
}

test('what either side puts aside is read by the other as it was', needsServer, async () => {
  const bytes = Buffer.alloc(3_000_000, 'of some length ');
  assert.ok(bytes.equals(await host.wire.get('a', await home.wire.put('a', bytes))));
  assert.ok(bytes.equals(await home.wire.get('a', await host.wire.put('a', bytes))));
  assert.equal((await home.wire.get('a', await host.wire.put('a', new Uint8Array()))).length, 0);
});

test(
  'several at once are read one after the other, and one that fails keeps none from being read',
  needsServer,
  async () => {
    const names = await Promise.all(['one', 'two'].map((text) => host.wire.put('a', Buffer.from(text))));
    const read = await Promise.allSettled(
      [names[0]!, 'none', names[1]!].map((name) => home.wire.get('a', name)),
    );
    assert.deepEqual(
      read.map((one) =>
        one.status === 'fulfilled' ? Buffer.from(one.value).toString() : one.reason.message,
      ),
      ['one', 'there is nothing of the name none', 'two'],
    );
  },
);

test('a link is not followed, be it to itself or to the box of another host', needsServer, async () => {
  await home.wire.put('b', Buffer.from('of b'));
  for (const link of [
    { bucket: 'swarm_a', name: 'loop' },
    { bucket: 'swarm_b', name: 'x' },
  ]) {
    await forge('loop', { size: 1, digest: digestOf(Buffer.from('x')), options: { link } }, []);
    await assert.rejects(home.wire.get('a', 'loop'), /a link, and none is followed/);
  }
});

test('more than it said it has is not taken', needsServer, async () => {
  await forge('more', { size: 3, digest: digestOf(Buffer.from('abc')) }, ['ab', 'cdef']);
  await assert.rejects(home.wire.get('a', 'more'), /more comes than the 3 bytes it said/);
});

test(
  'a size nobody takes, or that is none, is refused before a piece is asked for',
  needsServer,
  async () => {
    for (const size of [1e12, -1, 1.5, 'many', null]) {
      await forge('size', { size, digest: digestOf(Buffer.from('')) }, []);
      await assert.rejects(home.wire.get('a', 'size'), /are too many|its size is none/, String(size));
    }
  },
);

test(
  'what is not what its digest says, and a name of pieces that reaches others’, are refused',
  needsServer,
  async () => {
    await forge('other', { size: 3, digest: digestOf(Buffer.from('abd')) }, ['abc']);
    await assert.rejects(home.wire.get('a', 'other'), /not what its digest says/);
    for (const nuid of ['*', '>', 'a.b', '', 7]) {
      await forge('wide', { size: 3, nuid, digest: digestOf(Buffer.from('abc')) }, []);
      await assert.rejects(home.wire.get('a', 'wide'), /its name is none/, String(nuid));
    }
  },
);

test('pieces that never come are not waited for without end', needsServer, async () => {
  await forge('never', { size: 3, digest: digestOf(Buffer.from('abc')) }, ['ab']);
  const ofHome = await connect({
    servers: server.url,
    inboxPrefix: '_INBOX_home',
    authenticator: nkeyAuthenticator(readFileSync(server.seedOf('home'))),
  });
  const parcels = new Parcels(ofHome, 1_000);
  await assert.rejects(parcels.get('a', 'never'), /2 of its 3 bytes came, and no more/);
  await ofHome.close();
});
