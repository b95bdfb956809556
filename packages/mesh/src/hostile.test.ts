/** What a compromised host can say, over a real message server with its own credentials: refused, and nothing is lost. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { connect, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node';
import type { AttemptId } from '@swarm/core/model/ids';
import { NO_USAGE } from '@swarm/core/model/usage';
import type { Bench } from '@swarm/core/ports/bench';
import type { Home } from './home.ts';
import { connectNats, type NatsWire } from './nats.ts';
import {
  BASE,
  homeOn,
  hostOn,
  needsServer,
  playedRoom,
  SERVER,
  startServer,
  type TestServer,
  until,
} from './testing.ts';
import { PROTOCOL } from './wire.ts';
import type { WorkerHost } from './worker-host.ts';

let server: TestServer;
let home: Home & { readonly told: { event: string; msg: string }[] };
let wires: NatsWire[];
let good: WorkerHost;
let evil: NatsConnection;
let bench: Bench;
/** What the server did not let through. */
let denied = 0;
let beats = 0;
let calls = 0;

const RUN = 'r-20261201-test';
const envelope = (over: Record<string, unknown> = {}) => ({
  v: PROTOCOL,
  id: crypto.randomUUID(),
  source: 'evil',
  target: 'home',
  type: 'activity',
  payload: {},
  metadata: { run: RUN, epoch: 1, timestamp: 1 },
  ...over,
});
const beat = (over: Record<string, unknown> = {}) =>
  envelope({
    type: 'beat',
    payload: {
      protocol: PROTOCOL,
      version: '1',
      session: 's',
      n: ++beats,
      slots: 1,
      capabilities: [],
      run: RUN,
      epoch: 1,
      held: [],
      clock: 1,
      load: 0,
      cpus: 1,
      ...over,
    },
  });
const answer = (over: Record<string, unknown>) => envelope({ type: 'answer', payload: over });
const call = (op: string, body: unknown) =>
  envelope({ type: 'call', payload: { call: `evil/s/${++calls}`, op, body: { inline: body } } });
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

const OWN = 'swarm.host.evil';

/** Published with its own credentials: the server itself does not let it through. */
const DENIED: Record<string, readonly [subject: string, bytes: Uint8Array]> = {
  'speaks as another host': ['swarm.host.a', json(envelope({ source: 'a' }))],
  'speaks as home to all hosts': ['swarm.home.hello', json(envelope({ type: 'hello', source: 'home' }))],
  'speaks as home to another host': [
    'swarm.to.a',
    json(envelope({ type: 'drop', payload: { bench: 't1.1' } })),
  ],
  'releases another host': ['swarm.to.a', json(envelope({ type: 'release' }))],
  'puts work into another host’s queue': ['swarm.work.a', json(envelope({ type: 'call' }))],
  'puts work into its own queue': ['swarm.work.evil', json(envelope({ type: 'call' }))],
  'takes work from another host’s queue': ['$JS.API.CONSUMER.MSG.NEXT.SWARM_WORK.a', json({ batch: 1 })],
  'acknowledges for another host': ['$JS.ACK.SWARM_WORK.a.1.1.1.1.1', new Uint8Array()],
  'deletes the stream': ['$JS.API.STREAM.DELETE.SWARM_WORK', new Uint8Array()],
  'empties the stream': ['$JS.API.STREAM.PURGE.SWARM_WORK', new Uint8Array()],
  'deletes another host’s consumer': ['$JS.API.CONSUMER.DELETE.SWARM_WORK.a', new Uint8Array()],
  'makes a stream of its own': ['$JS.API.STREAM.CREATE.MINE', json({ name: 'MINE', subjects: ['x'] })],
  'reads a message of the stream': ['$JS.API.STREAM.MSG.GET.SWARM_WORK', json({ seq: 1 })],
  'writes into another host’s box': ['$O.swarm_a.C.x', new Uint8Array(9)],
  'empties another host’s box': ['$JS.API.STREAM.PURGE.OBJ_swarm_a', new Uint8Array()],
  'answers another host’s request': ['_INBOX_a.x', new Uint8Array(1)],
  'answers home’s request': ['_INBOX_home.x', new Uint8Array(1)],
  'says something of no subject of ours': ['admin', new Uint8Array(1)],
};

