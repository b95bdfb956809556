/** Home and hosts keep one contract, in this process and over a real message server with rights for each of them. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { SwarmError } from '@swarm/core/errors';
import type { AttemptId } from '@swarm/core/model/ids';
import { NO_USAGE } from '@swarm/core/model/usage';
import type { Bench, BenchAsk } from '@swarm/core/ports/bench';
import type { AgentActivity } from '@swarm/core/ports/running';
import type { Home } from './home.ts';
import { MemoryWires } from './memory-wire.ts';
import { connectNats, type NatsWire } from './nats.ts';
import {
  BASE,
  clock,
  homeOn,
  hostOn,
  needsServer,
  playedRoom,
  SERVER,
  startServer,
  type TestServer,
  until,
  WORK,
} from './testing.ts';
import type { Wire } from './wire.ts';

const NAMES = ['a', 'b', 'c'];

/** Another fleet for each test: hosts of one test are none of the next one's. */
interface Ends {
  wireOf(name: string): Promise<Wire>;
  loseEverything?(): Promise<void>;
  close(): Promise<void>;
}

async function memory(): Promise<Ends> {
  const wires = new MemoryWires({ clock });
  return { wireOf: async (name) => wires.wireOf(name), close: async () => {} };
}

async function overNats(server: TestServer): Promise<Ends> {
  const open: NatsWire[] = [];
  return {
    async wireOf(name) {
      const one = await connectNats({ url: server.url, name, creds: server.seedOf(name), waits: false });
      open.push(one);
      return one.wire;
    },
    loseEverything: () => server.loseEverything(),
    close: async () => void (await Promise.all(open.map((one) => one.close()))),
  };
}

const ask = (name: string, host: string): BenchAsk => ({
  name,
  base: BASE,
  attempt: name as AttemptId,
  on: { host, slot: 1 },
  signal: new AbortController().signal,
});

async function opened(home: Home, name: string, host: string): Promise<Bench> {
  const bench = await home.host.open(ask(name, host));
  assert.equal(bench.kind, 'bench', JSON.stringify(bench));
  return bench as Bench;
}

const job = (over: Partial<Parameters<Bench['agent']>[0]> = {}) => ({
  wish: {},
  prompt: { system: 'rules', user: 'do it' },
  taskJson: '{}',
  limits: { steps: 1, tokens: 10, wallMs: 1_000, quietMs: 1_000 },
  signal: new AbortController().signal,
  onActivity: () => {},
  ...over,
});

const isThere = (home: Home, host: string) => (): boolean =>
  home.fleet.seen().present.some((one) => one.host === host);

