/**
 * Twins against what they stand for: the same test is put to the adapter and to its twin. A twin is never kinder: what
 * the adapter refuses, breaks off or leaves out, the twin does too.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { TicketedModel } from '@swarm/core/ports/models';
import type { EnvironmentStore, Room, RoomCommand } from '@swarm/core/ports/running';
import type { Clock } from '@swarm/core/ports/world';
import { createModel, readScript, startScriptedServer, ticketed } from '@swarm/llm';
import { createEnvironmentStore, createSandbox } from '@swarm/sandbox';
import { NO_FAULTS } from '../sim/faults.ts';
import { Incarnation } from '../sim/scheduler.ts';
import { World } from '../sim/world.ts';
import { twinModel } from './model.ts';
import { environmentOf, twinSandbox } from './sandbox.ts';
import { twinEnvironments } from './small.ts';
import { LOCKFILE } from './words.ts';
import { twinWorkspaces } from './workspaces.ts';

function temporary(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'swarm-contract-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A world where nothing goes wrong, whose time passes by itself while somebody waits. */
function calmWorld(files: Readonly<Record<string, string>> = {}) {
  const tree = new Map(Object.entries(files));
  const world = new World({ seed: 1, faults: () => NO_FAULTS, files: tree, commandMsMax: 1_000 });
  const inc = new Incarnation(world.scheduler, world.random);
  const get = async <T>(promise: Promise<T>): Promise<T> => {
    let isDone = false;
    const done = (): void => {
      isDone = true;
    };
    promise.then(done, done);
    while (!isDone) await world.scheduler.step();
    return promise;
  };
  const workspace = async (name: string): Promise<string> =>
    (await get(twinWorkspaces(world, inc).create({ name, base: world.base }))).path;
  return { world, inc, get, workspace };
}

type Get = <T>(promise: Promise<T>) => Promise<T>;
const atOnce: Get = (promise) => promise;

// ───────────────────────── rooms ─────────────────────────

interface Rooms {
  readonly room: Room;
  /** Commands of this side that end well, that fail with a line, and that take long. */
  readonly passes: string;
  readonly fails: string;
  readonly isLong: string;
  readonly get: Get;
}

const FILES = { 'a.txt': 'one word' };
const ROOMS: Readonly<Record<string, (t: TestContext) => Promise<Rooms>>> = {
  adapter: async (t) => {
    const dir = temporary(t);
    const workspace = join(dir, 'w');
    mkdirSync(workspace);
    writeFileSync(join(workspace, 'a.txt'), FILES['a.txt']);
    const sandbox = createSandbox({
      provider: 'none',
      stateKey: `contract-${process.pid}`,
      readOnly: [],
      nodePath: process.execPath,
      path: ['/usr/local/bin', '/usr/bin', '/bin'],
    });
    const room = await sandbox.open({ workspace, readOnly: [], readWrite: [] });
    t.after(() => room.close());
    const fails = 'grep -q other a.txt || { echo "no other in a.txt"; exit 1; }';
    return { room, passes: 'grep -q word a.txt', fails, isLong: 'exec tail -f /dev/null', get: atOnce };
  },
  twin: async () => {
    const { world, inc, get, workspace } = calmWorld(FILES);
    const path = await workspace('checks-1');
    const room = await twinSandbox(world, inc).open({ workspace: path, readOnly: [], readWrite: [] });
    return { room, passes: 'has a.txt word', fails: 'has a.txt other', isLong: 'has a.txt word', get };
  },
};

const command = (line: string, over: Partial<RoomCommand> = {}): RoomCommand => ({
  name: 'contract',
  argv: ['/bin/sh', '-c', line],
  env: {},
  network: 'none',
  limits: { wallMs: 60_000, outputBytes: 1_000_000 },
  ...over,
});

for (const [side, open] of Object.entries(ROOMS)) {
  describe(`a room, as ${side}`, () => {
    test('tells a command that ends well from one that fails, and gives its lines as they come', async (t) => {
      const { room, passes, fails, get } = await open(t);
      const good = await get(room.run(command(passes)));
      assert.deepEqual([good.end, good.exitCode], ['exited', 0]);
      const lines: string[] = [];
      const bad = await get(room.run(command(fails, { onLine: (_, line) => lines.push(line) })));
      assert.deepEqual([bad.end, bad.exitCode, bad.output.trim()], ['exited', 1, 'no other in a.txt']);
      assert.deepEqual(lines, ['no other in a.txt']);
    });

    test('ends a command that is called off as aborted, before it begins or while it runs', async (t) => {
      const { room, isLong, get } = await open(t);
      const before = await get(room.run(command(isLong, { signal: AbortSignal.abort() })));
      assert.deepEqual([before.end, before.exitCode], ['aborted', undefined]);
      const controller = new AbortController();
      const running = room.run(command(isLong, { signal: controller.signal }));
      controller.abort();
      assert.equal((await get(running)).end, 'aborted');
    });
  });
}

// ───────────────────────── environments ─────────────────────────

interface Store {
  readonly store: EnvironmentStore;
  /** A workspace with this lockfile. */
  workspace(name: string, lockfile: string): Promise<string>;
  /** Setup has run there. */
  setUp(path: string): void;
  readonly get: Get;
}

const placeOf = (workspace: string) => ({ workspace, home: `${workspace}.home` });