/** Let through, and refused by home; with what its log says. */
const REFUSED: Record<string, readonly [bytes: () => Uint8Array, why: RegExp]> = {
  'is no JSON': [() => new TextEncoder().encode('{"v":1'), /no JSON/],
  'is no text': [() => new Uint8Array([0xff, 0xfe, 0x00]), /no JSON/],
  'is larger than a message may be': [() => new Uint8Array(600 * 1024).fill(0x20), /bytes/],
  'is nested ten thousand times': [
    () => new TextEncoder().encode('['.repeat(10_000) + ']'.repeat(10_000)),
    /it: /,
  ],
  'has a field that is not known': [() => json(envelope({ extra: 1 })), /nrecognized/],
  'has a prototype for a payload': [
    () => new TextEncoder().encode(JSON.stringify(envelope()).replace('"payload":{}', '"payload":[]')),
    /payload/,
  ],
  'speaks for another host on its own subject': [() => json(envelope({ source: 'a' })), /speaks for "a"/],
  'speaks for home on its own subject': [() => json(envelope({ source: 'home' })), /speaks for "home"/],
  'speaks of another run': [
    () => json(envelope({ metadata: { run: 'r-other', epoch: 1, timestamp: 1 } })),
    /another run/,
  ],
  'says what there is no word for': [() => json(envelope({ type: 'launch' })), /says launch/],
  'beats with a million slots': [() => json(beat({ slots: 1_000_000 })), /beat/],
  'beats with slots below zero': [() => json(beat({ slots: -1 })), /beat/],
  'beats with a capability that is a command': [() => json(beat({ capabilities: ['$(reboot)'] })), /beat/],
  'beats with ten thousand benches': [
    () =>
      json(
        beat({ held: Array.from({ length: 10_000 }, () => ({ bench: 'x', state: 'idle', tied: false })) }),
      ),
    /beat|bytes/,
  ],
  'beats in another version of the wire': [() => json(beat({ protocol: 99, session: 'x' })), /wire 99/],
  'sends an activity that is none': [
    () => json(envelope({ payload: { bench: 't9.1', activity: { kind: 'evil' } }, type: 'told' })),
    /told/,
  ],
  'calls by no number': [
    () => json(envelope({ type: 'call', payload: { call: 'x', op: 'pack', body: { inline: {} } } })),
    /call: /,
  ],
  'answers with no call': [() => json(answer({ ok: true })), /answer does not fit/],
};

/** Let through and of no effect, for they are about what is not this host’s. */
const WITHOUT_EFFECT: Record<string, () => Uint8Array> = {
  'forges the result of another host’s agent': () =>
    json(answer({ call: 'home/1', ok: true, body: { inline: { end: 'finished' } } })),
  'forges an activity of another host’s agent': () =>
    json(envelope({ payload: { bench: 't1.1', activity: { kind: 'text', detail: 'forged' } } })),
  'says goodbye for another session': () => json(envelope({ type: 'bye', payload: { session: 'other' } })),
  'asks for a commit it was never told of': () => json(call('pack', { wants: ['c'.repeat(40)], haves: [] })),
  'asks for the whole hub by a pattern': () => json(call('pack', { wants: ['--all'], haves: [] })),
  'asks for a token of another host’s attempt': () => json(call('issue', { attempt: 't1.1', tokens: 1e9 })),
  'dials the gateway for another host’s attempt': () =>
    json(envelope({ type: 'dial', payload: { stream: 'a/t1.1/1', attempt: 't1.1' } })),
  'writes a note for another host’s attempt': () =>
    json(call('note', { attempt: 't1.1', key: 'k', text: 'forged', version: 0 })),
  'beats for a home that is over': () => json(beat({ epoch: 0 })),
};

before(async () => {
  if (!SERVER) return;
  server = await startServer(['a', 'evil']);
  const open = async (name: string): Promise<NatsWire> => {
    const wire = await connectNats({ url: server.url, name, creds: server.seedOf(name), waits: false });
    return wire;
  };
  const [ofHome, ofGood] = [await open('home'), await open('a')];
  wires = [ofHome, ofGood];
  home = homeOn(ofHome.wire, { leaseMs: 60_000, run: RUN });
  good = hostOn(ofGood.wire, 'a', { openRoom: async () => playedRoom([]) });
  await home.fleet.held([], []);
  await until(() => home.fleet.seen().present.some(({ host }) => host === 'a'));
  const opened = await home.host.open({
    name: 't1.1',
    base: BASE,
    attempt: 't1.1' as AttemptId,
    on: { host: 'a', slot: 1 },
    signal: new AbortController().signal,
  });
  assert.ok(opened.kind === 'bench');
  bench = opened;
  evil = await connect({
    servers: server.url,
    inboxPrefix: '_INBOX_evil',
    authenticator: nkeyAuthenticator(readFileSync(server.seedOf('evil'))),
  });
  void (async () => {
    for await (const status of evil.status()) if (status.type === 'error') denied += 1;
  })();
});

