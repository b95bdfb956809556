/** Entries over the control socket: only what is on disk, each once, for readers of any speed. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Entry, Event } from '@swarm/core/events';
import { fold } from '@swarm/core/fold';
import { makeRunId } from '@swarm/core/model/ids';
import { emptyState } from '@swarm/core/state';
import { aRequest } from '@swarm/core/testing';
import { openFileJournal } from '@swarm/journal';
import { askLive } from './client.ts';
import { LISTENERS_MAX, liveEntries } from './entries.ts';
import { listen } from './server.ts';

const RUN = makeRunId(0, () => 0);
const OPENED: Event = { type: 'run.opened', run: RUN, request: aRequest(), version: '0', configHash: 'c' };
const amended = (text: string): Event => ({ type: 'request.amended', text });

/** A run whose lines are written at once, and on disk when the test says so. */
async function live(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-entries-'));
  const [path, file] = [join(folder, 'run.sock'), join(folder, 'journal.ndjson')];
  const { journal } = await openFileJournal(file, { create: true });
  const state = emptyState();
  const waiting: Entry[] = [];
  let seq = 0;
  const no = (): never => assert.fail();
  const write = async (...events: readonly Event[]): Promise<void> => {
    for (const event of events) {
      const entry = { seq: ++seq, at: seq, cause: 'test', events: [event] };
      await journal.append([entry]);
      waiting.push(entry);
    }
  };
  const sync = (): void => {
    for (const entry of waiting.splice(0)) fold(state, entry);
  };
  await write(OPENED);
  sync();
  const steered = { run: RUN, journal: file, state: () => state, ask: no, undo: no, propose: no };
  const control = await listen(path, { ...steered, isStopping: () => false });
  t.after(async () => {
    await control.close();
    await journal.close();
    await rm(folder, { recursive: true });
  });
  return { path, write, sync, close: () => control.close() };
}

function listening(path: string, from: number) {
  const leaving = new AbortController();
  const entries = liveEntries(path, { run: RUN, from, signal: leaving.signal });
  const next = async (): Promise<number | undefined> => (await entries.next()).value?.seq;
  return { next, leave: () => leaving.abort() };
}

test('an entry is told once it is on disk and not before, and the stream ends with the run', async (t) => {
  const run = await live(t);
  const { next } = listening(run.path, 1);
  assert.equal(await next(), 1);
  await run.write(amended('a'));
  let isTold = false;
  const second = next().then((seq) => {
    isTold = true;
    return seq;
  });
  // The line is in the file by now, and this answer comes after many looks at it.
  for (let i = 0; i < 50; i++) await askLive(run.path, { v: 1, get: 'state' });
  assert.equal(isTold, false);
  run.sync();
  assert.equal(await second, 2);
  const end = next();
  await run.close();
  assert.equal(await end, undefined);
});

test('a stream begins where it is asked to, and whoever reads nothing holds nobody up', async (t) => {
  const run = await live(t);
  const mute = connect(run.path);
  t.after(() => mute.destroy());
  mute.pause();
  mute.write(`${JSON.stringify({ v: 1, get: 'entries', from: 1 })}\n`);
  await run.write(...Array.from({ length: 40 }, (_, i) => amended(`${i}`.repeat(8_000))));
  run.sync();
  const { next, leave } = listening(run.path, 40);
  assert.deepEqual([await next(), await next()], [40, 41]);
  leave();
  assert.equal(await next(), undefined);
  assert.ok((await askLive(run.path, { v: 1, get: 'state' }))?.ok);
});

test(`no more than ${LISTENERS_MAX} listen to one run, and there is room again when one is gone`, async (t) => {
  const run = await live(t);
  const open: Socket[] = [];
  t.after(() => open.forEach((socket) => void socket.destroy()));
  for (let i = 0; i < LISTENERS_MAX; i++) {
    const socket = connect(run.path);
    open.push(socket);
    socket.write(`${JSON.stringify({ v: 1, get: 'entries', from: 1 })}\n`);
    await once(socket, 'data');
  }
  assert.equal(await listening(run.path, 1).next(), undefined);
  assert.ok((await askLive(run.path, { v: 1, get: 'state' }))?.ok);
  open[0]!.destroy();
  let seq: number | undefined;
  // What was gone is noticed with the next thing that is said.
  for (let i = 2; seq === undefined; i++) {
    await run.write(amended(`${i}`));
    run.sync();
    seq = await listening(run.path, 1).next();
  }
  assert.equal(seq, 1);
});

test('where nobody listens, or another run does, there is nothing', async (t) => {
  const run = await live(t);
  assert.equal(await listening(`${run.path}.gone`, 1).next(), undefined);
  const { signal } = new AbortController();
  const others = liveEntries(run.path, { run: 'r-20261121-zzzz', from: 1, signal });
  assert.equal((await others.next()).done, true);
});