function contract(kind: string, make: () => Promise<Ends>, needs: object = {}): void {
  describe(`a host ${kind}`, { concurrency: false, ...needs }, () => {
    test('joins, opens a bench with what it fetched, works, and hands over a pack', async () => {
      const ends = await make();
      const deeds: string[] = [];
      const home = homeOn(await ends.wireOf('home'));
      const host = hostOn(await ends.wireOf('a'), 'a', { openRoom: async () => playedRoom(deeds) });
      await until(isThere(home, 'a'));
      assert.deepEqual(home.fleet.seen().present, [
        { host: 'a', slots: 2, capabilities: ['played'], version: '1' },
      ]);
      const bench = await opened(home, 't1.1', 'a');
      assert.deepEqual([bench.head, bench.conflicts, bench.prefix], [BASE, ['left.txt'], '/tree']);
      const lines: string[] = [];
      const limits = { wallMs: 1_000, outputBytes: 1_000 };
      const ran = await bench.shell({
        name: 'x',
        command: 'ls',
        limits,
        onLine: (stream, line) => lines.push(`${stream} ${line}`),
      });
      assert.deepEqual([ran.exitCode, ran.output, lines], [0, 'one\ntwo\n', ['stdout one', 'stdout two']]);
      const heard: AgentActivity[] = [];
      const result = await bench.agent(job({ onActivity: (activity) => heard.push(activity) }));
      assert.equal(result.end, 'finished');
      await until(() => heard.length === 1);
      const saved = await bench.save('Do it');
      assert.ok(saved.kind === 'pack');
      const bytes: Uint8Array[] = [];
      for await (const piece of saved.pack.bytes) bytes.push(piece);
      assert.deepEqual([saved.pack.head, Buffer.concat(bytes).toString()], [WORK, 'PACK']);
      await bench.close();
      assert.deepEqual(deeds, [
        `took ${BASE.length}`,
        'open t1.1',
        'shell ls',
        'agent t1.1',
        'save Do it',
        'close t1.1',
      ]);
      await home.close();
      await host.close();
      await ends.close();
    });

    test('hands over what is far larger than a message', async () => {
      const ends = await make();
      const pack = Buffer.alloc(3 * 1024 * 1024, 7);
      const home = homeOn(await ends.wireOf('home'));
      const host = hostOn(await ends.wireOf('a'), 'a', { openRoom: async () => playedRoom([], { pack }) });
      await until(isThere(home, 'a'));
      const bench = await opened(home, 't1.1', 'a');
      const saved = await bench.save('Much');
      assert.ok(saved.kind === 'pack');
      const bytes: Uint8Array[] = [];
      for await (const piece of saved.pack.bytes) bytes.push(piece);
      assert.ok(Buffer.concat(bytes).equals(pack));
      await home.close();
      await host.close();
      await ends.close();
    });

    test('is told what the operator says to its agent, and calls it off when home does', async () => {
      const ends = await make();
      const said: string[] = [];
      const agent: Bench['agent'] = ({ notes, signal }) =>
        new Promise((resolve) => {
          const look = (): void => {
            said.push(...(notes?.pending() ?? []));
            notes?.told(notes.pending().length);
          };
          look();
          notes?.onMore(look);
          signal.addEventListener('abort', () =>
            resolve({ end: 'aborted', detail: String(signal.reason), usage: NO_USAGE, toolCalls: 0 }),
          );
        });
      const home = homeOn(await ends.wireOf('home'));
      const host = hostOn(await ends.wireOf('a'), 'a', { openRoom: async () => playedRoom([], { agent }) });
      await until(isThere(home, 'a'));
      const bench = await opened(home, 't1.1', 'a');
      const leaving = new AbortController();
      const pending = ['first'];
      let more = (): void => {};
      const notes = {
        pending: () => pending,
        told: (count: number) => void pending.splice(0, count),
        onMore: (listener: () => void) => {
          more = listener;
          return () => {};
        },
      };
      const ended = bench.agent(job({ signal: leaving.signal, notes }));
      await until(() => said.length === 1 && pending.length === 0);
      pending.push('second');
      more();
      await until(() => said.length === 2 && pending.length === 0);
      leaving.abort('cancelled');
      assert.deepEqual(
        [(await ended).end, (await ended).detail, said],
        ['aborted', 'cancelled', ['first', 'second']],
      );
      await home.close();
      await host.close();
      await ends.close();
    });

    test('that falls silent is given up after its lease, and whoever waits for it hears so', async () => {
      const ends = await make();
      const agent: Bench['agent'] = () => new Promise(() => {});
      const home = homeOn(await ends.wireOf('home'));
      const deaf = await ends.wireOf('a');
      let isCut = false;
      const wire: Wire = {
        ...bound(deaf),
        publish: (subject, bytes) => {
          if (!isCut) deaf.publish(subject, bytes);
        },
      };
      const host = hostOn(wire, 'a', { openRoom: async () => playedRoom([], { agent }) });
      await until(isThere(home, 'a'));
      const bench = await opened(home, 't1.1', 'a');
      const ended = bench.agent(job());
      isCut = true;
      await assert.rejects(ended, (error: SwarmError) => error.problems[0]!.code === 'SW0741');
      assert.deepEqual(home.fleet.seen().present, []);
      await assert.doesNotReject(bench.close(), 'there is nobody to close it');
      await home.close();
      await Promise.race([host.close(), new Promise((resolve) => setTimeout(resolve, 100))]);
      await ends.close();
    });

    test('that comes back with a finished attempt nobody waits for is told to drop it', async () => {
      const ends = await make();
      const deeds: string[] = [];
      const home = homeOn(await ends.wireOf('home'));
      const own = await ends.wireOf('a');
      let isCut = false;
      const wire: Wire = {
        ...bound(own),
        publish: (subject, bytes) => {
          if (!isCut) own.publish(subject, bytes);
        },
      };
      const host = hostOn(wire, 'a', { openRoom: async () => playedRoom(deeds) });
      await home.fleet.held([], []);
      await until(isThere(home, 'a'));
      const bench = await opened(home, 't1.1', 'a');
      await bench.agent(job());
      isCut = true;
      await until(() => home.fleet.seen().present.length === 0);
      await bench.close();
      isCut = false;
      await until(() => deeds.includes('close t1.1'));
      assert.ok(home.told.some(({ event, msg }) => event === 'host.stale' && msg.includes('t1.1')));
      await home.close();
      await host.close();
      await ends.close();
    });

    test('keeps what it has while home is away, and a later home goes on with it: the agent runs once', async () => {
      const ends = await make();
      const deeds: string[] = [];
      const done = Promise.withResolvers<void>();
      const agent: Bench['agent'] = async () => {
        await done.promise;
        return { end: 'finished', detail: 'through', usage: NO_USAGE, toolCalls: 3 };
      };
      const wire = await ends.wireOf('home');
      const first = homeOn(wire);
      const host = hostOn(await ends.wireOf('a'), 'a', {
        openRoom: async () => playedRoom(deeds, { agent }),
      });
      await until(isThere(first, 'a'));
      const bench = await opened(first, 't1.1', 'a');
      bench.agent(job()).catch(() => undefined);
      await until(() => deeds.includes('agent t1.1'));
      const second = homeOn(wire, { epoch: 2 });
      const held = await second.fleet.held(['a'], ['t1.1', 't2.1'] as AttemptId[]);
      assert.deepEqual([...held], ['t1.1']);
      const again = await opened(second, 't1.1', 'a');
      done.resolve();
      assert.deepEqual((await again.agent(job())).detail, 'through');
      assert.equal(deeds.filter((deed) => deed === 'agent t1.1').length, 1);
      assert.equal(deeds.filter((deed) => deed === 'open t1.1').length, 1);
      await second.close();
      await first.close();
      await host.close();
      await ends.close();
    });

    test('that drains takes nothing new, ends what it has, and says goodbye', async () => {
      const ends = await make();
      const home = homeOn(await ends.wireOf('home'));
      const host = hostOn(await ends.wireOf('a'), 'a');
      await until(isThere(home, 'a'));
      const bench = await opened(home, 't1.1', 'a');
      const gone = host.drain('the machine is needed', 60_000);
      await until(() => home.fleet.seen().present[0]?.slots === 0);
      assert.equal((await bench.agent(job())).end, 'finished');
      await bench.close();
      await gone;
      await until(() => home.fleet.seen().left.get('a') === 'the machine is needed');
      await home.close();
      await ends.close();
    });

    test('whose name a later one takes stops, and says no word for it any more', async () => {
      const ends = await make();
      const home = homeOn(await ends.wireOf('home'));
      const ended = Promise.withResolvers<string>();
      const first = hostOn(await ends.wireOf('a'), 'a', { session: 'first', onReplaced: ended.resolve });
      await until(isThere(home, 'a'));
      const later = hostOn(await ends.wireOf('a'), 'a', { session: 'later', slots: 7 });
      assert.equal(await ended.promise, 'a later worker of the name a is there');
      await until(() => home.fleet.seen().present[0]?.slots === 7);
      assert.deepEqual([...home.fleet.seen().left], []);
      assert.match(
        home.told.find(({ event }) => event === 'host.refused')!.msg,
        /a later worker of the name a/,
      );
      await home.close();
      await first.close();
      await later.close();
      await ends.close();
    });

    test('of another version is refused by name, on both sides', async () => {
      const ends = await make();
      const told: string[] = [];
      const home = homeOn(await ends.wireOf('home'));
      const host = hostOn(await ends.wireOf('a'), 'a', { version: '2', tell: (_, msg) => told.push(msg) });
      await until(() => told.length > 0);
      const why = /the host a is of version 2 .* home is of version 1/;
      assert.match(told[0]!, why);
      assert.match(home.told.find(({ event }) => event === 'host.refused')!.msg, why);
      assert.deepEqual(home.fleet.seen().present, []);
      await home.close();
      await host.close();
      await ends.close();
    });
  });
}

