/** A request in words: the planner streams, workers are the built-in ones in bubblewrap, the model a server of ours. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FILES, GATE, modelEnvironment, planOf, titleOf, workerAnswer } from './support/bicycle.ts';
import { assertLandedOnce } from './support/landings.ts';
import { startModelServer } from './support/model-server.ts';
import { userState } from './support/untouched.ts';
import { World } from './support/world.ts';

const PARTS = ['axle', 'spoke', 'rim', 'hub', 'brake', 'bell'];

test('a worker’s first call reaches the model while the plan is still being written', async (t) => {
  const world = await World.with(t, FILES);
  const base = await world.git('rev-parse', 'HEAD');
  const before = await userState(world);
  let closedAt = 0;
  const text = planOf(PARTS);
  const firstEnd = text.indexOf('"priority": 3') + '"priority": 3\n  }'.length;
  const worked = Promise.withResolvers<void>();
  // Nothing follows the first task until somebody works at it: a run that waits for the plan's end waits for ever.
  const onSent = async (sent: string): Promise<void> => {
    if (closedAt > 0 || sent.length < firstEnd) return;
    closedAt = performance.now();
    await worked.promise;
  };
  const server = await startModelServer(t, (call) => {
    if (call.isWorker) {
      worked.resolve();
      return workerAnswer(call);
    }
    return call.turn === 0 ? { text, onSent } : { text: '{"tasks":[],"done":true}' };
  });

  const env = modelEnvironment(server.url);
  const run = await world.swarm(['run', 'Build a bicycle', '--workers', '4', '--gate', GATE], { env });

  assert.equal(run.code, 0, run.stderr);
  await assertLandedOnce(world, base, PARTS.map(titleOf));
  const first = server.calls.find((call) => call.isWorker)!;
  t.diagnostic(`first call ${Math.round(first.at - closedAt)} ms after its task closed`);
  assert.equal((await world.swarm(['verify'])).code, 0);
  assert.deepEqual(await userState(world), before);
  assert.deepEqual([await world.workspaces(), world.strays()], [[], []]);
  // The user's own folder for sockets stays, empty.
  assert.deepEqual(await world.leftovers(), [`swarm-${process.getuid!()}`]);
});
