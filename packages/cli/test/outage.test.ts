/** The model is gone for a while: the run pauses, resumes alone, and no attempt is counted. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FILES, GATE, modelEnvironment, plannerAnswer, titleOf, workerAnswer } from './support/bicycle.ts';
import { assertLandedOnce } from './support/landings.ts';
import { startModelServer } from './support/model-server.ts';
import { World } from './support/world.ts';

const PARTS = ['axle', 'spoke'];
const ARGS = ['run', 'Build a bicycle', '--workers', '2', '--gate', GATE];

// Side by side: most of an outage is waiting for the next look at the endpoint.
describe('an outage of the model', { concurrency: true }, () => {
  test('while it plans pauses the run until it is back', async (t) => {
    const world = await World.with(t, FILES);
    const base = await world.git('rev-parse', 'HEAD');
    let isFirst = true;
    const server = await startModelServer(t, (call) => {
      if (call.isWorker) return workerAnswer(call);
      if (!isFirst) return plannerAnswer(call, PARTS);
      isFirst = false;
      void server.down(true);
      return plannerAnswer(call, PARTS);
    });
    const running = world.start(ARGS, { env: modelEnvironment(server.url) });

    await running.line(/paused/);
    await server.down(false);
    const run = await running.ended;

    assert.equal(run.code, 0, run.stderr);
    await assertLandedOnce(world, base, PARTS.map(titleOf));
    const events = (await world.log()).map((line) => line.event);
    assert.ok(events.includes('run.paused') && events.includes('run.continued'), events.join(' '));
  });

  test('under a worker pauses the run, and no attempt is counted for it', async (t) => {
    const world = await World.with(t, FILES);
    await world.configure('[workers]\nattempts = 1');
    const base = await world.git('rev-parse', 'HEAD');
    let isFirst = true;
    const server = await startModelServer(t, (call) => {
      if (call.isWorker && call.turn === 1 && isFirst) {
        isFirst = false;
        void server.down(true);
      }
      return call.isWorker ? workerAnswer(call) : plannerAnswer(call, PARTS);
    });
    const running = world.start(ARGS, { env: modelEnvironment(server.url) });

    await running.line(/paused/);
    await server.down(false);
    const run = await running.ended;

    assert.equal(run.code, 0, run.stderr);
    await assertLandedOnce(world, base, PARTS.map(titleOf));
    const endings = (await world.log()).filter((line) => line.event === 'attempt.ended');
    const reasons = endings.map((line) => line.data.reason);
    t.diagnostic(`attempts ended: ${reasons.join(', ')}`);
    assert.ok(reasons.every((reason) => reason === 'handed-in' || reason === 'model-down'));
  });
});