/** The methods of a class, as an object that can be spread. */
function bound(wire: Wire): Wire {
  return {
    publish: (subject, bytes) => wire.publish(subject, bytes),
    subscribe: (subject, hear) => wire.subscribe(subject, hear),
    dispatch: (host, id, bytes) => wire.dispatch(host, id, bytes),
    receive: (host, hear) => wire.receive(host, hear),
    put: (host, bytes) => wire.put(host, bytes),
    get: (host, name) => wire.get(host, name),
    drop: (host, name) => wire.drop(host, name),
  };
}

contract('in this process', memory);

let server: TestServer;
before(async () => {
  if (SERVER) server = await startServer(NAMES);
});
after(() => server?.stop());

contract('over NATS', () => overNats(server), needsServer);

test(
  'all that the message server held may be lost in the middle: the work goes on',
  needsServer,
  async () => {
    const ends = await overNats(server);
    const pack = Buffer.alloc(1024 * 1024, 3);
    const home = homeOn(await ends.wireOf('home'), { leaseMs: 20_000 });
    const host = hostOn(await ends.wireOf('b'), 'b', { openRoom: async () => playedRoom([], { pack }) });
    await until(isThere(home, 'b'));
    const first = await opened(home, 't1.1', 'b');
    await server.loseEverything();
    assert.equal((await first.agent(job())).end, 'finished');
    assert.equal((await first.save('After it')).kind, 'pack');
    const second = await opened(home, 't2.1', 'b');
    assert.equal((await second.agent(job())).end, 'finished');
    await home.close();
    await host.close();
    await ends.close();
  },
);
