/** Whole runs with servers that do not speak as OpenAI's does: what is meant is taken, and what lasts is counted. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  FILES,
  GATE,
  modelEnvironment,
  plannerAnswer,
  planOf,
  titleOf,
  workerAnswer,
} from './support/bicycle.ts';
import { assertLandedOnce } from './support/landings.ts';
import { type Answer, type Call, type Message, startModelServer } from './support/model-server.ts';
import { World } from './support/world.ts';

const PARTS = ['axle'];
const ARGS = ['run', 'Build a bicycle', '--workers', '1', '--gate', GATE];

type Carried = Message & {
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly { readonly extra_content?: { readonly google?: object } }[];
};

const delta = (fields: object) => ({ choices: [{ index: 0, delta: fields, finish_reason: null }] });

/** Calls without number and id, no reason at the end, empty data before it, fields that must come back. */
function bentWorker(call: Call): Answer {
  const { tool } = workerAnswer(call);
  const called = { name: tool!.name, arguments: tool!.arguments };
  const signed = {
    type: 'function',
    extra_content: { google: { thought_signature: 'SIG' } },
    function: called,
  };
  const thought = ['I ', 'go on.'].map((reasoning_content) => delta({ reasoning_content }));
  return { events: ['', ...thought, delta({ tool_calls: [signed] }), '[DONE]'] };
}

/** A draft within the thinking, as parts, before the plan. */
function bentPlanner(call: Call): Answer {
  const { text = '' } = plannerAnswer(call, PARTS);
  const draft = `Maybe ${planOf(['draft'])}? Too vague.\n</think>\n\n`;
  return { events: [delta({ content: draft }), delta({ content: [{ type: 'text', text }] }), '[DONE]'] };
}

const isCarried = (message: Carried): boolean =>
  message.role !== 'assistant' ||
  (message.reasoning_content === 'I go on.' && message.tool_calls?.[0]?.extra_content?.google !== undefined);

describe('a server with habits of its own', { concurrency: true }, () => {
  test('is understood: what it means lands, and what it thinks does not', async (t) => {
    const world = await World.with(t, FILES);
    const base = await world.git('rev-parse', 'HEAD');
    const server = await startModelServer(t, (call) => {
      if (!call.isWorker) return bentPlanner(call);
      return (call.messages as readonly Carried[]).every(isCarried) ? bentWorker(call) : { status: 400 };
    });
    const run = await world.swarm(ARGS, { env: modelEnvironment(server.url) });
    assert.equal(run.code, 0, run.stderr);
    await assertLandedOnce(world, base, PARTS.map(titleOf));
  });

  test('that says inside a 200 answer what every try would bring again is no outage: attempts are counted, and end', async (t) => {
    const world = await World.with(t, FILES);
    await world.configure('[workers]\nattempts = 2');
    const error = { message: 'x', type: 'invalid_request_error', code: 'context_length_exceeded' };
    const server = await startModelServer(t, (call) =>
      call.isWorker ? { events: [{ error }, '[DONE]'] } : plannerAnswer(call, PARTS),
    );
    const run = await world.swarm(ARGS, { env: modelEnvironment(server.url) });
    assert.equal(run.code, 1, run.stderr);
    const events = (await world.log()).map((line) => line.event);
    assert.equal(events.filter((event) => event === 'attempt.ended').length, 2);
    assert.equal(events.includes('run.paused'), false);
    assert.equal(server.calls.filter((call) => call.isWorker).length, 2);
  });

  test('that fails at every try of one request alone is no outage either', async (t) => {
    const world = await World.with(t, FILES);
    await world.configure('[workers]\nattempts = 1');
    const server = await startModelServer(t, (call) =>
      call.isWorker ? { status: 500 } : plannerAnswer(call, PARTS),
    );
    const run = await world.swarm(ARGS, { env: modelEnvironment(server.url) });
    assert.equal(run.code, 1, run.stderr);
    const log = await world.log();
    assert.equal(
      log.some((line) => line.event === 'run.paused'),
      false,
    );
    const ended = log.find((line) => line.event === 'attempt.ended')!;
    assert.match(JSON.stringify(ended), /while the endpoint answers other calls/);
  });
});