const STORES: Readonly<Record<string, (t: TestContext) => Store>> = {
  adapter: (t) => {
    const dir = temporary(t);
    return {
      store: createEnvironmentStore(join(dir, 'env')),
      workspace: async (name, lockfile) => {
        const path = join(dir, name);
        mkdirSync(join(path, '.git/info'), { recursive: true });
        writeFileSync(join(path, 'package-lock.json'), lockfile);
        return path;
      },
      setUp: (path) => mkdirSync(join(path, 'node_modules')),
      get: atOnce,
    };
  },
  twin: () => {
    const { world, inc, get, workspace } = calmWorld();
    const at = (path: string) => [...world.workspaces.values()].find((w) => w.path === path)!;
    return {
      store: twinEnvironments(world, inc),
      workspace: async (name, lockfile) => {
        const path = await workspace(name);
        at(path).tree.set(LOCKFILE, lockfile);
        return path;
      },
      setUp: (path) => {
        at(path).environment = environmentOf(at(path).tree);
      },
      get,
    };
  },
};

for (const [side, open] of Object.entries(STORES)) {
  describe(`prepared environments, as ${side}`, () => {
    test('are needed alike for one lockfile, and otherwise for another', async (t) => {
      const { store, workspace, get } = open(t);
      const key = async (name: string, lockfile: string) =>
        (await get(store.needOf(await workspace(name, lockfile), 'setup'))).hash;
      const [one, same, other] = [
        await key('checks-1', '{}'),
        await key('checks-2', '{}'),
        await key('checks-3', '{ }'),
      ];
      assert.equal(one, same);
      assert.notEqual(one, other);
    });

    test('are there once they are kept, and are refused before', async (t) => {
      const { store, workspace, setUp, get } = open(t);
      const path = await workspace('checks-2', '{}');
      const key = (await get(store.needOf(path, 'setup'))).hash;
      assert.equal(await get(store.has(key)), false);
      assert.equal(await get(store.install(key, placeOf(path))), undefined);
      const before = await get(store.snapshot(path));
      setUp(path);
      await get(store.keep(key, placeOf(path), before));
      assert.equal(await get(store.has(key)), true);
      assert.ok(await get(store.install(key, placeOf(await workspace('checks-3', '{}')))));
    });

    test('are kept side by side', async (t) => {
      const { store, workspace, setUp, get } = open(t);
      const keys: string[] = [];
      for (const lockfile of ['{}', '{ }']) {
        const path = await workspace(`checks-${lockfile.length}`, lockfile);
        keys.push((await get(store.needOf(path, 'setup'))).hash);
        const before = await get(store.snapshot(path));
        setUp(path);
        await get(store.keep(keys.at(-1)!, placeOf(path), before));
      }
      for (const key of keys) assert.equal(await get(store.has(key)), true);
    });
  });
}

// ───────────────────────── models ─────────────────────────

const CLOCK: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs).unref();
    return () => clearTimeout(timer);
  },
};

const MODELS: Readonly<Record<string, (t: TestContext) => Promise<{ model: TicketedModel; get: Get }>>> = {
  adapter: async (t) => {
    const text = '{"tasks":[],"done":true}';
    const script = readScript(JSON.stringify({ answers: [{ role: 'reconciler', text }] }), 'script.json');
    const server = await startScriptedServer({ script, clock: CLOCK });
    t.after(() => server.close());
    const names = { planner: 'm', worker: 'm', reconciler: 'm', reviewer: 'm' };
    const prices = { asOf: '2026-01-01', currency: 'USD' as const, perMillion: {} };
    const model = createModel({
      endpoints: [{ name: 'scripted', baseUrl: server.url }],
      models: names,
      prices,
      clock: CLOCK,
      rng: () => 0,
    });
    return { model: ticketed(model, prices), get: atOnce };
  },
  twin: async () => {
    const { world, inc, get } = calmWorld();
    return { model: twinModel(world, inc, []), get };
  },
};

const ASK = { messages: [{ role: 'user', content: 'Group these.' }], tools: [] } as const;

for (const [side, open] of Object.entries(MODELS)) {
  describe(`a model on a ticket, as ${side}`, () => {
    test('gives each piece of its answer once, and books what it used', async (t) => {
      const { model, get } = await open(t);
      const ticket = model.as('reconciler', { tokens: 100_000 });
      const pieces: string[] = [];
      const signal = new AbortController().signal;
      const result = await get(ticket.stream(ASK, { signal, onText: (piece) => pieces.push(piece) }));
      assert.equal(result.end.kind, 'stopped');
      assert.equal(pieces.join(''), result.text);
      assert.notEqual(result.text, '');
      assert.ok(result.usage.calls === 1 && ticket.left().tokens! < 100_000);
    });

    test('is not asked where nothing is left, and is asked again when more is given', async (t) => {
      const { model, get } = await open(t);
      const ticket = model.as('reconciler', { tokens: 0 });
      const signal = new AbortController().signal;
      const refused = await get(ticket.stream(ASK, { signal }));
      assert.deepEqual([refused.end.kind, refused.text, refused.usage.calls], ['over-budget', '', 0]);
      ticket.extend({ tokens: 100_000 });
      assert.equal((await get(ticket.stream(ASK, { signal }))).end.kind, 'stopped');
    });

    test('that is called off ends as aborted, and never as a failure', async (t) => {
      const { model, get } = await open(t);
      const ticket = model.as('reconciler', { tokens: 100_000 });
      const result = await get(ticket.stream(ASK, { signal: AbortSignal.abort() }));
      assert.equal(result.end.kind, 'aborted');
    });
  });
}