after(async () => {
  if (!SERVER) return;
  await evil.close();
  await home.close();
  await good.close();
  for (const wire of wires) await wire.close();
  await server.stop();
});

/** The attempt of the honest host is as it was. */
async function isUnharmed(): Promise<void> {
  const limits = { wallMs: 1_000, outputBytes: 1_000 };
  assert.equal((await bench.shell({ name: 'x', command: 'ls', limits })).output, 'one\ntwo\n');
  assert.ok(home.fleet.seen().present.some(({ host }) => host === 'a'));
}

describe('a host that was broken into', needsServer, () => {
  for (const [deed, [subject, bytes]] of Object.entries(DENIED))
    test(`${deed}: the server does not let it through`, async () => {
      const before = denied;
      evil.publish(subject, bytes);
      await evil.flush();
      await until(() => denied > before);
      await isUnharmed();
    });

  for (const [deed, [bytes, why]] of Object.entries(REFUSED))
    test(`${deed}: home refuses it and says why`, async () => {
      evil.publish(OWN, json(beat()));
      await evil.flush();
      const before = home.told.length;
      evil.publish(OWN, bytes());
      await evil.flush();
      await until(() =>
        home.told.slice(before).some(({ event, msg }) => event === 'host.refused' && why.test(msg)),
      );
      await isUnharmed();
    });

  for (const [deed, bytes] of Object.entries(WITHOUT_EFFECT))
    test(`${deed}: nothing comes of it`, async () => {
      evil.publish(OWN, json(beat()));
      evil.publish(OWN, bytes());
      await evil.flush();
      await isUnharmed();
    });

  test('reads nothing that is another’s: it may not even listen', async () => {
    const subjects = ['swarm.to.a', 'swarm.host.a', '_INBOX_a.>', '_INBOX_home.>', '>', '$JS.>'];
    const refused: string[] = [];
    for (const subject of subjects)
      evil.subscribe(subject, {
        callback: (error) => void refused.push(error ? subject : `${subject} is heard`),
      });
    await evil.flush();
    await until(() => refused.length === subjects.length);
    assert.deepEqual(refused.sort(), subjects.sort());
    await isUnharmed();
  });

  test('lies about its own attempt, and home takes no more of it than fits', async () => {
    evil.subscribe('swarm.to.evil', {
      callback: (_, message) => {
        const { type, payload } = JSON.parse(message.string()) as {
          type: string;
          payload: { call: string; op: string };
        };
        if (type !== 'call') return;
        const open = { kind: 'opened', head: BASE, conflicts: [], prefix: '', isHeld: false };
        const forged = {
          end: 'finished',
          detail: 'x',
          usage: { ...NO_USAGE, inputTokens: -5 },
          toolCalls: 1,
        };
        const told = payload.op === 'open' ? open : forged;
        evil.publish(OWN, json(answer({ call: payload.call, ok: true, body: { inline: told } })));
      },
    });
    // Its queue is read by nobody: what waits there comes on its own subject once there are no streams.
    evil.publish(OWN, json(beat()));
    await until(() => home.fleet.seen().present.some(({ host }) => host === 'evil'));
    const queue = await connectNats({
      url: server.url,
      name: 'evil',
      creds: server.seedOf('evil'),
      waits: false,
    });
    queue.wire.receive('evil', (bytes) => {
      const { payload } = JSON.parse(new TextDecoder().decode(bytes)) as { payload: { call: string } };
      const open = { kind: 'opened', head: BASE, conflicts: [], prefix: '', isHeld: false };
      evil.publish(OWN, json(answer({ call: payload.call, ok: true, body: { inline: open } })));
    });
    const { signal } = new AbortController();
    const its = await home.host.open({ name: 't2.1', base: BASE, on: { host: 'evil', slot: 1 }, signal });
    assert.ok(its.kind === 'bench');
    const limits = { steps: 1, tokens: 1, wallMs: 1_000, quietMs: 1_000 };
    const job = { wish: {}, prompt: { system: '', user: '' }, taskJson: '{}', limits, signal };
    await assert.rejects(its.agent({ ...job, onActivity: () => {} }), /an answer that does not fit/);
    await isUnharmed();
    await queue.close();
  });
});
