/** What agents on hosts use: home counts what comes through it, whatever a host does, and takes the rest for what it is, a claim. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AttemptId } from '@swarm/core/model/ids';
import { NO_USAGE, type Usage } from '@swarm/core/model/usage';
import { MemoryWires } from './memory-wire.ts';
import type { HomeOfRoom } from './room.ts';
import { BASE, clock, homeOn, hostOn, playedRoom, until } from './testing.ts';

const COUNTED: Usage = { ...NO_USAGE, calls: 3, inputTokens: 700, outputTokens: 50 };
const limits = { steps: 1, tokens: 10_000, wallMs: 10_000, quietMs: 10_000 };

/** @returns what home takes for the use of an agent whose host says this, and how often its token was called in. */
async function usageOf(t: { after(step: () => Promise<void>): void }, said: Usage, asksHome: boolean) {
  const wires = new MemoryWires({ clock });
  let calledIn = 0;
  const gateway = {
    issue: async () => ({ token: 'x', socketPath: '/nowhere', usage: () => COUNTED }),
    revoke: async () => void calledIn++,
  };
  const home = homeOn(wires.wireOf('home'), { gateway });
  let ofRoom: HomeOfRoom | undefined;
  const agent = async () => {
    // A host that keeps the token, and says whatever it likes.
    if (asksHome) await ofRoom!.call('issue', { attempt: 't1.1', tokens: 1 });
    return { end: 'finished', detail: '', usage: said, toolCalls: 1 } as const;
  };
  const host = hostOn(wires.wireOf('a'), 'a', {
    openRoom: async (_, itsHome) => {
      ofRoom = itsHome;
      return playedRoom([], { agent });
    },
  });
  t.after(async () => {
    await host.close();
    await home.close();
  });
  await home.fleet.held([], []);
  await until(() => home.fleet.seen().present.length > 0);
  const { signal } = new AbortController();
  const attempt = 't1.1' as AttemptId;
  const bench = await home.host.open({
    name: attempt,
    base: BASE,
    attempt,
    on: { host: 'a', slot: 1 },
    signal,
  });
  assert.ok(bench.kind === 'bench');
  const job = { wish: {}, prompt: { system: '', user: '' }, taskJson: '{}', limits, signal };
  const { usage } = await bench.agent({ ...job, onActivity: () => {} });
  return { usage, calledIn };
}

test('a host that keeps its token and says that it used nothing is booked what home counted, and the token ends', async (t) => {
  assert.deepEqual(await usageOf(t, NO_USAGE, true), { usage: COUNTED, calledIn: 1 });
});

test('what a host says of models that it asked itself is marked as a claim', async (t) => {
  const said: Usage = { ...NO_USAGE, calls: 1, inputTokens: 40 };
  assert.deepEqual(await usageOf(t, said, false), { usage: { ...said, claimed: true }, calledIn: 0 });
});

test('where no model is asked nothing is claimed', async (t) => {
  assert.deepEqual(await usageOf(t, NO_USAGE, false), { usage: NO_USAGE, calledIn: 0 });
});
